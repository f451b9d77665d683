/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - bytes that the key process keeps for the daemon
 *
 * See keybytes.h.
 */

#define _POSIX_C_SOURCE 200809L

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/keys/keybytes.h"

struct tls4217_keybytes_entry {
  struct tls4217_keybytes_entry *next;
  char *name;
  void *value;
  size_t size;
};

static void free_entry(struct tls4217_keybytes_entry *entry) {
  OPENSSL_clear_free(entry->value, entry->size);
  free(entry->name);
  free(entry);
}

void tls4217_keybytes_clear(struct tls4217_keybytes *bytes) {
  for (struct tls4217_keybytes_entry *it = bytes->first, *next; it != NULL;
       it = next) {
    next = it->next;
    free_entry(it);
  }

  bytes->first = NULL;
}

static struct tls4217_keybytes_entry *find(
  const struct tls4217_keybytes *bytes, const char *name) {
  struct tls4217_keybytes_entry *it = bytes->first;

  while (it != NULL && strcmp(it->name, name) != 0) {
    it = it->next;
  }

  return it;
}

static struct tls4217_keybytes_entry *add(
  struct tls4217_keybytes *bytes, const char *name) {
  struct tls4217_keybytes_entry *entry = calloc(1, sizeof(*entry));

  if (entry != NULL) {
    entry->name = strdup(name);
    if (entry->name == NULL) {
      free(entry);
      return NULL;
    }

    entry->next = bytes->first;
    bytes->first = entry;
  }

  return entry;
}

bool tls4217_keybytes_keep(struct tls4217_keybytes *bytes, const char *name,
  const void *value, size_t size) {
  void *copy = size > 0 ? OPENSSL_memdup(value, size) : NULL;
  struct tls4217_keybytes_entry *entry;

  if (size > 0 && copy == NULL) {
    return false;
  }

  entry = find(bytes, name);
  if (entry == NULL) {
    entry = add(bytes, name);
  }

  if (entry == NULL) {
    OPENSSL_clear_free(copy, size);
    return false;
  }

  OPENSSL_clear_free(entry->value, entry->size);
  entry->value = copy;
  entry->size = size;
  return true;
}

const void *tls4217_keybytes_find(
  const struct tls4217_keybytes *bytes, const char *name, size_t *size) {
  const struct tls4217_keybytes_entry *entry = find(bytes, name);

  *size = entry != NULL ? entry->size : 0;
  return entry != NULL ? entry->value : NULL;
}
