/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - private keys that sign for others
 *
 * The side that holds the keys: a table of them, and one function that signs
 * what a TLS server signs and nothing else (signform.h).  Sockets and processes
 * are others' business.  EVP_DigestSign(3).
 *
 * A key belongs to a scope, a number: the virtual hosts of one address have
 * the same one.  Who may ask for a key is decided by it (keyserver.c).
 */

#ifndef TLS4217_TLS_KEYS_SIGNER_H
#define TLS4217_TLS_KEYS_SIGNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/signform.h"

/* The keys of one process. */
struct tls4217_signer;

/* An empty table; free it with tls4217_signer_free.  NULL: out of memory. */
struct tls4217_signer *tls4217_signer_new(void);

/* Frees the table and every key in it.  NULL is fine. */
void tls4217_signer_free(struct tls4217_signer *signer);

/*
 * Takes a key: on success it belongs to the table.  Returns its handle: the
 * wanted one, or where that is 0, one that was never given in the life of the
 * table; or 0 with err filled.
 */
uint64_t tls4217_signer_add(struct tls4217_signer *signer, EVP_PKEY *key,
  uint64_t scope, uint64_t wanted, struct tls4217_error *err);

/* Forgets a key; references from tls4217_signer_get1 stay valid.  Returns 0, or
 * -1 where there is no such key. */
int tls4217_signer_drop(struct tls4217_signer *signer, uint64_t handle);

/* How many keys there are. */
size_t tls4217_signer_count(const struct tls4217_signer *signer);

/*
 * The key of a handle, if it belongs to one of nscopes scopes:
 * EVP_PKEY_free(3) it.  NULL with err filled where there is none; one of
 * another scope is as good as none.
 */
EVP_PKEY *tls4217_signer_get1(const struct tls4217_signer *signer,
  uint64_t handle, const uint64_t *scopes, size_t nscopes,
  struct tls4217_error *err);

/*
 * Signs job->message with key.  signature has room for *size bytes, and *size
 * becomes the signature's length.  Returns 0, or -1 with err filled: a message
 * that no TLS server signs, a digest or padding that is not this key's, or
 * OpenSSL's reason.  May be called by several threads at once.
 */
int tls4217_signer_sign(EVP_PKEY *key, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err);

/* The same with a key of another library context than the default one. */
int tls4217_signer_sign_in(OSSL_LIB_CTX *libctx, EVP_PKEY *key,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err);

/*
 * Whether signature was made of job->message with the private half of key, as
 * job says.  OpenSSL's queue is left as it was.  EVP_DigestVerify(3).
 */
bool tls4217_signer_verify(EVP_PKEY *key, const struct tls4217_signjob *job,
  const unsigned char *signature, size_t size);

/* A job that a key can do: its digest and padding; the rest is 0. */
struct tls4217_signjob tls4217_signer_suggest(EVP_PKEY *key);

/*
 * The name by which OpenSSL knows a digest, NULL for TLS4217_SIGN_NO_DIGEST
 * and for what is no digest.  Static text.
 */
const char *tls4217_signer_digest_name(enum tls4217_sign_digest digest);

/*
 * Sets up ctx to sign, or to verify, with key as job says, with the algorithms
 * of libctx (NULL: the default one):
 * EVP_DigestSignInit(3), EVP_DigestVerifyInit(3), and the padding.  Returns 0,
 * or -1 with OpenSSL's reason in its queue.
 */
int tls4217_signer_prepare(OSSL_LIB_CTX *libctx, EVP_MD_CTX *ctx, EVP_PKEY *key,
  const struct tls4217_signjob *job, bool verify);

#endif
