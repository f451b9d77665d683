/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - CAs with their revocation lists, in memory and as bytes
 *
 * See trust.h.  The bytes are the number of CAs, 64 bits, and DER without
 * anything between: DER contains its own length.
 */

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/cert/trust.h"

int tls4217_trust_init(struct tls4217_trust *trust, struct tls4217_error *err) {
  trust->certs = sk_X509_new_null();
  trust->crls = sk_X509_CRL_new_null();
  if (trust->certs == NULL || trust->crls == NULL) {
    tls4217_error_set(err, ENOMEM, "no memory for CAs");
    return -1;
  }

  return 0;
}

void tls4217_trust_clear(struct tls4217_trust *trust) {
  sk_X509_pop_free(trust->certs, X509_free);
  sk_X509_CRL_pop_free(trust->crls, X509_CRL_free);
  trust->certs = NULL;
  trust->crls = NULL;
}

size_t tls4217_trust_size(const struct tls4217_trust *trust) {
  size_t size = sizeof(uint64_t);
  int len;

  for (int i = 0; i < sk_X509_num(trust->certs); i++) {
    len = i2d_X509(sk_X509_value(trust->certs, i), NULL);
    size += len > 0 ? (size_t) len : 0;
  }

  for (int i = 0; i < sk_X509_CRL_num(trust->crls); i++) {
    len = i2d_X509_CRL(sk_X509_CRL_value(trust->crls, i), NULL);
    size += len > 0 ? (size_t) len : 0;
  }

  return size;
}

void tls4217_trust_write(const struct tls4217_trust *trust, void *bytes) {
  const uint64_t count = (uint64_t) sk_X509_num(trust->certs);
  unsigned char *at = bytes;

  memcpy(at, &count, sizeof(count));
  at += sizeof(count);
  for (int i = 0; i < sk_X509_num(trust->certs); i++) {
    (void) i2d_X509(sk_X509_value(trust->certs, i), &at);
  }

  for (int i = 0; i < sk_X509_CRL_num(trust->crls); i++) {
    (void) i2d_X509_CRL(sk_X509_CRL_value(trust->crls, i), &at);
  }
}

static int read_certs(struct tls4217_trust *trust, uint64_t count,
  const unsigned char **at, const unsigned char *end) {
  for (uint64_t i = 0; i < count; i++) {
    X509 *cert = d2i_X509(NULL, at, (long) (end - *at));

    if (cert == NULL || sk_X509_push(trust->certs, cert) == 0) {
      X509_free(cert);
      return -1;
    }
  }

  return 0;
}

static int read_crls(struct tls4217_trust *trust, const unsigned char **at,
  const unsigned char *end) {
  while (*at < end) {
    X509_CRL *crl = d2i_X509_CRL(NULL, at, (long) (end - *at));

    if (crl == NULL || sk_X509_CRL_push(trust->crls, crl) == 0) {
      X509_CRL_free(crl);
      return -1;
    }
  }

  return 0;
}

int tls4217_trust_read(struct tls4217_trust *trust, const void *bytes,
  size_t size, struct tls4217_error *err) {
  const unsigned char *at = bytes, *end = at + size;
  uint64_t count;

  ERR_clear_error();
  if (size >= sizeof(count)) {
    memcpy(&count, at, sizeof(count));
    at += sizeof(count);
    if (read_certs(trust, count, &at, end) == 0 &&
      read_crls(trust, &at, end) == 0) {
      return 0;
    }
  }

  ERR_clear_error();
  tls4217_error_set(err, EINVAL, "the CAs that were kept cannot be read");
  return -1;
}
