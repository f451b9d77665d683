/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSSelfSignedCertificate: made where it is missing
 */

#ifndef TLS4217_FTP_DAEMON_SELFSIGNING_H
#define TLS4217_FTP_DAEMON_SELFSIGNING_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"

/*
 * Makes the file that TLSSelfSignedCertificate names, as root, where it is
 * missing; where keys are kept in the key process, its key is made in a child
 * that ends then.  Returns 1 where it was made, 0 where there is nothing to
 * make, or -1 with err filled, which names the directive.
 */
int tls4217_selfsigning_make(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_error *err);

/*
 * Whether a file of that name can be trusted to be the one that was made: see
 * tls4217_fileguard_made.  err names the directive.
 */
int tls4217_selfsigning_check(
  const struct tls4217_settings *settings, struct tls4217_error *err);

#endif
