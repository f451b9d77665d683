/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the roots that this machine trusts
 *
 * As far as they say which roots clients are likely to have: where OpenSSL
 * looks for them, SSL_CERT_DIR and SSL_CERT_FILE included.
 * X509_LOOKUP_hash_dir(3).
 */

#ifndef TLS4217_TLS_CERT_SYSTEMROOTS_H
#define TLS4217_TLS_CERT_SYSTEMROOTS_H

#include <stdbool.h>

#include <openssl/x509.h>

/*
 * Whether one of them has issued cert; also where this machine has none, or
 * they cannot be read, and nothing is known.
 */
bool tls4217_systemroots_may_have_issued(X509 *cert);

#endif
