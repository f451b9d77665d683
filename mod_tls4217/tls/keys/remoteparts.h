/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what both halves of the provider know of a key
 *
 * Of key management (remotekey.c) and of signatures (remotesign.c).
 */

#ifndef TLS4217_TLS_KEYS_REMOTEPARTS_H
#define TLS4217_TLS_KEYS_REMOTEPARTS_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/signform.h"

/*
 * Asks for the signature of job.  signature has room for *size bytes, and
 * *size becomes its length.  Returns 0, or -1 with err filled.
 */
typedef int (*tls4217_remotekey_ask)(void *user,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err);

/* Called where there was no signature by the key of handle, or a wrong one, and
 * why. */
typedef void (*tls4217_remotekey_fail)(
  void *user, uint64_t handle, const struct tls4217_error *err);

/* The provider, and who is asked. */
struct tls4217_remotekeys {
  OSSL_LIB_CTX *libctx;
  OSSL_PROVIDER *provider;
  tls4217_remotekey_ask ask;
  tls4217_remotekey_fail fail;
  void *user;
};

/* A key; its private half can be asked for if keys is not NULL. */
struct tls4217_remotekey {
  const char *type; /* OpenSSL's name */
  const struct tls4217_remotekeys *keys;
  EVP_PKEY *inner; /* the public half, of the default provider; owned */
  uint64_t handle;
};

#endif
