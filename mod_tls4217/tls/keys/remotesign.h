/*
 * mod_tls4217 - signatures by a private key that is elsewhere
 *
 * The signature half of the provider in remotekey.c, and what both halves
 * know of a key.  provider-signature(7).
 */

#ifndef TLS4217_TLS_KEYS_REMOTESIGN_H
#define TLS4217_TLS_KEYS_REMOTESIGN_H

#include <stdint.h>

#include <openssl/core_dispatch.h>
#include <openssl/provider.h>

#include "mod_tls4217/tls/keys/remotekey.h"

struct tls4217_remotekeys {
  OSSL_LIB_CTX *libctx;
  OSSL_PROVIDER *provider;
  tls4217_remotekey_ask ask;
  void *user;
};

/* A key; its private half can be asked for if keys is not NULL. */
struct tls4217_remotekey {
  const char *type; /* OpenSSL's name */
  const struct tls4217_remotekeys *keys;
  EVP_PKEY *inner; /* the public half, of the default provider; owned */
  uint64_t handle;
};

/* One implementation for all types of keys; ends with a zero. */
extern const OSSL_DISPATCH tls4217_remotesign_functions[];

#endif
