/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the session tickets of one context are encrypted with
 *
 * SSL_CTX_set_tlsext_ticket_key_evp_cb(3): AES-256-CBC, then HMAC with
 * SHA-256, as RFC 5077, section 4, recommends.  One key encrypts; all of them
 * decrypt, found by the name that a ticket begins with.  A ticket of a key that
 * is older than the one that encrypts is renewed.
 *
 * Each key is derived (HKDF, RFC 5869) from a secret that many contexts share
 * and from the context's scope, so that no host reads the ticket of another.
 */

#ifndef TLS4217_TLS_TICKETCRYPT_H
#define TLS4217_TLS_TICKETCRYPT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"

/* Bytes that make a context's keys its own: its session id context. */
#define TLS4217_TICKETCRYPT_SCOPE 32

struct tls4217_ticketkey {
  unsigned char name[16]; /* goes in clear at the head of a ticket */
  unsigned char cipher[32];
  unsigned char mac[32];
};

struct tls4217_ticketcrypt {
  EVP_CIPHER *cipher;
  struct tls4217_ticketkey *keys; /* the newest first; owned */
  size_t count;
  size_t current; /* which of them encrypts */
};

/* A new one, with one random key; or NULL with err filled.  Free it with
 * tls4217_ticketcrypt_free. */
struct tls4217_ticketcrypt *tls4217_ticketcrypt_new(struct tls4217_error *err);

/* Wipes and frees it.  NULL is fine. */
void tls4217_ticketcrypt_free(struct tls4217_ticketcrypt *crypt);

/* The two halves of the callback, which is context.c's: parameters and what
 * they return are the manual page's. */
int tls4217_ticketcrypt_encrypt(const struct tls4217_ticketcrypt *crypt,
  unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
  EVP_MAC_CTX *mac);
int tls4217_ticketcrypt_decrypt(const struct tls4217_ticketcrypt *crypt,
  const unsigned char *name, const unsigned char *iv, EVP_CIPHER_CTX *ctx,
  EVP_MAC_CTX *mac);

/*
 * Copies count keys, the newest first, in place of those that there are; the
 * one at current encrypts.  Returns 0, or -1 with err filled, and those that
 * there are remain.
 */
int tls4217_ticketcrypt_set(struct tls4217_ticketcrypt *crypt,
  const struct tls4217_ticketkey *keys, size_t count, size_t current,
  struct tls4217_error *err);

/* Derives a key from a secret of size bytes and a scope.  Returns 0, or -1
 * with err filled. */
int tls4217_ticketcrypt_derive(const unsigned char *secret, size_t size,
  const unsigned char *scope, struct tls4217_ticketkey *key,
  struct tls4217_error *err);

#endif
