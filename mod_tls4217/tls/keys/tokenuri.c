/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the URI of a key in a token
 *
 * See tokenuri.h.
 */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mod_tls4217/tls/keys/tokenuri.h"

#define SCHEME "pkcs11:"

/* One "name=value", up to the next one. */
struct attribute {
  const char *at;
  size_t size;
};

bool tls4217_tokenuri_is(const char *text) {
  return text != NULL && strncasecmp(text, SCHEME, sizeof(SCHEME) - 1) == 0;
}

static const char *query_of(const char *uri) {
  const char *mark = strchr(uri, '?');

  return mark != NULL ? mark : uri + strlen(uri);
}

/* The next one of at, which ends at end; false: there is none. */
static bool next_attribute(
  const char **at, const char *end, struct attribute *attribute) {
  if (*at >= end) {
    return false;
  }

  attribute->at = *at;
  attribute->size = strcspn(*at, ";&?");
  *at += attribute->size + 1;
  return true;
}

static bool has_name(const struct attribute *attribute, const char *name) {
  const size_t size = strlen(name);

  return attribute->size > size && attribute->at[size] == '=' &&
    strncmp(attribute->at, name, size) == 0;
}

/* The attribute of a name, in front of the "?" and behind it. */
static bool find(
  const char *uri, const char *name, struct attribute *attribute) {
  const char *at = uri + sizeof(SCHEME) - 1;
  const char *const end = uri + strlen(uri);

  while (next_attribute(&at, end, attribute)) {
    if (has_name(attribute, name)) {
      attribute->at += strlen(name) + 1;
      attribute->size -= strlen(name) + 1;
      return true;
    }
  }

  return false;
}

static bool has_type(const char *uri, const char *type) {
  struct attribute attribute;

  return find(uri, "type", &attribute) && attribute.size == strlen(type) &&
    strncmp(attribute.at, type, attribute.size) == 0;
}

const char *tls4217_tokenuri_check(const char *uri) {
  struct attribute attribute;
  char path[TLS4217_TOKENURI_MAX];

  if (strlen(uri) >= TLS4217_TOKENURI_MAX) {
    return "the URI is longer than 1023 bytes: leave out what does not tell "
           "the key from others";
  }

  if (find(uri, "object", &attribute) == false &&
    find(uri, "id", &attribute) == false) {
    return "the URI does not say which key of the token it is: add "
           "'object=LABEL' or 'id=%01'; 'pkcs11-tool --list-objects' shows "
           "them";
  }

  if (find(uri, "type", &attribute) && has_type(uri, "private") == false) {
    return "the URI is not that of a private key: write 'type=private', or "
           "leave the type out";
  }

  if (tls4217_tokenuri_pin_file(uri, path, sizeof(path)) && path[0] != '/') {
    return "pin-source must be the whole path of a file with the PIN, such as "
           "file:/etc/proftpd/pin; a program that prints it can be named in "
           "TLSPassPhraseProvider";
  }

  if (tls4217_tokenuri_module(uri, path, sizeof(path)) && path[0] != '/') {
    return "module-path must be the whole path of a PKCS #11 module, such as "
           "/usr/lib/softhsm/libsofthsm2.so";
  }

  return NULL;
}

const char *tls4217_tokenuri_show(const char *uri, char *buf, size_t size) {
  (void) snprintf(buf, size, "%.*s", (int) (query_of(uri) - uri), uri);
  return buf;
}

bool tls4217_tokenuri_has_pin(const char *uri) {
  struct attribute attribute;

  return find(uri, "pin-value", &attribute) ||
    find(uri, "pin-source", &attribute);
}

static int digit(char c) {
  static const char digits[] = "0123456789abcdef";
  const char *at = c != '\0' ? strchr(digits, c | 0x20) : NULL;

  return at != NULL ? (int) (at - digits) : -1;
}

static bool get(const char *uri, const char *name, char *buf, size_t size) {
  struct attribute attribute;
  size_t used = 0;

  if (find(uri, name, &attribute) == false) {
    return false;
  }

  for (size_t i = 0; i < attribute.size && used + 1 < size; i++) {
    const char *at = attribute.at + i;

    if (*at == '%' && i + 2 < attribute.size && digit(at[1]) >= 0 &&
      digit(at[2]) >= 0) {
      buf[used++] = (char) (16 * digit(at[1]) + digit(at[2]));
      i += 2;

    } else {
      buf[used++] = *at;
    }
  }

  buf[used] = '\0';
  return true;
}

bool tls4217_tokenuri_module(const char *uri, char *buf, size_t size) {
  return get(uri, "module-path", buf, size);
}

bool tls4217_tokenuri_pin(const char *uri, char *buf, size_t size) {
  return get(uri, "pin-value", buf, size);
}

bool tls4217_tokenuri_pin_file(const char *uri, char *buf, size_t size) {
  static const char file[] = "file:";

  if (get(uri, "pin-source", buf, size) == false) {
    return false;
  }

  if (strncmp(buf, file, sizeof(file) - 1) == 0) {
    memmove(buf, buf + sizeof(file) - 1, strlen(buf) - sizeof(file) + 2);
  }

  return true;
}

const char *tls4217_tokenuri_for_provider(
  const char *uri, char *buf, size_t size) {
  (void) snprintf(buf, size, "%.*s%s", (int) (query_of(uri) - uri), uri,
    has_type(uri, "private") ? "" : ";type=private");
  return buf;
}
