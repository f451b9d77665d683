/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one certificate with its key, as it was read
 *
 * Generations of a host share it while its files do not change: a key that has
 * not changed is not parsed again.  The key itself is in the key process, where
 * there is one.
 */

#ifndef TLS4217_FTP_DAEMON_CREDENTIAL_H
#define TLS4217_FTP_DAEMON_CREDENTIAL_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"

/* Immutable; its users are counted. */
struct tls4217_credential;

/*
 * Reads the files, as root.  Returns a new one (tls4217_credential_release), or
 * NULL with err filled, which names directive and file.
 */
struct tls4217_credential *tls4217_credential_load(const server_rec *rec,
  const struct tls4217_certificate_files *files, struct tls4217_error *err);

/* The last good one of these files from the key process; none is read.  Where
 * it has none, NULL. */
struct tls4217_credential *tls4217_credential_recall(
  const server_rec *rec, const struct tls4217_certificate_files *files);

/* Whether it is one of these files. */
bool tls4217_credential_is_of(const struct tls4217_credential *credential,
  const struct tls4217_certificate_files *files);

/* Whether its key is where keys are to be by now: TLSKeyIsolation may have been
 * changed, and the key process may have ended. */
bool tls4217_credential_is_usable(const struct tls4217_credential *credential);

/* The same, and its files are still what they were when it was read. */
bool tls4217_credential_is_current(const struct tls4217_credential *credential);

/* One more user; one less.  NULL is fine for release. */
struct tls4217_credential *tls4217_credential_share(
  struct tls4217_credential *credential);
void tls4217_credential_release(struct tls4217_credential *credential);

/* Its pair, whose chain is what its files have.  The credential's. */
const struct tls4217_keypair *tls4217_credential_pair(
  const struct tls4217_credential *credential);

/* The certificate file that it was read from. */
const char *tls4217_credential_cert_file(
  const struct tls4217_credential *credential);

/* A host serves with it: it becomes the last good one of its files. */
void tls4217_credential_accept(const struct tls4217_credential *credential);

/* Whether its key went with a key process that has ended. */
bool tls4217_credential_has_lost_key(
  const struct tls4217_credential *credential);

#endif
