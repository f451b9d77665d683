/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a token's process is forked
 *
 * What it does is tls/keys/tokenserver.c's.  It ends when no one has its socket
 * any more: with the key process that asks it, and before that when no host has
 * its key; it stays over SIGHUP.
 */

#ifndef TLS4217_FTP_DAEMON_TOKENFORK_H
#define TLS4217_FTP_DAEMON_TOKENFORK_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"

/*
 * Forks the process of a URI, as root, and waits until it has the key open.
 * Returns the socket by which signatures are asked for (the caller's), or -1
 * with err filled.  A PIN that the token has not accepted is not tried again
 * before SIGHUP, unless there is another one.
 */
int tls4217_tokenfork_start(const char *uri, struct tls4217_error *err);

/* The PIN for the next one that is started: the reading end of a pipe
 * (phrasebook.h), which stays the caller's.  Returns 0, or -1 with err
 * filled. */
int tls4217_tokenfork_unlock(int pipe, struct tls4217_error *err);

/*
 * Loads a pair whose key is in a token, where there is no key process: for
 * proftpd -t and inetd, which are one process and ask the token's themselves.
 * Where sessions would have to share one, TLSKeyIsolation off, it is refused.
 * Returns a new pair, or NULL with err filled.
 */
struct tls4217_keypair *tls4217_tokenfork_load(
  const struct tls4217_certificate_files *files, struct tls4217_error *err);

/* Whether one has been. */
bool tls4217_tokenfork_is_used(void);

#endif
