/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the session tickets of one context are encrypted with
 *
 * See ticketcrypt.h.  Where the keys come from, and when another one encrypts,
 * is ticketring.c's.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include "mod_tls4217/tls/ticketcrypt.h"

#define LABEL     "mod_tls4217 session tickets"
#define IV_LENGTH 16

/* What the callback is to return. */
enum {
  FAILED = -1,
  UNKNOWN = 0,
  TAKEN = 1,
  TAKEN_BUT_OLD = 2 /* it is to be renewed */
};

static OSSL_PARAM text_param(const char *name, const char *text) {
  return OSSL_PARAM_construct_utf8_string(name, (char *) text, 0);
}

static OSSL_PARAM bytes_param(
  const char *name, const void *bytes, size_t size) {
  return OSSL_PARAM_construct_octet_string(name, (void *) bytes, size);
}

static bool use_mac(EVP_MAC_CTX *mac, const struct tls4217_ticketkey *key) {
  const OSSL_PARAM params[] = { text_param(OSSL_MAC_PARAM_DIGEST, "SHA256"),
    OSSL_PARAM_construct_end() };

  return EVP_MAC_init(mac, key->mac, sizeof(key->mac), params) == 1;
}

int tls4217_ticketcrypt_encrypt(const struct tls4217_ticketcrypt *crypt,
  unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *ctx,
  EVP_MAC_CTX *mac) {
  const struct tls4217_ticketkey *key = &crypt->keys[crypt->current];

  if (RAND_bytes(iv, IV_LENGTH) != 1 ||
    EVP_EncryptInit_ex2(ctx, crypt->cipher, key->cipher, iv, NULL) != 1 ||
    use_mac(mac, key) == false) {
    return FAILED;
  }

  memcpy(name, key->name, sizeof(key->name));
  return TAKEN;
}

int tls4217_ticketcrypt_decrypt(const struct tls4217_ticketcrypt *crypt,
  const unsigned char *name, const unsigned char *iv, EVP_CIPHER_CTX *ctx,
  EVP_MAC_CTX *mac) {
  for (size_t i = 0; i < crypt->count; i++) {
    const struct tls4217_ticketkey *key = &crypt->keys[i];

    if (CRYPTO_memcmp(name, key->name, sizeof(key->name)) == 0) {
      if (EVP_DecryptInit_ex2(ctx, crypt->cipher, key->cipher, iv, NULL) != 1 ||
        use_mac(mac, key) == false) {
        return FAILED;
      }

      return i > crypt->current ? TAKEN_BUT_OLD : TAKEN;
    }
  }

  return UNKNOWN;
}

static void drop_keys(struct tls4217_ticketcrypt *crypt) {
  OPENSSL_clear_free(crypt->keys, crypt->count * sizeof(*crypt->keys));
  crypt->keys = NULL;
  crypt->count = 0;
}

static int set_random(
  struct tls4217_ticketcrypt *crypt, struct tls4217_error *err) {
  struct tls4217_ticketkey key;
  int ret = -1;

  if (RAND_priv_bytes((unsigned char *) &key, sizeof(key)) != 1) {
    tls4217_error_set_openssl(err, "no random key for session tickets");

  } else {
    ret = tls4217_ticketcrypt_set(crypt, &key, 1, 0, err);
  }

  OPENSSL_cleanse(&key, sizeof(key));
  return ret;
}

struct tls4217_ticketcrypt *tls4217_ticketcrypt_new(struct tls4217_error *err) {
  struct tls4217_ticketcrypt *crypt = calloc(1, sizeof(*crypt));

  if (crypt == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  ERR_clear_error();
  crypt->cipher = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
  if (crypt->cipher == NULL) {
    tls4217_error_set_openssl(err, "session tickets cannot be encrypted");
  }

  if (crypt->cipher == NULL || set_random(crypt, err) < 0) {
    tls4217_ticketcrypt_free(crypt);
    return NULL;
  }

  return crypt;
}

void tls4217_ticketcrypt_free(struct tls4217_ticketcrypt *crypt) {
  if (crypt == NULL) {
    return;
  }

  drop_keys(crypt);
  EVP_CIPHER_free(crypt->cipher);
  free(crypt);
}

int tls4217_ticketcrypt_set(struct tls4217_ticketcrypt *crypt,
  const struct tls4217_ticketkey *keys, size_t count, size_t current,
  struct tls4217_error *err) {
  struct tls4217_ticketkey *copy;

  copy = OPENSSL_memdup(keys, count * sizeof(*keys));
  if (copy == NULL) {
    tls4217_error_set(err, ENOMEM, "no memory for the keys of session tickets");
    return -1;
  }

  drop_keys(crypt);
  crypt->keys = copy;
  crypt->count = count;
  crypt->current = current;
  return 0;
}

int tls4217_ticketcrypt_derive(const unsigned char *secret, size_t size,
  const unsigned char *scope, struct tls4217_ticketkey *key,
  struct tls4217_error *err) {
  const OSSL_PARAM params[] = { text_param(OSSL_KDF_PARAM_DIGEST, "SHA256"),
    bytes_param(OSSL_KDF_PARAM_KEY, secret, size),
    bytes_param(OSSL_KDF_PARAM_SALT, scope, TLS4217_TICKETCRYPT_SCOPE),
    bytes_param(OSSL_KDF_PARAM_INFO, LABEL, strlen(LABEL)),
    OSSL_PARAM_construct_end() };
  EVP_KDF_CTX *ctx = NULL;
  EVP_KDF *kdf;
  int ret = -1;

  ERR_clear_error();
  kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
  if (kdf != NULL) {
    ctx = EVP_KDF_CTX_new(kdf);
  }

  if (ctx != NULL &&
    EVP_KDF_derive(ctx, (unsigned char *) key, sizeof(*key), params) == 1) {
    ret = 0;

  } else {
    tls4217_error_set_openssl(err, "no key for session tickets");
  }

  EVP_KDF_CTX_free(ctx);
  EVP_KDF_free(kdf);
  return ret;
}
