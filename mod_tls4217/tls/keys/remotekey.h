/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a private key that is elsewhere
 *
 * An EVP_PKEY whose public half is here, and whose private half is held
 * elsewhere, and used through a request for each signature: an OpenSSL provider
 * of our own (provider-keymgmt(7), provider-signature(7)).  libssl uses it like
 * any key.
 *
 * The provider lives in a library context of its own.  In the default one it
 * would take the place of OpenSSL's key management for everything else, and the
 * module could not be unloaded without crashing the process at its exit.  Every
 * SSL_CTX, SSL and EVP_PKEY that can hold such a key must be freed before
 * tls4217_remotekey_unload_provider.
 */

#ifndef TLS4217_TLS_KEYS_REMOTEKEY_H
#define TLS4217_TLS_KEYS_REMOTEKEY_H

#include <stdint.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/keys/remoteparts.h"
#include "mod_tls4217/tls/error.h"

/*
 * Loads the provider.  Returns it (free it with
 * tls4217_remotekey_unload_provider), or NULL with err filled.
 */
struct tls4217_remotekeys *tls4217_remotekey_load_provider(
  tls4217_remotekey_ask ask, void *user, struct tls4217_error *err);

/* From now on fail is called, with the same user as ask. */
void tls4217_remotekey_report(
  struct tls4217_remotekeys *keys, tls4217_remotekey_fail fail);

/* Unloads the provider.  No key of it may be left.  NULL is fine. */
void tls4217_remotekey_unload_provider(struct tls4217_remotekeys *keys);

/*
 * A key with the public half of public_key (of the default library context;
 * borrowed), whose private half is known elsewhere as handle.  keys must
 * outlive it.  Method caches are filled, so that sessions share them by
 * fork(2).  Returns a new key (EVP_PKEY_free(3)), or NULL with err filled: a
 * type of key that this provider does not know, or OpenSSL's reason.
 */
EVP_PKEY *tls4217_remotekey_new(struct tls4217_remotekeys *keys,
  EVP_PKEY *public_key, uint64_t handle, struct tls4217_error *err);

#endif
