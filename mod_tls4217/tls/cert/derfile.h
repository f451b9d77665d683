/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a binary file with certificates and a key
 *
 * DER: certificates, one behind the other; a key in PKCS #8, encrypted or not,
 * or in the older form of its kind; and both in PKCS #12 (RFC 7292), which has
 * a pass phrase, be it an empty one.  d2i_X509(3), d2i_AutoPrivateKey(3),
 * PKCS12_parse(3).
 */

#ifndef TLS4217_TLS_CERT_DERFILE_H
#define TLS4217_TLS_CERT_DERFILE_H

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mod_tls4217/tls/cert/pemfile.h"
#include "mod_tls4217/tls/error.h"

/* Whether a file that was read is such a one. */
bool tls4217_derfile_is_der(const struct tls4217_pemfile *file);

/*
 * Appends its certificates to certs.  Those of PKCS #12 come in the order in
 * which they are sent: that of its key, its issuer, and so on; what does not
 * belong to the chain is left out, and so is a root.  Returns 0, or -1 with err
 * filled: see tls4217_pemfile_certs, and passphrase.h.
 */
int tls4217_derfile_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err);

/* Its private key: see tls4217_pemfile_key. */
EVP_PKEY *tls4217_derfile_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err);

#endif
