/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate made on the spot (TLSSelfSignedCertificate)
 *
 * For the server that has none yet: ECDSA P-256, valid for ten years, key and
 * certificate in one PEM file that tls4217_keypair_load reads.
 */

#ifndef TLS4217_TLS_CERT_SELFSIGNED_H
#define TLS4217_TLS_CERT_SELFSIGNED_H

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

#endif
