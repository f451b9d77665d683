/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - signatures by a private key that is elsewhere
 *
 * See remotesign.h.  libssl signs in one step, EVP_DigestSign(3), so that the
 * whole message is handed over.  Before that it checks, for each algorithm that
 * the client offers, whether the key can sign with it.
 */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

#include "mod_tls4217/tls/keys/remoteparts.h"
#include "mod_tls4217/tls/keys/remotesign.h"
#include "mod_tls4217/tls/keys/signer.h"

/* One signature that libssl is about to ask for. */
struct signing {
  const struct tls4217_remotekey *key;
  struct tls4217_signjob job;
};

static void *new_signing(void *provctx, const char *properties) {
  (void) provctx;
  (void) properties;
  return OPENSSL_zalloc(sizeof(struct signing));
}

static void free_signing(void *ctx) {
  OPENSSL_free(ctx);
}

static void *copy_signing(void *ctx) {
  return OPENSSL_memdup(ctx, sizeof(struct signing));
}

/* libssl has one name for a digest while it looks for an algorithm, and
 * another one when it signs. */
static int find_digest(const char *name, enum tls4217_sign_digest *digest) {
  static const struct {
    const char *names[2];
    enum tls4217_sign_digest digest;
  } digests[] = {
    { { "SHA2-256", "SHA256" }, TLS4217_SIGN_SHA256 },
    { { "SHA2-384", "SHA384" }, TLS4217_SIGN_SHA384 },
    { { "SHA2-512", "SHA512" }, TLS4217_SIGN_SHA512 },
    { { "SHA2-224", "SHA224" }, TLS4217_SIGN_SHA224 },
    { { "SHA1", "SHA-1" }, TLS4217_SIGN_SHA1 },
    { { "MD5-SHA1", "MD5-SHA1" }, TLS4217_SIGN_MD5_SHA1 },
  };

  *digest = TLS4217_SIGN_NO_DIGEST;
  if (name == NULL || *name == '\0') {
    return 0;
  }

  for (size_t i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
    if (strcasecmp(name, digests[i].names[0]) == 0 ||
      strcasecmp(name, digests[i].names[1]) == 0) {
      *digest = digests[i].digest;
      return 0;
    }
  }

  return -1;
}

static int is_rsa(const struct tls4217_remotekey *key) {
  return strncmp(key->type, "RSA", 3) == 0;
}

/*
 * Whether this key can sign with that digest.  libssl goes on to its next
 * algorithm when it cannot, so this must not succeed and the signature fail
 * later.
 */
static int can_use(
  const struct tls4217_remotekey *key, enum tls4217_sign_digest digest) {
  enum tls4217_sign_digest only;
  char name[32];

  if (is_rsa(key) == 0 && strcmp(key->type, "EC") != 0) {
    return digest == TLS4217_SIGN_NO_DIGEST;
  }

  /* An RSA-PSS key may be restricted to one: 2 says so. */
  return digest != TLS4217_SIGN_NO_DIGEST &&
    (EVP_PKEY_get_default_digest_name(key->inner, name, sizeof(name)) != 2 ||
      (find_digest(name, &only) == 0 && only == digest));
}

static int set_padding(struct signing *signing, const OSSL_PARAM *param) {
  int mode = 0;

  if (is_rsa(signing->key) == 0 || OSSL_PARAM_get_int(param, &mode) != 1) {
    return 0;
  }

  if (mode == RSA_PKCS1_PSS_PADDING) {
    signing->job.padding = TLS4217_SIGN_PSS;
    return 1;
  }

  signing->job.padding = TLS4217_SIGN_PKCS1;
  return mode == RSA_PKCS1_PADDING && strcmp(signing->key->type, "RSA") == 0;
}

/* What TLS asks for, and nothing else: PSS has a salt as long as its digest.
 * Parameters that we do not know are ignored, as libcrypto's own are. */
static int set_signing_params(void *ctx, const OSSL_PARAM params[]) {
  struct signing *signing = ctx;
  const OSSL_PARAM *param;
  const char *text = NULL;

  if (params == NULL) {
    return 1;
  }

  param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
  if (param != NULL && set_padding(signing, param) == 0) {
    return 0;
  }

  param = OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PSS_SALTLEN);
  return param == NULL ||
    (OSSL_PARAM_get_utf8_string_ptr(param, &text) == 1 &&
      strcmp(text, OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST) == 0);
}

static const OSSL_PARAM *list_signing_params(void *ctx, void *provctx) {
  static const OSSL_PARAM params[] = { OSSL_PARAM_int(
                                         OSSL_SIGNATURE_PARAM_PAD_MODE, NULL),
    OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL, 0),
    OSSL_PARAM_END };

  (void) ctx;
  (void) provctx;
  return params;
}

static enum tls4217_sign_padding usual_padding(
  const struct tls4217_remotekey *key) {
  if (is_rsa(key) == 0) {
    return TLS4217_SIGN_NO_PADDING;
  }

  return strcmp(key->type, "RSA") == 0 ? TLS4217_SIGN_PKCS1 : TLS4217_SIGN_PSS;
}

/* Happens for each algorithm that libssl considers: no signature is asked for
 * yet. */
static int begin_signing(
  void *ctx, const char *digest, void *keydata, const OSSL_PARAM params[]) {
  struct signing *signing = ctx;

  signing->key = keydata;
  if (signing->key->keys == NULL ||
    find_digest(digest, &signing->job.digest) < 0 ||
    can_use(signing->key, signing->job.digest) == 0) {
    return 0;
  }

  signing->job.padding = usual_padding(signing->key);
  return set_signing_params(signing, params);
}

static int sign(void *ctx, unsigned char *signature, size_t *size, size_t room,
  const unsigned char *message, size_t message_size) {
  struct signing *signing = ctx;
  const struct tls4217_remotekeys *keys = signing->key->keys;
  struct tls4217_error err;
  int res;

  if (signature == NULL) {
    *size = (size_t) EVP_PKEY_get_size(signing->key->inner);
    return 1;
  }

  tls4217_error_clear(&err);
  signing->job.handle = signing->key->handle;
  signing->job.message = message;
  signing->job.size = message_size;
  *size = room;

  res = keys->ask(keys->user, &signing->job, signature, size, &err);

  /* Otherwise a wrong signature would look like a fault of the client's. */
  if (res == 0 &&
    tls4217_signer_verify(
      signing->key->inner, &signing->job, signature, *size) == false) {
    tls4217_error_set(&err, EBADMSG,
      "the returned signature was not made with this certificate's key");
    res = -1;
  }

  if (res < 0) {
    if (keys->fail != NULL) {
      keys->fail(keys->user, signing->job.handle, &err);
    }

    ERR_raise_data(ERR_LIB_USER, ERR_R_PASSED_INVALID_ARGUMENT, "%s", err.text);
  }

  return res == 0;
}

const OSSL_DISPATCH tls4217_remotesign_functions[] = {
  { OSSL_FUNC_SIGNATURE_NEWCTX, (void (*)(void)) new_signing },
  { OSSL_FUNC_SIGNATURE_FREECTX, (void (*)(void)) free_signing },
  { OSSL_FUNC_SIGNATURE_DUPCTX, (void (*)(void)) copy_signing },
  { OSSL_FUNC_SIGNATURE_DIGEST_SIGN_INIT, (void (*)(void)) begin_signing },
  { OSSL_FUNC_SIGNATURE_DIGEST_SIGN, (void (*)(void)) sign },
  { OSSL_FUNC_SIGNATURE_SET_CTX_PARAMS, (void (*)(void)) set_signing_params },
  { OSSL_FUNC_SIGNATURE_SETTABLE_CTX_PARAMS,
    (void (*)(void)) list_signing_params },
  { 0, NULL },
};
