/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates of the keys that the key process has
 *
 * Each under the name by which the daemon knows it (id and scope), with the
 * handle of its key.  A certificate that was loaded becomes the last good one
 * of its name when the daemon accepts it, because it can serve with it.
 */

#ifndef TLS4217_TLS_KEYS_KEYSHELF_H
#define TLS4217_TLS_KEYS_KEYSHELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/cert/filestamp.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* The files that a pair was read from, when they were opened. */
struct tls4217_keystamps {
  struct tls4217_filestamp stamps[TLS4217_KEYSOCKET_MAX_FDS];
  size_t count;
  bool is_proof; /* equal ones mean equal files (filestamp.h) */
};

struct tls4217_keyshelf_entry {
  struct tls4217_keyshelf_entry *next;
  char *id;
  uint64_t scope, handle;
  bool is_good;                 /* the last good one of its name */
  struct tls4217_keypair *pair; /* without its key */
  struct tls4217_keystamps files;
};

/* Empty: all zeros. */
struct tls4217_keyshelf {
  struct tls4217_keyshelf_entry *first;
};

/* Frees what is in it. */
void tls4217_keyshelf_clear(struct tls4217_keyshelf *shelf);

/*
 * Puts a pair there, whose key the signer has by now; takes the pair.  Returns
 * the entry, the shelf's, or NULL: out of memory, and the pair is still the
 * caller's.
 */
const struct tls4217_keyshelf_entry *tls4217_keyshelf_add(
  struct tls4217_keyshelf *shelf, const char *id, uint64_t scope,
  uint64_t handle, struct tls4217_keypair *pair,
  const struct tls4217_keystamps *files);

/* The last good one of a name, or NULL. */
const struct tls4217_keyshelf_entry *tls4217_keyshelf_find_good(
  const struct tls4217_keyshelf *shelf, const char *id, uint64_t scope);

/* One of that name that was read from the same files, while they were what
 * they are now; or NULL. */
const struct tls4217_keyshelf_entry *tls4217_keyshelf_find_same(
  const struct tls4217_keyshelf *shelf, const char *id, uint64_t scope,
  const struct tls4217_keystamps *files);

/* Makes that of a handle the last good one of its name.  Returns whether there
 * is one. */
bool tls4217_keyshelf_accept(struct tls4217_keyshelf *shelf, uint64_t handle);

/* Removes that of a handle, if there is one. */
void tls4217_keyshelf_remove(struct tls4217_keyshelf *shelf, uint64_t handle);

/* What the files are now whose descriptors these are. */
struct tls4217_keystamps tls4217_keyshelf_look(const int *fds, size_t nfds);

/* What a LOAD or RECALL is answered with (keybook.h). */
void tls4217_keyshelf_write(const struct tls4217_keyshelf_entry *entry,
  struct tls4217_keyproto_writer *writer);

#endif
