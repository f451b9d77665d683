/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSSelfSignedCertificate: made where it is missing, and
 * renewed
 */

#ifndef TLS4217_FTP_DAEMON_SELFSIGNING_H
#define TLS4217_FTP_DAEMON_SELFSIGNING_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"

/*
 * Makes the file that TLSSelfSignedCertificate names, as root, where it is
 * missing; where keys are kept in the key process, its key is made in a child
 * that ends then.  Returns 1 where it was made, 0 where there is nothing to
 * make, or -1 with err filled, which names the directive.
 */
int tls4217_selfsigning_make(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_error *err);

/* Whether it is to be renewed: see tls4217_selfsigned_is_due.  pair is that of
 * the file, be it without the private half of its key. */
bool tls4217_selfsigning_is_due(const struct tls4217_settings *settings,
  const struct tls4217_keypair *pair);

/*
 * Renews the file, as root, where it is due; its key stays the same, and is
 * read by a process that ends with that, where keys are kept in the key
 * process.  proftpd -t renews nothing.  Returns 1 where it was renewed, 0 where
 * not, or -1 with err filled, which names the directive.
 */
int tls4217_selfsigning_renew(
  const struct tls4217_settings *settings, struct tls4217_error *err);

/*
 * Whether a file of that name can be trusted to be the one that was made: see
 * tls4217_fileguard_made.  err names the directive.
 */
int tls4217_selfsigning_check(
  const struct tls4217_settings *settings, struct tls4217_error *err);

#endif
