/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a private key in a token
 *
 * PKCS #11, by way of OSSL_STORE(3) and pkcs11-provider, which is another
 * project's (provider-pkcs11(7)).  Only in a process of its own: a PKCS #11
 * module can open files, sockets and threads, and survives no fork(2).
 */

#ifndef TLS4217_TLS_KEYS_TOKENKEY_H
#define TLS4217_TLS_KEYS_TOKENKEY_H

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/signform.h"

/* errnum of err where the token does not accept the PIN.  Each further attempt
 * brings it nearer to being locked. */
#define TLS4217_TOKENKEY_BAD_PIN EPERM

/* For the life of its process. */
struct tls4217_tokenkey {
  OSSL_LIB_CTX *libctx;
  EVP_PKEY *key;
};

/*
 * Loads the provider into a library context of its own, and opens the key of a
 * URI (tokenuri.h).  pin is asked for where the URI has none; NULL: there is
 * none.  Returns 0, or -1 with err filled: no provider, no such token, no such
 * key; a PIN that is missing as in passphrase.h; a wrong one as above.
 */
int tls4217_tokenkey_open(struct tls4217_tokenkey *key, const char *uri,
  const char *pin, struct tls4217_error *err);

/* Signs, as tls4217_signer_sign does. */
int tls4217_tokenkey_sign(const struct tls4217_tokenkey *key,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err);

/*
 * Makes one signature of random bytes, which no one can use: after it
 * everything that signatures need is there.  Returns 0, or -1 with err filled.
 */
int tls4217_tokenkey_try(
  const struct tls4217_tokenkey *key, struct tls4217_error *err);

#endif
