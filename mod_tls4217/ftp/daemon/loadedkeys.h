/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key pairs that the key process has for the hosts
 *
 * One set for each generation of hosts.  What is in it can be loaded once more,
 * by the same handles, into another key process; what was in that of before and
 * is not in this one is dropped there.
 */

#ifndef TLS4217_FTP_DAEMON_LOADEDKEYS_H
#define TLS4217_FTP_DAEMON_LOADEDKEYS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/keys/keyloader.h"

/* One pair.  Its text is in the set's pool. */
struct tls4217_loadedkey {
  struct tls4217_keyfiles files;
  uint64_t handle;                            /* 0: not loaded yet */
  char fingerprint[TLS4217_FINGERPRINT_SIZE]; /* of the certificate */
};

/* Empty: all zeros. */
struct tls4217_loadedkeys {
  pool *pool;
  array_header *list; /* struct tls4217_loadedkey */
};

/* Makes it an empty one of the next generation; frees it. */
void tls4217_loadedkeys_begin(struct tls4217_loadedkeys *set);
void tls4217_loadedkeys_end(struct tls4217_loadedkeys *set);

/* What is to be loaded for a host, not in the set yet. */
struct tls4217_loadedkey tls4217_loadedkeys_describe(
  struct tls4217_loadedkeys *set, const server_rec *rec,
  const struct tls4217_certificate_files *files);

/* Puts one into the set that has been loaded. */
void tls4217_loadedkeys_add(
  struct tls4217_loadedkeys *set, const struct tls4217_loadedkey *loaded);

/*
 * Has one loaded, as root: see tls4217_keyloader_load.  fd is the daemon's own
 * socket.  Handle and fingerprint are filled.
 */
struct tls4217_keypair *tls4217_loadedkeys_load(
  struct tls4217_loadedkey *loaded, int fd, struct tls4217_remotekeys *keys,
  struct tls4217_error *err);

/*
 * Has all of them loaded once more, by the handles that contexts and sessions
 * have, and keeps the handles.  Returns whether each of them is what it was;
 * what cannot be loaded is logged.
 */
bool tls4217_loadedkeys_reload(
  struct tls4217_loadedkeys *set, int fd, struct tls4217_remotekeys *keys);

/* When all are loaded: drops what the generation of before had in addition, and
 * keeps the handles of this one for the next, over SIGHUP. */
void tls4217_loadedkeys_settle(struct tls4217_loadedkeys *set, int fd);

#endif
