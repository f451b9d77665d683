/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a ring of ticket keys as text for a database
 *
 * See ticketseal.h.  EVP_EncryptInit(3), GCM; EVP_EncodeBlock(3).
 */

#include <errno.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/random.h"
#include "mod_tls4217/tls/ticketseal.h"

#define CIPHER "AES-256-GCM"
#define NONCE  12
#define TAG    16

/* Nonce, ring, tag. */
#define SEALED (NONCE + TLS4217_TICKETRING_BYTES + TAG)

/* What a text begins with. */
#define WORD      9
#define SEALED_IS "sealed-1:"
#define CLEAR_IS  "in-clear:"

_Static_assert(WORD + (SEALED + 2) / 3 * 4 < TLS4217_TICKETSEAL_TEXT,
  "a text holds the longest ring");

/* Seconds since the epoch: no host's clock is that wrong. */
#define LAST_TIME ((int64_t) 1 << 40)

int tls4217_ticketseal_derive(struct tls4217_ticketseal *seal,
  const struct tls4217_ticketsecret *secret, struct tls4217_error *err) {
  static const unsigned char scope[TLS4217_TICKETCRYPT_SCOPE] =
    "a ring that hosts share";
  struct tls4217_ticketkey key;

  if (tls4217_ticketcrypt_derive(
        secret->bytes, secret->size, scope, &key, err) < 0) {
    return -1;
  }

  seal->is_open = false;
  memcpy(seal->key, key.cipher, sizeof(seal->key));
  OPENSSL_cleanse(&key, sizeof(key));
  return 0;
}

/* Where in a sealed text which part is. */
struct parts {
  const struct tls4217_ticketseal *seal;
  const char *name;
  unsigned char *nonce, *body, *tag;
  int size; /* of the body */
};

/* Encrypts or decrypts the body in place; the tag is written, or compared. */
static bool run_cipher(const struct parts *parts, bool encrypt) {
  EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, CIPHER, NULL);
  EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
  int len = 0, rest = 0;
  bool done;

  done = cipher != NULL && ctx != NULL &&
    EVP_CipherInit_ex2(
      ctx, cipher, parts->seal->key, parts->nonce, encrypt, NULL) == 1 &&
    EVP_CipherUpdate(ctx, NULL, &len, (const unsigned char *) parts->name,
      (int) strlen(parts->name)) == 1 &&
    EVP_CipherUpdate(ctx, parts->body, &len, parts->body, parts->size) == 1 &&
    (encrypt ||
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, parts->tag) == 1) &&
    EVP_CipherFinal_ex(ctx, parts->body + len, &rest) == 1 &&
    (encrypt == false ||
      EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, parts->tag) == 1);
  EVP_CIPHER_CTX_free(ctx);
  EVP_CIPHER_free(cipher);
  return done;
}

static struct parts parts_of(const struct tls4217_ticketseal *seal,
  const char *name, unsigned char *bytes, size_t size) {
  return (struct parts){ .seal = seal,
    .name = name,
    .nonce = bytes,
    .body = bytes + NONCE,
    .tag = bytes + NONCE + size,
    .size = (int) size };
}

int tls4217_ticketseal_close(const struct tls4217_ticketseal *seal,
  const char *name, const struct tls4217_ticketring *ring, char *text,
  struct tls4217_error *err) {
  unsigned char bytes[SEALED];
  struct parts parts;
  size_t size = tls4217_ticketring_write(ring, bytes + NONCE);
  int ret = -1;

  ERR_clear_error();
  parts = parts_of(seal, name, bytes, size);
  if (seal->is_open) {
    memcpy(text, CLEAR_IS, WORD);
    (void) EVP_EncodeBlock(
      (unsigned char *) text + WORD, parts.body, (int) size);
    ret = 0;

  } else if (tls4217_random_fill(bytes, NONCE, err) == 0) {
    if (run_cipher(&parts, true)) {
      memcpy(text, SEALED_IS, WORD);
      (void) EVP_EncodeBlock(
        (unsigned char *) text + WORD, bytes, (int) (NONCE + size + TAG));
      ret = 0;

    } else {
      tls4217_error_set_openssl(err, "the ring cannot be sealed");
    }
  }

  OPENSSL_cleanse(bytes, sizeof(bytes));
  return ret;
}

/* What is read back. */

static int refuse(struct tls4217_error *err, const char *why) {
  tls4217_error_set(err, EINVAL, "%s", why);
  return -1;
}

/* Returns how many bytes a line of base64 stands for, or -1. */
static int decode(const char *text, size_t size, unsigned char *bytes) {
  int len;

  if (size == 0 || size % 4 != 0 || size / 4 * 3 > SEALED + 2) {
    return -1;
  }

  len = EVP_DecodeBlock(bytes, (const unsigned char *) text, (int) size);

  /* EVP_DecodeBlock(3) also counts the padding. */
  for (size_t i = 0; len > 0 && i < 2 && text[size - 1 - i] == '='; i++) {
    len--;
  }

  return len;
}

static bool is_one_byte(const struct tls4217_ticketsecret *secret) {
  for (size_t i = 1; i < secret->size; i++) {
    if (secret->bytes[i] != secret->bytes[0]) {
      return false;
    }
  }

  return true;
}

/* Anyone who can write to the database could write secrets that he knows, or
 * times whose sums overflow. */
static bool is_sound(const struct tls4217_ticketring *ring) {
  for (size_t i = 0; i < ring->count; i++) {
    const struct tls4217_ticketsecret *secret = &ring->secrets[i];

    if (secret->from < 0 || secret->from > LAST_TIME ||
      secret->size < TLS4217_TICKETRING_SECRET / 2 || is_one_byte(secret)) {
      return false;
    }
  }

  return ring->source == TLS4217_TICKETRING_SHARED;
}

static int open_bytes(const struct tls4217_ticketseal *seal, const char *name,
  unsigned char *bytes, size_t size, struct tls4217_ticketring *ring,
  struct tls4217_error *err) {
  unsigned char *body = bytes;
  struct parts parts;

  if (seal->is_open == false) {
    if (size <= NONCE + TAG) {
      return refuse(err, "is too short for a ring of keys");
    }

    size -= NONCE + TAG;
    parts = parts_of(seal, name, bytes, size);
    body = parts.body;
    if (run_cipher(&parts, false) == false) {
      ERR_clear_error();
      return refuse(err,
        "is sealed with another secret, or was changed: all hosts need the "
        "same file behind 'secret'");
    }
  }

  if (tls4217_ticketring_read(ring, body, size) == false ||
    is_sound(ring) == false) {
    tls4217_ticketring_clear(ring);
    return refuse(err, "holds no ring of keys");
  }

  return 0;
}

int tls4217_ticketseal_open(const struct tls4217_ticketseal *seal,
  const char *name, const char *text, size_t size,
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  const bool is_sealed = size > WORD && memcmp(text, SEALED_IS, WORD) == 0;
  const bool is_clear = size > WORD && memcmp(text, CLEAR_IS, WORD) == 0;
  unsigned char bytes[SEALED + 3];
  int len, ret;

  tls4217_ticketring_clear(ring);
  if (is_sealed == false && is_clear == false) {
    return refuse(err, "holds no ring of keys");
  }

  if (is_clear != seal->is_open) {
    return refuse(err,
      is_clear ? "is not sealed, and this host has a secret: give 'secret' on "
                 "all hosts or on none" :
                 "is sealed, and this host has no secret: give 'secret' on all "
                 "hosts or on none");
  }

  len = decode(text + WORD, size - WORD, bytes);
  ret = len <= 0 ? refuse(err, "holds no ring of keys") :
                   open_bytes(seal, name, bytes, (size_t) len, ring, err);
  OPENSSL_cleanse(bytes, sizeof(bytes));
  return ret;
}
