/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the harnesses of t/prove have in the place of OpenSSL
 *
 * As much as its manual pages promise, and anything beyond that.
 */

#ifndef TLS4217_T_PROVE_OPENSSL_H
#define TLS4217_T_PROVE_OPENSSL_H

#include "t/prove/prove.h"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/error.h"

void OPENSSL_cleanse(void *bytes, size_t size) {
  unsigned char *at = bytes;

  for (size_t i = 0; i < size; i++) {
    at[i] = 0;
  }
}

int CRYPTO_memcmp(const void *one, const void *other, size_t size) {
  return memcmp(one, other, size);
}

void ERR_clear_error(void) {
}

void tls4217_error_set(
  struct tls4217_error *err, int errnum, const char *fmt, ...) {
  (void) fmt;
  if (err != NULL) {
    err->errnum = errnum;
  }
}

void tls4217_error_set_openssl(
  struct tls4217_error *err, const char *fmt, ...) {
  (void) fmt;
  if (err != NULL) {
    err->errnum = 0;
  }
}

#endif
