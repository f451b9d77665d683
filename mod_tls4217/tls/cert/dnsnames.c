/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a table of DNS names
 *
 * See dnsnames.h.  Open addressing with linear probing, at most half full.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/tls/cert/dnsnames.h"
#include "mod_tls4217/tls/fnv.h"

#define BEGIN_SIZE 64

/* Labels of 63 bytes at most. */
#define MAX_LABEL 63

struct entry {
  char *name; /* lower case; NULL: free */
  size_t value;
};

struct tls4217_dnsnames {
  struct entry *entries;
  size_t size, count; /* size is a power of two */
};

struct tls4217_dnsnames *tls4217_dnsnames_new(void) {
  struct tls4217_dnsnames *names = calloc(1, sizeof(*names));

  if (names != NULL) {
    names->size = BEGIN_SIZE;
    names->entries = calloc(names->size, sizeof(*names->entries));
    if (names->entries == NULL) {
      free(names);
      return NULL;
    }
  }

  return names;
}

void tls4217_dnsnames_free(struct tls4217_dnsnames *names) {
  if (names == NULL) {
    return;
  }

  for (size_t i = 0; i < names->size; i++) {
    free(names->entries[i].name);
  }

  free(names->entries);
  free(names);
}

/* An underscore is in no host's name, and in some all the same. */
static bool is_fit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
    c == '_';
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
}

/* Whether labels of the right size make it up, the last one no number: that
 * would be an address. */
static bool is_name(const char *name) {
  size_t label = 0;
  bool number = true;

  for (; *name != '\0'; name++) {
    if (*name == '.') {
      if (label == 0) {
        return false;
      }

      label = 0;
      number = true;

    } else if (is_fit(*name) == false || ++label > MAX_LABEL) {
      return false;

    } else {
      number = number && *name >= '0' && *name <= '9';
    }
  }

  return label > 0 && number == false;
}

/* Into text of TLS4217_DNSNAMES_MAX + 1 bytes.  Returns whether it is a name,
 * perhaps with a wildcard. */
static bool normalize(const char *name, size_t len, char *text) {
  if (len > 0 && name[len - 1] == '.') {
    len--;
  }

  if (len == 0 || len > TLS4217_DNSNAMES_MAX) {
    return false;
  }

  for (size_t i = 0; i < len; i++) {
    text[i] = name[i] != '\0' ? lower(name[i]) : ' ';
  }

  text[len] = '\0';
  return is_name(strncmp(text, "*.", 2) == 0 ? text + 2 : text);
}

/* The names are the administrator's. */
static size_t hash(const char *name) {
  const uint64_t digest = tls4217_fnv_add(
    TLS4217_FNV_BEGIN, name, strlen(name));

  return (size_t) (digest ^ digest >> 32);
}

/* The entry of a name, or the free one where it would be. */
static struct entry *probe(
  struct entry *entries, size_t size, const char *name) {
  size_t at = hash(name) & (size - 1);

  while (entries[at].name != NULL && strcmp(entries[at].name, name) != 0) {
    at = (at + 1) & (size - 1);
  }

  return &entries[at];
}

static bool grow(struct tls4217_dnsnames *names) {
  const size_t size = names->size * 2;
  struct entry *entries = calloc(size, sizeof(*entries));

  if (entries == NULL) {
    return false;
  }

  for (size_t i = 0; i < names->size; i++) {
    if (names->entries[i].name != NULL) {
      *probe(entries, size, names->entries[i].name) = names->entries[i];
    }
  }

  free(names->entries);
  names->entries = entries;
  names->size = size;
  return true;
}

size_t *tls4217_dnsnames_at(
  struct tls4217_dnsnames *names, const char *name, size_t len) {
  char text[TLS4217_DNSNAMES_MAX + 1];
  struct entry *entry;

  if (normalize(name, len, text) == false ||
    ((names->count + 1) * 2 > names->size && grow(names) == false)) {
    return NULL;
  }

  entry = probe(names->entries, names->size, text);
  if (entry->name == NULL) {
    entry->name = strdup(text);
    if (entry->name == NULL) {
      return NULL;
    }

    entry->value = TLS4217_DNSNAMES_NONE;
    names->count++;
  }

  return &entry->value;
}

static size_t look_up(const struct tls4217_dnsnames *names, const char *name) {
  const struct entry *entry = probe(names->entries, names->size, name);

  return entry->name != NULL ? entry->value : TLS4217_DNSNAMES_NONE;
}

size_t tls4217_dnsnames_find(
  const struct tls4217_dnsnames *names, const char *name) {
  char text[TLS4217_DNSNAMES_MAX + 1];
  char *dot;
  size_t value;

  /* A client's own asterisk would find the wildcard itself. */
  if (normalize(name, strlen(name), text) == false || text[0] == '*') {
    return TLS4217_DNSNAMES_NONE;
  }

  value = look_up(names, text);
  dot = strchr(text, '.');
  if (value != TLS4217_DNSNAMES_NONE || dot == NULL || dot == text) {
    return value;
  }

  *--dot = '*';
  return look_up(names, dot);
}

size_t tls4217_dnsnames_count(const struct tls4217_dnsnames *names) {
  return names->count;
}
