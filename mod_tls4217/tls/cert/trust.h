/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - CAs with their revocation lists, in memory and as bytes
 *
 * As bytes they can outlive the module.  i2d_X509(3), d2i_X509_CRL(3).
 */

#ifndef TLS4217_TLS_CERT_TRUST_H
#define TLS4217_TLS_CERT_TRUST_H

#include <stddef.h>

#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"

/* It owns both, in the order in which they were read. */
struct tls4217_trust {
  STACK_OF(X509) * certs;
  STACK_OF(X509_CRL) * crls;
};

/* Makes it empty.  Returns 0, or -1 with err filled: out of memory.
 * tls4217_trust_clear in both cases. */
int tls4217_trust_init(struct tls4217_trust *trust, struct tls4217_error *err);

/* Frees what is in it. */
void tls4217_trust_clear(struct tls4217_trust *trust);

/* How many bytes tls4217_trust_write writes; and writes them. */
size_t tls4217_trust_size(const struct tls4217_trust *trust);
void tls4217_trust_write(const struct tls4217_trust *trust, void *bytes);

/*
 * Reads what was written into an empty one.  Returns 0, or -1 with err filled:
 * the bytes are invalid.
 */
int tls4217_trust_read(struct tls4217_trust *trust, const void *bytes,
  size_t size, struct tls4217_error *err);

#endif
