/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates of the keys that the key process has
 *
 * See keyshelf.h.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mod_tls4217/tls/keys/keyshelf.h"

static void free_entry(struct tls4217_keyshelf_entry *entry) {
  if (entry != NULL) {
    tls4217_keypair_free(entry->pair);
    free(entry->id);
    free(entry);
  }
}

void tls4217_keyshelf_clear(struct tls4217_keyshelf *shelf) {
  for (struct tls4217_keyshelf_entry *it = shelf->first, *next; it != NULL;
       it = next) {
    next = it->next;
    free_entry(it);
  }

  shelf->first = NULL;
}

const struct tls4217_keyshelf_entry *tls4217_keyshelf_add(
  struct tls4217_keyshelf *shelf, const char *id, uint64_t scope,
  uint64_t handle, struct tls4217_keypair *pair,
  const struct tls4217_keystamps *files) {
  struct tls4217_keyshelf_entry *entry = calloc(1, sizeof(*entry));

  if (entry == NULL || (entry->id = strdup(id)) == NULL) {
    free_entry(entry);
    return NULL;
  }

  entry->scope = scope;
  entry->handle = handle;
  entry->pair = pair;
  entry->files = *files;
  entry->next = shelf->first;
  shelf->first = entry;
  return entry;
}

static bool has_name(
  const struct tls4217_keyshelf_entry *entry, const char *id, uint64_t scope) {
  return entry->scope == scope && strcmp(entry->id, id) == 0;
}

const struct tls4217_keyshelf_entry *tls4217_keyshelf_find_good(
  const struct tls4217_keyshelf *shelf, const char *id, uint64_t scope) {
  const struct tls4217_keyshelf_entry *it = shelf->first;

  while (it != NULL && (it->is_good == false || !has_name(it, id, scope))) {
    it = it->next;
  }

  return it;
}

static bool are_same(const struct tls4217_keystamps *first,
  const struct tls4217_keystamps *second) {
  if (first->is_proof == false || first->count != second->count) {
    return false;
  }

  for (size_t i = 0; i < first->count; i++) {
    if (tls4217_filestamp_equal(&first->stamps[i], &second->stamps[i]) ==
      false) {
      return false;
    }
  }

  return true;
}

const struct tls4217_keyshelf_entry *tls4217_keyshelf_find_same(
  const struct tls4217_keyshelf *shelf, const char *id, uint64_t scope,
  const struct tls4217_keystamps *files) {
  const struct tls4217_keyshelf_entry *it = shelf->first;

  while (
    it != NULL && (!has_name(it, id, scope) || !are_same(&it->files, files))) {
    it = it->next;
  }

  return it;
}

bool tls4217_keyshelf_accept(struct tls4217_keyshelf *shelf, uint64_t handle) {
  struct tls4217_keyshelf_entry *accepted = shelf->first;

  while (accepted != NULL && accepted->handle != handle) {
    accepted = accepted->next;
  }

  if (accepted == NULL) {
    return false;
  }

  for (struct tls4217_keyshelf_entry *it = shelf->first; it != NULL;
       it = it->next) {
    if (has_name(it, accepted->id, accepted->scope)) {
      it->is_good = it == accepted;
    }
  }

  return true;
}

void tls4217_keyshelf_remove(struct tls4217_keyshelf *shelf, uint64_t handle) {
  for (struct tls4217_keyshelf_entry **link = &shelf->first; *link != NULL;
       link = &(*link)->next) {
    struct tls4217_keyshelf_entry *entry = *link;

    if (entry->handle == handle) {
      *link = entry->next;
      free_entry(entry);
      return;
    }
  }
}

struct tls4217_keystamps tls4217_keyshelf_look(const int *fds, size_t nfds) {
  struct tls4217_keystamps files = { .is_proof = true };
  const int64_t now = (int64_t) time(NULL);

  for (size_t i = 0; i < nfds && i < TLS4217_KEYSOCKET_MAX_FDS; i++) {
    struct stat st;

    if (fstat(fds[i], &st) < 0) {
      files.is_proof = false;
      break;
    }

    files.stamps[files.count] = tls4217_filestamp_of(&st);
    files.is_proof = files.is_proof &&
      tls4217_filestamp_is_fresh(&files.stamps[files.count], now) == false;
    files.count++;
  }

  return files;
}

static void put_cert(struct tls4217_keyproto_writer *writer, const X509 *cert) {
  unsigned char *der = NULL;
  int len = i2d_X509(cert, &der);

  tls4217_keyproto_put_bytes(writer, der, len > 0 ? (size_t) len : 0);
  OPENSSL_free(der);
}

void tls4217_keyshelf_write(const struct tls4217_keyshelf_entry *entry,
  struct tls4217_keyproto_writer *writer) {
  const STACK_OF(X509) *chain = entry->pair->chain;

  tls4217_keyproto_put_u64(writer, entry->handle);
  tls4217_keyproto_put_u16(writer, 1 + (unsigned int) sk_X509_num(chain));
  put_cert(writer, entry->pair->leaf);
  for (int i = 0; i < sk_X509_num(chain); i++) {
    put_cert(writer, sk_X509_value(chain, i));
  }
}
