/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - private keys that sign for others
 *
 * See signer.h.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/rsa.h>

#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/signer.h"

struct entry {
  uint64_t handle, scope;
  EVP_PKEY *key; /* owned */
};

struct tls4217_signer {
  struct entry *entries;
  size_t count, room;
  uint64_t last; /* handle that was given */
};

/* Handles of an earlier process must not lead to other keys here: a process
 * begins after all handles that may have been given before. */
#define HANDLES_A_MILLISECOND 20 /* as bits */

struct tls4217_signer *tls4217_signer_new(void) {
  struct tls4217_signer *signer = calloc(1, sizeof(*signer));

  if (signer != NULL) {
    signer->last = (uint64_t) tls4217_keysocket_now() << HANDLES_A_MILLISECOND;
  }

  return signer;
}

void tls4217_signer_free(struct tls4217_signer *signer) {
  if (signer == NULL) {
    return;
  }

  for (size_t i = 0; i < signer->count; i++) {
    EVP_PKEY_free(signer->entries[i].key);
  }

  free(signer->entries);
  free(signer);
}

static bool make_room(struct tls4217_signer *signer) {
  size_t room = signer->room == 0 ? 8 : 2 * signer->room;
  struct entry *entries;

  if (signer->count < signer->room) {
    return true;
  }

  entries = realloc(signer->entries, room * sizeof(*entries));
  if (entries == NULL) {
    return false;
  }

  signer->entries = entries;
  signer->room = room;
  return true;
}

static struct entry *find_entry(
  const struct tls4217_signer *signer, uint64_t handle) {
  for (size_t i = 0; i < signer->count; i++) {
    if (signer->entries[i].handle == handle) {
      return &signer->entries[i];
    }
  }

  return NULL;
}

uint64_t tls4217_signer_add(struct tls4217_signer *signer, EVP_PKEY *key,
  uint64_t scope, uint64_t wanted, struct tls4217_error *err) {
  if (make_room(signer) == false) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return 0;
  }

  if (wanted == 0) {
    wanted = signer->last + 1;

  } else if (find_entry(signer, wanted) != NULL) {
    tls4217_error_set(err, EEXIST, "this key already exists");
    return 0;
  }

  if (wanted > signer->last) {
    signer->last = wanted;
  }

  signer->entries[signer->count++] = (struct entry){ wanted, scope, key };
  return wanted;
}

int tls4217_signer_drop(struct tls4217_signer *signer, uint64_t handle) {
  struct entry *entry = find_entry(signer, handle);

  if (entry == NULL) {
    return -1;
  }

  EVP_PKEY_free(entry->key);
  *entry = signer->entries[--signer->count];
  return 0;
}

size_t tls4217_signer_count(const struct tls4217_signer *signer) {
  return signer->count;
}

const char *tls4217_signer_digest_name(enum tls4217_sign_digest digest) {
  static const char *const names[TLS4217_SIGN_NDIGESTS] = {
    [TLS4217_SIGN_MD5_SHA1] = "MD5-SHA1",
    [TLS4217_SIGN_SHA1] = "SHA1",
    [TLS4217_SIGN_SHA224] = "SHA2-224",
    [TLS4217_SIGN_SHA256] = "SHA2-256",
    [TLS4217_SIGN_SHA384] = "SHA2-384",
    [TLS4217_SIGN_SHA512] = "SHA2-512",
  };

  return (unsigned int) digest < TLS4217_SIGN_NDIGESTS ? names[digest] : NULL;
}

static int set_padding(EVP_PKEY_CTX *ctx, enum tls4217_sign_padding padding) {
  switch (padding) {
    case TLS4217_SIGN_NO_PADDING:
      return 0;

    case TLS4217_SIGN_PKCS1:
      return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) > 0 ? 0 : -1;

    case TLS4217_SIGN_PSS:
      return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
          EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0 ?
        0 :
        -1;
  }

  return -1;
}

int tls4217_signer_prepare(OSSL_LIB_CTX *libctx, EVP_MD_CTX *ctx, EVP_PKEY *key,
  const struct tls4217_signjob *job, bool verify) {
  const char *digest = tls4217_signer_digest_name(job->digest);
  EVP_PKEY_CTX *key_ctx = NULL;
  int res;

  res = verify ?
    EVP_DigestVerifyInit_ex(ctx, &key_ctx, digest, libctx, NULL, key, NULL) :
    EVP_DigestSignInit_ex(ctx, &key_ctx, digest, libctx, NULL, key, NULL);
  return res == 1 ? set_padding(key_ctx, job->padding) : -1;
}

bool tls4217_signer_verify(EVP_PKEY *key, const struct tls4217_signjob *job,
  const unsigned char *signature, size_t size) {
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  bool holds;

  ERR_set_mark();
  holds = ctx != NULL &&
    tls4217_signer_prepare(NULL, ctx, key, job, true) == 0 &&
    EVP_DigestVerify(ctx, signature, size, job->message, job->size) == 1;
  ERR_pop_to_mark();

  EVP_MD_CTX_free(ctx);
  return holds;
}

/* The one digest of a restricted key (2 says that it is), or one that every
 * other key takes. */
static enum tls4217_sign_digest choose_digest(EVP_PKEY *key) {
  char name[32];

  const EVP_MD *only;

  if (EVP_PKEY_get_default_digest_name(key, name, sizeof(name)) != 2) {
    return TLS4217_SIGN_SHA256;
  }

  only = EVP_get_digestbyname(name);
  for (int i = TLS4217_SIGN_MD5_SHA1; i < TLS4217_SIGN_NDIGESTS; i++) {
    const enum tls4217_sign_digest digest = (enum tls4217_sign_digest) i;

    if (only != NULL && EVP_MD_is_a(only, tls4217_signer_digest_name(digest))) {
      return digest;
    }
  }

  return TLS4217_SIGN_NO_DIGEST;
}

struct tls4217_signjob tls4217_signer_suggest(EVP_PKEY *key) {
  struct tls4217_signjob job = { .digest = TLS4217_SIGN_NO_DIGEST };

  if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
    job.padding = TLS4217_SIGN_PSS;
    job.digest = choose_digest(key);

  } else if (EVP_PKEY_is_a(key, "EC")) {
    job.digest = TLS4217_SIGN_SHA256;
  }

  return job;
}

/* Whether digest and padding are the kind of this key: without this a key
 * could be made to use the library's defaults. */
static bool suits(EVP_PKEY *key, const struct tls4217_signjob *job) {
  bool digest = tls4217_signer_digest_name(job->digest) != NULL;

  if (EVP_PKEY_is_a(key, "RSA")) {
    return digest && job->padding != TLS4217_SIGN_NO_PADDING;
  }

  if (EVP_PKEY_is_a(key, "RSA-PSS")) {
    return digest && job->padding == TLS4217_SIGN_PSS;
  }

  return job->padding == TLS4217_SIGN_NO_PADDING &&
    digest == (EVP_PKEY_is_a(key, "EC") == 1);
}

static bool is_among(uint64_t scope, const uint64_t *scopes, size_t nscopes) {
  for (size_t i = 0; i < nscopes; i++) {
    if (scopes[i] == scope) {
      return true;
    }
  }

  return false;
}

EVP_PKEY *tls4217_signer_get1(const struct tls4217_signer *signer,
  uint64_t handle, const uint64_t *scopes, size_t nscopes,
  struct tls4217_error *err) {
  const struct entry *entry = find_entry(signer, handle);

  if (entry == NULL || is_among(entry->scope, scopes, nscopes) == false ||
    EVP_PKEY_up_ref(entry->key) != 1) {
    tls4217_error_set(err, ENOENT, "there is no such key");
    return NULL;
  }

  return entry->key;
}

int tls4217_signer_sign(EVP_PKEY *key, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  return tls4217_signer_sign_in(NULL, key, job, signature, size, err);
}

int tls4217_signer_sign_in(OSSL_LIB_CTX *libctx, EVP_PKEY *key,
  const struct tls4217_signjob *job, unsigned char *signature, size_t *size,
  struct tls4217_error *err) {
  EVP_MD_CTX *ctx;
  int ret = -1;

  if (tls4217_signform_find(job->message, job->size) == TLS4217_SIGNFORM_NONE) {
    tls4217_error_set(
      err, EINVAL, "this is not what a TLS server signs in a handshake");
    return -1;
  }

  if (suits(key, job) == false) {
    tls4217_error_set(
      err, EINVAL, "digest and padding are not those of this key");
    return -1;
  }

  ERR_clear_error();
  ctx = EVP_MD_CTX_new();
  if (ctx != NULL &&
    tls4217_signer_prepare(libctx, ctx, key, job, false) == 0 &&
    EVP_DigestSign(ctx, signature, size, job->message, job->size) == 1) {
    ret = 0;

  } else {
    tls4217_error_set_openssl(err, "the key cannot sign");
  }

  EVP_MD_CTX_free(ctx);
  return ret;
}
