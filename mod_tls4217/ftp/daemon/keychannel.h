/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - this process' own channel to the key process
 *
 * The daemon has one while it warms up, a session for its life: what
 * tls/keys/keyclient.c does, for the hosts of ProFTPD.
 */

#ifndef TLS4217_FTP_DAEMON_KEYCHANNEL_H
#define TLS4217_FTP_DAEMON_KEYCHANNEL_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/tls/keys/keyclient.h"

/* A host's own number, the same after SIGHUP: keys and channels have it. */
uint64_t tls4217_keychannel_scope(const server_rec *rec);

/*
 * The channel, for remotekey.h: the same one always, also while it is not
 * open; its tls4217_remotekey_ask, which counts the signatures that clients
 * get; and its tls4217_remotekey_fail, which counts failures, so that the
 * daemon checks the key process (keywatch.h).
 */
struct tls4217_keyclient *tls4217_keychannel_get(void);
int tls4217_keychannel_sign(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err);
void tls4217_keychannel_fail(
  void *user, uint64_t handle, const struct tls4217_error *err);

/*
 * Opens it by front (keyclient.h), for so many signatures by the keys of nrecs
 * hosts.  Where that fails it is logged, and each signature fails.
 */
void tls4217_keychannel_open(int front, const server_rec *const *recs,
  size_t nrecs, unsigned int signatures);

void tls4217_keychannel_close(void);

/* How long a handshake that begins now may take, in milliseconds. */
void tls4217_keychannel_set_time(int timeout);

/* Whether the last handshake failed because this session has had all the
 * signatures that it may have. */
bool tls4217_keychannel_is_spent(void);

#endif
