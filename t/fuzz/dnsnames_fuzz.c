/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/cert/dnsnames.c: which certificate a server name of
 * a ClientHello (SNI) gets
 *
 * The input is lines: "+NAME" is a name of a certificate, anything else what a
 * client asks for.  Each answer is compared with a plain search through all
 * names (RFC 9525, section 6.3: a wildcard is the whole first label).
 */

#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "mod_tls4217/tls/cert/dnsnames.h"
#include "t/fuzz/fuzz.h"

#define MAX_NAMES 64
#define NAME_SIZE 300

struct list {
  char names[MAX_NAMES][NAME_SIZE];
  size_t count;
};

/* Without the dot of the root at its end. */
static void copy_name(char *to, const char *name) {
  size_t len = strlen(name);

  memcpy(to, name, len + 1);
  if (len > 1 && to[len - 1] == '.') {
    to[len - 1] = '\0';
  }
}

static bool is_in(const struct list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++) {
    if (strcasecmp(list->names[i], name) == 0) {
      return true;
    }
  }

  return false;
}

/* Itself, or its wildcard. */
static bool is_covered(const struct list *list, const char *asked) {
  char name[NAME_SIZE], wildcard[NAME_SIZE + 1];
  const char *dot;

  copy_name(name, asked);
  if (strchr(name, '*') != NULL) {
    return false;
  }

  if (is_in(list, name)) {
    return true;
  }

  dot = strchr(name, '.');
  if (dot == NULL || dot == name) {
    return false;
  }

  wildcard[0] = '*';
  memcpy(wildcard + 1, dot, strlen(dot) + 1);
  return is_in(list, wildcard);
}

static void add(
  struct tls4217_dnsnames *names, struct list *list, const char *name) {
  size_t *at = tls4217_dnsnames_at(names, name, strlen(name));

  if (at == NULL) {
    return;
  }

  fuzz_insist(*name != '\0' && strlen(name) <= TLS4217_DNSNAMES_MAX + 1);
  for (const char *each = name; *each != '\0'; each++) {
    fuzz_insist(isgraph((unsigned char) *each));
  }

  if (*at == TLS4217_DNSNAMES_NONE) {
    fuzz_insist(list->count < MAX_NAMES);
    *at = list->count;
    copy_name(list->names[list->count++], name);
  }

  fuzz_insist(*at < list->count);
}

static void ask(const struct tls4217_dnsnames *names, const struct list *list,
  const char *name) {
  size_t found = tls4217_dnsnames_find(names, name);

  fuzz_insist(found == TLS4217_DNSNAMES_NONE || found < list->count);

  /* What is found, covers; what is written as in the certificate, is found. */
  if (found != TLS4217_DNSNAMES_NONE) {
    fuzz_insist(is_covered(list, name));
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  struct tls4217_dnsnames *names = tls4217_dnsnames_new();
  static struct list list;

  fuzz_insist(names != NULL);
  list.count = 0;
  while (in.size > 0) {
    char line[NAME_SIZE];
    size_t len = 0;

    while (in.size > 0 && len < sizeof(line) - 2) {
      char byte = (char) fuzz_byte(&in);

      if (byte == '\n' || byte == '\0') {
        break;
      }
      line[len++] = byte;
    }
    line[len] = '\0';

    if (line[0] == '+' && list.count < MAX_NAMES) {
      add(names, &list, line + 1);

    } else {
      ask(names, &list, line);
    }
  }

  for (size_t i = 0; i < list.count; i++) {
    fuzz_insist(strchr(list.names[i], '*') != NULL ||
      tls4217_dnsnames_find(names, list.names[i]) < list.count);
  }

  fuzz_insist(tls4217_dnsnames_count(names) == list.count);
  tls4217_dnsnames_free(names);
  return 0;
}
