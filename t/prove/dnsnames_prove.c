/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves which names tls/cert/dnsnames.c takes for the same
 *
 * RFC 4343, RFC 9525, section 6.3: without case, without a dot at the end; a
 * wildcard is one label, the first, and a client's own asterisk finds nothing.
 * Whatever the hash is.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/tls/cert/dnsnames.c"

#define NAME 6

uint64_t tls4217_fnv_add(uint64_t digest, const void *bytes, size_t size) {
  const unsigned char *at = bytes;

  (void) digest;
  return size > 0 ? at[0] : 0;
}

static bool ends(const char *name) {
  return name[0] == '\0' || (name[0] == '.' && name[1] == '\0');
}

static bool is_same(const char *one, const char *other) {
  while (ends(one) == false && lower(*one) == lower(*other)) {
    one++;
    other++;
  }

  return ends(one) && ends(other);
}

/* What the wildcard "*.REST" is for. */
static bool covers(const char *pattern, const char *name) {
  if (pattern[0] != '*' || pattern[1] != '.' || *name == '.') {
    return false;
  }

  while (*name != '.' && *name != '\0') {
    name++;
  }

  return *name == '.' && ends(name) == false && is_same(pattern + 2, name + 1);
}

int main(void) {
  struct tls4217_dnsnames *names = tls4217_dnsnames_new();
  char put[NAME], asked[NAME], text[TLS4217_DNSNAMES_MAX + 1];
  size_t *slot, found;

  any_text(put, sizeof(put));
  any_text(asked, sizeof(asked));
  slot = tls4217_dnsnames_at(names, put, strlen(put));
  if (slot != NULL) {
    prove(*slot == TLS4217_DNSNAMES_NONE);
    *slot = 7;
  }

  found = tls4217_dnsnames_find(names, asked);
  prove(found == 7 || found == TLS4217_DNSNAMES_NONE);
  prove(found != 7 || (slot != NULL && asked[0] != '*'));
  prove((found == 7) ==
    (slot != NULL && asked[0] != '*' && normalize(asked, strlen(asked), text) &&
      (is_same(put, asked) || covers(put, asked))));
  prove(tls4217_dnsnames_count(names) == (slot != NULL ? 1 : 0));
  return 0;
}
