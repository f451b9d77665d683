/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate made on the spot (TLSSelfSignedCertificate)
 *
 * For the server that has none yet: ECDSA P-256, valid for ten years, key and
 * certificate in one PEM file that tls4217_keypair_load reads.
 */

#ifndef TLS4217_TLS_CERT_SELFSIGNED_H
#define TLS4217_TLS_CERT_SELFSIGNED_H

#include <stdbool.h>
#include <time.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/error.h"

/*
 * Creates file with a new key and a self-signed certificate for name: a DNS
 * name or an IP address, which becomes subject CN (cut to its 64 characters)
 * and subjectAltName.  "localhost" takes the place of what can be neither
 * (NULL, words, a wildcard).  The certificate is a leaf, CA:FALSE, which
 * clients can trust by itself (curl --cacert FILE); valid from a day ago.
 *
 * The file appears whole, with mode 0600, or not at all; an existing file, or
 * symbolic link, is never touched or followed.  The directory must be there.
 *
 * Returns 1 when it was created, 0 when the file was there already, -1 with
 * err naming the file and the reason.
 */
int tls4217_selfsigned_create(
  const char *file, const char *name, struct tls4217_error *err);

/*
 * Whether a pair is to be renewed: its certificate is signed by its own key,
 * has no chain, and is in the last tenth of its life, or behind it, at now
 * (seconds since the epoch).  The private half of the key is not needed.
 */
bool tls4217_selfsigned_is_due(const struct tls4217_keypair *pair, time_t now);

/*
 * Renews the certificate in file where it is due: the same names, extensions,
 * length of life, and the same key, valid from now (from a day ago, if it lives
 * for more than ten).  The file is replaced whole, with mode 0600, as the
 * caller's.  Returns 1 when it was, 0 where it is not due, -1 with err naming
 * the file and the reason; a link is such a reason.
 */
int tls4217_selfsigned_renew(
  const char *file, time_t now, struct tls4217_error *err);

#endif
