/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the key process keeps for the daemon
 *
 * Keys with their certificates, under the name by which the daemon knows
 * them, and a few bytes of the daemon's that must outlive SIGHUP.  The daemon
 * asks one thing after the other on its own socket:
 *
 *   LOAD    id, scope, handle or 0, certificate file, key file or none, chain
 *           file or none; a descriptor for each file.  DONE: handle, count,
 *           leaf and chain in DER.  Where the files are what they were for a
 *           pair of that id, it is that one.  A key file may be the URI of a
 *           key in a token (tokenbook.h), which has no descriptor; behind the
 *           others may come the socket of a process that has it open, and
 *           FAILED with ENOTCONN asks for that
 *   UNLOCK  a descriptor of a pipe with a pass phrase (phrasebook.h), for the
 *           next LOAD; it is kept where it opens a key
 *   ACCEPT  handle: it is the last good one of its id and scope from now on
 *   RECALL  id, scope.  DONE: the last good one, as for LOAD
 *   DROP    handle: no longer asked for by new channels
 *   KEEP    name, bytes.  DONE
 *   FETCH   name.  DONE: the bytes, none where there are none
 *   COUNT   DONE: keys, channels
 *
 * or FAILED with a sentence.  A key that was dropped stays for the channels
 * that were there before, because their sessions have its certificate.
 */

#ifndef TLS4217_TLS_KEYS_KEYBOOK_H
#define TLS4217_TLS_KEYS_KEYBOOK_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/keys/tokenbook.h"

/* Everything.  One thread at a time. */
struct tls4217_keybook;

/* An empty one, for the life of the process.  NULL: out of memory. */
struct tls4217_keybook *tls4217_keybook_new(void);

/* Frees it, and wipes every key.  NULL is fine. */
void tls4217_keybook_free(struct tls4217_keybook *book);

/*
 * Does what the frame of size bytes asks for, and writes the answer over it;
 * the buffer has room bytes.  The descriptors are closed.  Returns the
 * answer's length.
 */
size_t tls4217_keybook_serve(struct tls4217_keybook *book, void *frame,
  size_t size, size_t room, const int *fds, size_t nfds);

/*
 * A channel comes: returns its place in time, for tls4217_keybook_leave when
 * it goes.
 */
uint64_t tls4217_keybook_enter(struct tls4217_keybook *book);
void tls4217_keybook_leave(struct tls4217_keybook *book, uint64_t era);

/* A key, for a channel of these scopes: see tls4217_signer_get1. */
EVP_PKEY *tls4217_keybook_get1(const struct tls4217_keybook *book,
  uint64_t handle, const uint64_t *scopes, size_t nscopes,
  struct tls4217_error *err);

/* Which of its keys are in tokens: the book's. */
struct tls4217_tokenbook *tls4217_keybook_get0_tokens(
  const struct tls4217_keybook *book);

#endif
