/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the daemon's side of what the key process keeps
 *
 * See keybook.h for what can be asked.  The files are opened here, with the
 * caller's privileges, and never read: that is for the key process alone.
 */

#ifndef TLS4217_TLS_KEYS_KEYLOADER_H
#define TLS4217_TLS_KEYS_KEYLOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/keys/remotekey.h"

/* What is to be loaded. */
struct tls4217_keyfiles {
  const char *id;        /* by which it is known from now on */
  uint64_t scope;        /* whose channels may ask for its key */
  const char *cert_file; /* as for tls4217_keypair_load */
  const char *key_file;  /* or NULL; or the URI of a key in a token */
  const char *chain_file;
  int token_fd; /* a socket of a process that has that open; 0: none */
};

/*
 * Has the key process load a pair, which is the one that it has of the same id
 * where the files have not changed since.  fd is the daemon's own socket.  The
 * key of the pair is one of keys (remotekey.h), and *handle becomes what it is
 * called by; one that is not 0 is taken, so that a new key process knows what
 * sessions have from the old one.  Returns a new pair (tls4217_keypair_free),
 * or NULL with err filled as by tls4217_keypair_load or, for a token's key,
 * tls4217_tokenbook_load; or with what is wrong with the key process: errnum is
 * EPIPE (it is gone), ETIMEDOUT (after five seconds) or EPROTO (it sends
 * invalid messages) then.
 */
struct tls4217_keypair *tls4217_keyloader_load(int fd,
  struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err);

/*
 * Hands a pass phrase over: the reading end of a pipe (phrasebook.h), which
 * stays the caller's.  The next load tries it, and it is kept where it opens a
 * key.  Returns 0, or -1 with err filled.
 */
int tls4217_keyloader_unlock(int fd, int pipe, struct tls4217_error *err);

/* Whether err, of any function here, says that the key process has ended, hangs
 * or sends invalid messages.  Its socket is of no use then. */
bool tls4217_keyloader_has_lost(const struct tls4217_error *err);

/* The last good pair of files->id, without reading any file.  Returns and err
 * as above; errnum is ENOENT where there was none. */
struct tls4217_keypair *tls4217_keyloader_recall(int fd,
  struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err);

/*
 * The daemon can serve with a pair that was loaded: it is the last good one of
 * its id from now on.  Returns 0, or -1 with err filled.
 */
int tls4217_keyloader_accept(
  int fd, uint64_t handle, struct tls4217_error *err);

/* A key is no longer of use to new sessions. */
int tls4217_keyloader_drop(int fd, uint64_t handle, struct tls4217_error *err);

/* Has bytes kept under a name, in place of those that were. */
int tls4217_keyloader_keep(int fd, const char *name, const void *bytes,
  size_t size, struct tls4217_error *err);

/*
 * Bytes that were kept, into a buffer of *size bytes; *size becomes their
 * number, 0 where there are none.  Returns 0, or -1 with err filled.
 */
int tls4217_keyloader_fetch(int fd, const char *name, void *bytes, size_t *size,
  struct tls4217_error *err);

/* How many keys and channels the key process has; proof that it lives. */
int tls4217_keyloader_count(
  int fd, size_t *keys, size_t *channels, struct tls4217_error *err);

/*
 * Whether it lives, without waiting: asks, and looks later.  pong returns how
 * many answers have come since, or -1 where the process has ended or has sent
 * something else.
 */
void tls4217_keyloader_ping(int fd);
int tls4217_keyloader_pong(int fd);

#endif
