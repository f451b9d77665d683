/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which pairs the key process has for the daemon
 *
 * The daemon's own account of it: the users of a pair are counted, and one
 * without users is dropped a while later.  A session that was forked before may
 * not have handed in its channel yet (ProFTPD looks up its client's name first,
 * which can last), and needs the key of the certificate that it was forked
 * with.
 */

#ifndef TLS4217_TLS_KEYS_KEYLOADS_H
#define TLS4217_TLS_KEYS_KEYLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/keyloader.h"

/* Milliseconds for which a pair without users is kept, unless there are more
 * than so many of them. */
#define TLS4217_KEYLOADS_GRACE      (60 * 1000)
#define TLS4217_KEYLOADS_MAX_UNUSED 64

struct tls4217_keyload;

/* Empty: all zeros. */
struct tls4217_keyloads {
  struct tls4217_keyload *first;
};

/* Forgets all of them; the key process keeps what it has. */
void tls4217_keyloads_clear(struct tls4217_keyloads *loads);

/*
 * Has a pair loaded, or the last good one recalled, and counts it.  Returns and
 * fills as tls4217_keyloader_load and tls4217_keyloader_recall do.  Each
 * success is to be taken back by tls4217_keyloads_release.
 */
struct tls4217_keypair *tls4217_keyloads_load(struct tls4217_keyloads *loads,
  int fd, struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err);
struct tls4217_keypair *tls4217_keyloads_recall(struct tls4217_keyloads *loads,
  int fd, struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err);

/* One user less.  now is in milliseconds, tls4217_keysocket_now's. */
void tls4217_keyloads_release(
  struct tls4217_keyloads *loads, uint64_t handle, int64_t now);

/* Handles from before SIGHUP: those that have not been loaded again have no
 * users. */
void tls4217_keyloads_inherit(struct tls4217_keyloads *loads,
  const uint64_t *handles, size_t count, int64_t now);

/* The handles of all of them, up to max.  Returns how many. */
size_t tls4217_keyloads_list(
  const struct tls4217_keyloads *loads, uint64_t *handles, size_t max);

/*
 * Over SIGHUP: has the key process keep the list; and gets and inherits the one
 * that it has kept.  Return 0, or -1 with err filled.
 */
int tls4217_keyloads_keep(
  const struct tls4217_keyloads *loads, int fd, struct tls4217_error *err);
int tls4217_keyloads_fetch(struct tls4217_keyloads *loads, int fd, int64_t now,
  struct tls4217_error *err);

/* Drops those that have been unused for long enough.  Returns whether the key
 * process has answered to that. */
bool tls4217_keyloads_drop(struct tls4217_keyloads *loads, int fd, int64_t now);

/*
 * Loads all pairs into a restarted key process, under the handles that contexts
 * and sessions have; those without users are forgotten.  *trouble is filled
 * with the first failure.  Returns whether all are what they were: files may
 * have changed meanwhile.
 */
bool tls4217_keyloads_reload(struct tls4217_keyloads *loads, int fd,
  struct tls4217_remotekeys *keys, struct tls4217_error *trouble);

/* The public half of a pair's key, and its scope; NULL where there is no such
 * pair.  It stays the pair's. */
EVP_PKEY *tls4217_keyloads_get0_key(
  const struct tls4217_keyloads *loads, uint64_t handle, uint64_t *scope);

/* Whether a pair was no longer the same when the key process was restarted: its
 * handle is of no use. */
bool tls4217_keyloads_has_lost(
  const struct tls4217_keyloads *loads, uint64_t handle);

/* The URI of a pair's key, where that is in a token; else NULL.  The pair's. */
const char *tls4217_keyloads_token(
  const struct tls4217_keyloads *loads, uint64_t handle);

/* The handle of a pair is of no use any more. */
void tls4217_keyloads_lose(struct tls4217_keyloads *loads, uint64_t handle);

#endif
