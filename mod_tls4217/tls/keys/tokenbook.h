/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the tokens that a process has signatures of
 *
 * Each has a process of its own (tokenserver.h), and this is who asks it: the
 * key process, or the only process where there is none.  Its keys are those of
 * remotekey.h, so that others use them like any key.  What one process of a
 * token has opened serves every certificate of the same key.
 */

#ifndef TLS4217_TLS_KEYS_TOKENBOOK_H
#define TLS4217_TLS_KEYS_TOKENBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/error.h"

/* All of them.  Signatures may be asked for by several threads at once, of one
 * token one after the other; the functions here by one at a time. */
struct tls4217_tokenbook;

/* What is to be loaded: a certificate whose key is in a token. */
struct tls4217_tokenfiles {
  const char *cert_file; /* as for tls4217_keypair_load_public */
  const char *chain_file;
  const char *uri; /* of the key */
  int fd;          /* a socket of a new process for it, or -1; borrowed */
};

/* An empty one.  NULL: out of memory. */
struct tls4217_tokenbook *tls4217_tokenbook_new(void);

/* Frees it; no key of it may be left.  NULL is fine. */
void tls4217_tokenbook_free(struct tls4217_tokenbook *book);

/* errnum of err: there is no process that has this key open. */
#define TLS4217_TOKENBOOK_CLOSED ENOTCONN

/*
 * Loads a pair, and has one signature made, which shows that the key is the
 * certificate's.  Returns a new pair (tls4217_keypair_free), or NULL with err
 * filled: errnum is as above where a process of the token is to be started
 * first.
 */
struct tls4217_keypair *tls4217_tokenbook_load(struct tls4217_tokenbook *book,
  const struct tls4217_pemsource *source,
  const struct tls4217_tokenfiles *files, struct tls4217_error *err);

/* Whether the process of a URI is there, and has not had its PIN refused. */
bool tls4217_tokenbook_is_open(struct tls4217_tokenbook *book, const char *uri);

/* A pair of handle uses the key of a URI; it no longer does: a process without
 * any use ends. */
void tls4217_tokenbook_enter(
  struct tls4217_tokenbook *book, const char *uri, uint64_t handle);
void tls4217_tokenbook_leave(struct tls4217_tokenbook *book, uint64_t handle);

/* Whether the pair of a handle uses one. */
bool tls4217_tokenbook_has(
  const struct tls4217_tokenbook *book, uint64_t handle);

/* The same, and the process of the token is gone. */
bool tls4217_tokenbook_has_ended(
  const struct tls4217_tokenbook *book, uint64_t handle);

#endif
