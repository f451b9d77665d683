/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a private key that is elsewhere
 *
 * See remotekey.h.  A key of this provider is a public key of the default
 * provider and a handle; key management passes everything on to the former,
 * and gives out nothing that is private, because it has nothing.  Signatures
 * are in remotesign.c.
 */

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <openssl/provider.h>

#include "mod_tls4217/tls/keys/remotekey.h"
#include "mod_tls4217/tls/keys/remotesign.h"

#define PROVIDER "tls4217"
#define PROPERTY "provider=" PROVIDER

/* What makes a key of the default provider one of ours. */
#define PARAM_KEYS   "tls4217-keys"
#define PARAM_HANDLE "tls4217-handle"

/* Key management. */

static struct tls4217_remotekey *new_key(const char *type) {
  struct tls4217_remotekey *key = OPENSSL_zalloc(sizeof(*key));

  if (key != NULL) {
    key->type = type;
  }

  return key;
}

static void free_key(void *keydata) {
  struct tls4217_remotekey *key = keydata;

  if (key != NULL) {
    EVP_PKEY_free(key->inner);
    OPENSSL_free(key);
  }
}

static int has_parts(const void *keydata, int selection) {
  const struct tls4217_remotekey *key = keydata;

  if (key == NULL || key->inner == NULL) {
    return 0;
  }

  return (selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) == 0 ||
    key->keys != NULL;
}

/* libssl imports the public key of a certificate, too, to compare it: there
 * is no handle then. */
static int read_own_params(
  struct tls4217_remotekey *key, const OSSL_PARAM params[]) {
  const OSSL_PARAM *keys = OSSL_PARAM_locate_const(params, PARAM_KEYS);
  const OSSL_PARAM *handle = OSSL_PARAM_locate_const(params, PARAM_HANDLE);
  const void *bytes = NULL;
  size_t size = 0;

  if (keys == NULL || handle == NULL) {
    return 1;
  }

  if (OSSL_PARAM_get_octet_string_ptr(keys, &bytes, &size) != 1 ||
    size != sizeof(key->keys) ||
    OSSL_PARAM_get_uint64(handle, &key->handle) != 1) {
    return 0;
  }

  memcpy(&key->keys, bytes, sizeof(key->keys));
  return 1;
}

static int import_key(void *keydata, int selection, const OSSL_PARAM params[]) {
  struct tls4217_remotekey *key = keydata;
  EVP_PKEY_CTX *ctx;
  int res;

  (void) selection;

  ctx = EVP_PKEY_CTX_new_from_name(NULL, key->type, NULL);
  res = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
    EVP_PKEY_fromdata(
      ctx, &key->inner, EVP_PKEY_PUBLIC_KEY, (OSSL_PARAM *) params) == 1 &&
    read_own_params(key, params) == 1;
  EVP_PKEY_CTX_free(ctx);
  return res;
}

static int match_keys(const void *left, const void *right, int selection) {
  const struct tls4217_remotekey *one = left, *two = right;

  (void) selection;
  return EVP_PKEY_eq(one->inner, two->inner) == 1;
}

static int export_key(
  void *keydata, int selection, OSSL_CALLBACK *callback, void *arg) {
  const struct tls4217_remotekey *key = keydata;

  if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0) {
    return 0;
  }

  return EVP_PKEY_export(key->inner, selection, callback, arg);
}

static int get_key_params(void *keydata, OSSL_PARAM params[]) {
  const struct tls4217_remotekey *key = keydata;

  return EVP_PKEY_get_params(key->inner, params);
}

static const OSSL_PARAM *list_key_params(void *provctx) {
  static const OSSL_PARAM params[] = { OSSL_PARAM_int(
                                         OSSL_PKEY_PARAM_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
    OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL), OSSL_PARAM_END };

  (void) provctx;
  return params;
}

static const OSSL_PARAM *list_types(int selection) {
  static const OSSL_PARAM params[] = { OSSL_PARAM_octet_string(
                                         PARAM_KEYS, NULL, 0),
    OSSL_PARAM_uint64(PARAM_HANDLE, NULL), OSSL_PARAM_END };

  (void) selection;
  return params;
}

/*
 * One row per type of key.  Key management has OpenSSL's own names, because
 * libssl finds a certificate's place by them; signatures have names of ours,
 * because it would take the default provider's otherwise.
 */
#define DEFINE_TYPE(id, type) \
 static void *new_##id(void *provctx) { \
  (void) provctx; \
  return new_key(type); \
 } \
\
 static const char *name_##id(int operation) { \
  return operation == OSSL_OP_SIGNATURE ? PROVIDER "-" type : NULL; \
 } \
\
 static const OSSL_DISPATCH id##_functions[] = { \
   { OSSL_FUNC_KEYMGMT_NEW, (void (*)(void)) new_##id }, \
   { OSSL_FUNC_KEYMGMT_FREE, (void (*)(void)) free_key }, \
   { OSSL_FUNC_KEYMGMT_HAS, (void (*)(void)) has_parts }, \
   { OSSL_FUNC_KEYMGMT_IMPORT, (void (*)(void)) import_key }, \
   { OSSL_FUNC_KEYMGMT_IMPORT_TYPES, (void (*)(void)) list_types }, \
   { OSSL_FUNC_KEYMGMT_EXPORT, (void (*)(void)) export_key }, \
   { OSSL_FUNC_KEYMGMT_EXPORT_TYPES, (void (*)(void)) list_types }, \
   { OSSL_FUNC_KEYMGMT_MATCH, (void (*)(void)) match_keys }, \
   { OSSL_FUNC_KEYMGMT_GET_PARAMS, (void (*)(void)) get_key_params }, \
   { OSSL_FUNC_KEYMGMT_GETTABLE_PARAMS, (void (*)(void)) list_key_params }, \
   { OSSL_FUNC_KEYMGMT_QUERY_OPERATION_NAME, (void (*)(void)) name_##id }, \
   { 0, NULL }, \
 }

DEFINE_TYPE(rsa, "RSA");
DEFINE_TYPE(rsa_pss, "RSA-PSS");
DEFINE_TYPE(ec, "EC");
DEFINE_TYPE(ed25519, "ED25519");
DEFINE_TYPE(ed448, "ED448");
DEFINE_TYPE(ml_dsa_44, "ML-DSA-44");
DEFINE_TYPE(ml_dsa_65, "ML-DSA-65");
DEFINE_TYPE(ml_dsa_87, "ML-DSA-87");

static const OSSL_ALGORITHM key_types[] = {
  { "RSA:rsaEncryption", PROPERTY, rsa_functions, NULL },
  { "RSA-PSS:RSASSA-PSS", PROPERTY, rsa_pss_functions, NULL },
  { "EC:id-ecPublicKey", PROPERTY, ec_functions, NULL },
  { "ED25519", PROPERTY, ed25519_functions, NULL },
  { "ED448", PROPERTY, ed448_functions, NULL },
  { "ML-DSA-44", PROPERTY, ml_dsa_44_functions, NULL },
  { "ML-DSA-65", PROPERTY, ml_dsa_65_functions, NULL },
  { "ML-DSA-87", PROPERTY, ml_dsa_87_functions, NULL },
  { NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
  { PROVIDER "-RSA", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-RSA-PSS", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-EC", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-ED25519", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-ED448", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-ML-DSA-44", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-ML-DSA-65", PROPERTY, tls4217_remotesign_functions, NULL },
  { PROVIDER "-ML-DSA-87", PROPERTY, tls4217_remotesign_functions, NULL },
  { NULL, NULL, NULL, NULL },
};

/* The provider. */

static const OSSL_ALGORITHM *query_operation(
  void *provctx, int operation, int *no_cache) {
  (void) provctx;

  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_KEYMGMT:
      return key_types;

    case OSSL_OP_SIGNATURE:
      return signatures;

    default:
      return NULL;
  }
}

static int init_provider_cb(const OSSL_CORE_HANDLE *handle,
  const OSSL_DISPATCH *in, const OSSL_DISPATCH **out, void **provctx) {
  static const OSSL_DISPATCH functions[] = {
    { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void)) query_operation },
    { 0, NULL },
  };

  (void) in;
  *out = functions;
  *provctx = (void *) handle;
  return 1;
}

struct tls4217_remotekeys *tls4217_remotekey_load_provider(
  tls4217_remotekey_ask ask, void *user, struct tls4217_error *err) {
  struct tls4217_remotekeys *keys = OPENSSL_zalloc(sizeof(*keys));

  ERR_clear_error();
  if (keys != NULL) {
    keys->ask = ask;
    keys->user = user;
    keys->libctx = OSSL_LIB_CTX_new();
  }

  if (keys != NULL && keys->libctx != NULL &&
    OSSL_PROVIDER_add_builtin(keys->libctx, PROVIDER, init_provider_cb) == 1) {
    keys->provider = OSSL_PROVIDER_load(keys->libctx, PROVIDER);
  }

  if (keys == NULL || keys->provider == NULL) {
    tls4217_error_set_openssl(err, "cannot load the provider of private keys");
    tls4217_remotekey_unload_provider(keys);
    return NULL;
  }

  return keys;
}

void tls4217_remotekey_report(
  struct tls4217_remotekeys *keys, tls4217_remotekey_fail fail) {
  keys->fail = fail;
}

void tls4217_remotekey_unload_provider(struct tls4217_remotekeys *keys) {
  if (keys == NULL) {
    return;
  }

  if (keys->provider != NULL) {
    (void) OSSL_PROVIDER_unload(keys->provider);
  }

  OSSL_LIB_CTX_free(keys->libctx);
  OPENSSL_free(keys);
}

/* Keys. */

static EVP_PKEY *make_key(struct tls4217_remotekeys *keys, const char *type,
  OSSL_PARAM *public_params, uint64_t handle) {
  struct tls4217_remotekeys *self = keys;
  OSSL_PARAM own[] = {
    OSSL_PARAM_construct_octet_string(PARAM_KEYS, &self, sizeof(self)),
    OSSL_PARAM_construct_uint64(PARAM_HANDLE, &handle),
    OSSL_PARAM_construct_end(),
  };
  OSSL_PARAM *params = OSSL_PARAM_merge(public_params, own);
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(keys->libctx, type, NULL);
  EVP_PKEY *key = NULL;

  if (params == NULL || ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1) {
    EVP_PKEY_free(key);
    key = NULL;
  }

  EVP_PKEY_CTX_free(ctx);
  OSSL_PARAM_free(params);
  return key;
}

/* What each session would otherwise look up again for itself. */
static void warm_up(EVP_PKEY *key) {
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  const char *digest = EVP_PKEY_is_a(key, "RSA") ||
      EVP_PKEY_is_a(key, "RSA-PSS") || EVP_PKEY_is_a(key, "EC") ?
    "SHA2-256" :
    NULL;

  if (ctx != NULL) {
    (void) EVP_DigestSignInit_ex(ctx, NULL, digest, NULL, NULL, key, NULL);
    EVP_MD_CTX_free(ctx);
  }

  ERR_clear_error();
}

EVP_PKEY *tls4217_remotekey_new(struct tls4217_remotekeys *keys,
  EVP_PKEY *public_key, uint64_t handle, struct tls4217_error *err) {
  OSSL_PARAM *params = NULL;
  EVP_PKEY *key = NULL;

  ERR_clear_error();
  for (const OSSL_ALGORITHM *type = key_types;
       key == NULL && type->algorithm_names != NULL; type++) {
    char name[32];

    (void) OPENSSL_strlcpy(name, type->algorithm_names, sizeof(name));
    name[strcspn(name, ":")] = '\0';
    if (EVP_PKEY_is_a(public_key, name) == 0) {
      continue;
    }

    if (EVP_PKEY_todata(public_key, EVP_PKEY_PUBLIC_KEY, &params) == 1) {
      key = make_key(keys, name, params, handle);
    }

    break;
  }

  OSSL_PARAM_free(params);
  if (key == NULL) {
    tls4217_error_set_openssl(
      err, "a key of this type cannot be kept in the key process");
    return NULL;
  }

  warm_up(key);
  return key;
}
