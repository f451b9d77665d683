/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/remotesign.c and signer.c: what a key that is
 * elsewhere signs, and what it does not
 *
 * libssl asks for each algorithm in turn whether the key can do it; one that is
 * accepted here and refused by the key process would cost the handshake.
 */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "mod_tls4217/tls/keys/remotekey.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "t/unit/keyworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
  struct pki_cert *certs[3];
  EVP_PKEY *remote[3];
  struct tls4217_remotekeys *keys;
  unsigned int asked;
};

enum {
  EC,
  RSA_KEY,
  ED25519
};

static int ask(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  struct world *world = user;

  world->asked++;
  return tls4217_signer_sign(
    world->certs[job->handle]->key, job, signature, size, err);
}

static int make(void **state) {
  static const enum pki_key types[] = { PKI_EC, PKI_RSA, PKI_ED25519 };
  struct world *world = test_calloc(1, sizeof(*world));
  struct tls4217_error err = { .text = "" };

  world->keys = tls4217_remotekey_load_provider(ask, world, &err);
  for (size_t i = 0; i < COUNT(types); i++) {
    world->certs[i] = pki_leaf("ftp.example.org", types[i], NULL);
    world->remote[i] = tls4217_remotekey_new(
      world->keys, X509_get0_pubkey(world->certs[i]->cert), i, &err);
    assert_non_null(world->remote[i]);
  }
  assert_string_equal(err.text, "");
  *state = world;
  return 0;
}

static int end(void **state) {
  struct world *world = *state;

  for (size_t i = 0; i < COUNT(world->certs); i++) {
    EVP_PKEY_free(world->remote[i]);
    pki_free(world->certs[i]);
  }
  tls4217_remotekey_unload_provider(world->keys);
  test_free(world);
  return 0;
}

static const struct way {
  const char *name;
  int key;
  const char *digest;
  int padding;        /* 0: none is set */
  const char *salt;   /* length, as a text; NULL: none is set */
  bool begins, signs; /* what is wanted */
} ways[] = {
  { "EC with SHA-256", EC, "SHA2-256", 0, NULL, true, true },
  { "EC, the older name", EC, "SHA256", 0, NULL, true, true },
  { "EC, its default digest", EC, NULL, 0, NULL, true, true },
  { "EC with a digest of no signature", EC, "BLAKE2B-512", 0, NULL, false,
    false },
  { "EC with a padding", EC, "SHA2-256", RSA_PKCS1_PADDING, NULL, false,
    false },
  { "RSA, PKCS #1", RSA_KEY, "SHA2-384", RSA_PKCS1_PADDING, NULL, true, true },
  { "RSA, no padding set", RSA_KEY, "SHA2-512", 0, NULL, true, true },
  { "RSA, PSS", RSA_KEY, "SHA2-256", RSA_PKCS1_PSS_PADDING,
    OSSL_PKEY_RSA_PSS_SALT_LEN_DIGEST, true, true },
  { "RSA, PSS, a salt of another length", RSA_KEY, "SHA2-256",
    RSA_PKCS1_PSS_PADDING, OSSL_PKEY_RSA_PSS_SALT_LEN_MAX, false, false },
  { "RSA, raw", RSA_KEY, "SHA2-256", RSA_NO_PADDING, NULL, false, false },
  { "RSA, its default digest", RSA_KEY, NULL, RSA_PKCS1_PADDING, NULL, true,
    true },
  { "Ed25519", ED25519, NULL, 0, NULL, true, true },
  { "Ed25519 with a digest", ED25519, "SHA2-256", 0, NULL, false, false },
};

static bool begin(const struct way *way, EVP_MD_CTX *ctx, EVP_PKEY *key) {
  int padding = way->padding;
  OSSL_PARAM params[3], *next = params;

  if (padding != 0) {
    *next++ = OSSL_PARAM_construct_int(OSSL_SIGNATURE_PARAM_PAD_MODE, &padding);
  }
  if (way->salt != NULL) {
    *next++ = OSSL_PARAM_construct_utf8_string(
      OSSL_SIGNATURE_PARAM_PSS_SALTLEN, (char *) (uintptr_t) way->salt, 0);
  }
  *next = OSSL_PARAM_construct_end();

  return EVP_DigestSignInit_ex(
           ctx, NULL, way->digest, NULL, NULL, key, params) == 1;
}

static void test_ways(void **state) {
  struct world *world = *state;
  unsigned char message[130];

  (void) keyworld_job(0, message);
  for (size_t i = 0; i < COUNT(ways); i++) {
    const struct way *way = &ways[i];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
    size_t size = 0;

    print_message("  %s\n", way->name);
    world->asked = 0;
    assert_int_equal(begin(way, ctx, world->remote[way->key]), way->begins);
    assert_int_equal(world->asked, 0);
    if (way->begins) {
      /* How much room it takes is known without asking. */
      assert_int_equal(
        EVP_DigestSign(ctx, NULL, &size, message, sizeof(message)), 1);
      assert_true(size > 0 && size <= sizeof(signature));
      assert_int_equal(world->asked, 0);
      assert_int_equal(
        EVP_DigestSign(ctx, signature, &size, message, sizeof(message)) == 1,
        way->signs);
      assert_int_equal(world->asked, 1);
    }
    EVP_MD_CTX_free(ctx);
    ERR_clear_error();
  }
}

/* What is not a message of TLS's is refused by the key process; too little room
 * for a signature, before that. */
static void test_refused_messages(void **state) {
  struct world *world = *state;
  unsigned char message[130], signature[TLS4217_SIGN_MAX_SIGNATURE];
  EVP_MD_CTX *ctx = EVP_MD_CTX_new();
  size_t size = sizeof(signature);

  assert_true(begin(&ways[0], ctx, world->remote[EC]));
  memset(message, 'x', sizeof(message));
  assert_int_not_equal(
    EVP_DigestSign(ctx, signature, &size, message, sizeof(message)), 1);
  EVP_MD_CTX_free(ctx);

  ctx = EVP_MD_CTX_new();
  (void) keyworld_job(0, message);
  assert_true(begin(&ways[0], ctx, world->remote[EC]));
  world->asked = 0;
  size = 8;
  assert_int_not_equal(
    EVP_DigestSign(ctx, signature, &size, message, sizeof(message)), 1);
  EVP_MD_CTX_free(ctx);
  ERR_clear_error();
}

/* A key as others see it: its public half, its size, and nothing private. */
static void test_key(void **state) {
  struct world *world = *state;

  for (size_t i = 0; i < COUNT(world->remote); i++) {
    EVP_PKEY *key = world->remote[i];
    EVP_PKEY *public_key = X509_get0_pubkey(world->certs[i]->cert);
    BIGNUM *number = NULL;
    OSSL_PARAM *params = NULL;

    assert_int_equal(EVP_PKEY_get_bits(key), EVP_PKEY_get_bits(public_key));
    assert_int_equal(EVP_PKEY_get_size(key), EVP_PKEY_get_size(public_key));
    assert_int_equal(
      EVP_PKEY_get_security_bits(key), EVP_PKEY_get_security_bits(public_key));
    assert_int_equal(EVP_PKEY_eq(key, public_key), 1);
    assert_int_equal(
      EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 0);
    assert_int_not_equal(EVP_PKEY_todata(key, EVP_PKEY_KEYPAIR, &params) == 1 &&
        OSSL_PARAM_locate(params, OSSL_PKEY_PARAM_PRIV_KEY) != NULL,
      1);
    OSSL_PARAM_free(params);
  }

  assert_int_not_equal(
    EVP_PKEY_eq(world->remote[EC], world->remote[RSA_KEY]), 1);
  ERR_clear_error();
}

/* Digest and padding of a request are checked against the key. */
static void test_signer_checks_the_kind(void **state) {
  static const struct {
    int key;
    enum tls4217_sign_digest digest;
    enum tls4217_sign_padding padding;
    bool good;
  } kinds[] = {
    { EC, TLS4217_SIGN_SHA256, TLS4217_SIGN_NO_PADDING, true },
    { EC, TLS4217_SIGN_NO_DIGEST, TLS4217_SIGN_NO_PADDING, false },
    { EC, TLS4217_SIGN_SHA256, TLS4217_SIGN_PSS, false },
    { RSA_KEY, TLS4217_SIGN_SHA256, TLS4217_SIGN_PSS, true },
    { RSA_KEY, TLS4217_SIGN_SHA256, TLS4217_SIGN_PKCS1, true },
    { RSA_KEY, TLS4217_SIGN_SHA256, TLS4217_SIGN_NO_PADDING, false },
    { RSA_KEY, TLS4217_SIGN_NO_DIGEST, TLS4217_SIGN_PKCS1, false },
    { RSA_KEY, TLS4217_SIGN_SHA256, 99, false },
    { ED25519, TLS4217_SIGN_NO_DIGEST, TLS4217_SIGN_NO_PADDING, true },
    { ED25519, TLS4217_SIGN_SHA256, TLS4217_SIGN_NO_PADDING, false },
  };
  struct world *world = *state;
  unsigned char message[130], signature[TLS4217_SIGN_MAX_SIGNATURE];

  for (size_t i = 0; i < COUNT(kinds); i++) {
    struct tls4217_signjob job = keyworld_job(0, message);
    struct tls4217_error err = { .text = "" };
    size_t size = sizeof(signature);

    job.digest = kinds[i].digest;
    job.padding = kinds[i].padding;
    if ((tls4217_signer_sign(world->certs[kinds[i].key]->key, &job, signature,
           &size, &err) == 0) != kinds[i].good) {
      fail_msg("row %zu: \"%s\"", i, err.text);
    }
    assert_int_equal(tls4217_error_is_set(&err), kinds[i].good == false);
  }

  assert_null(tls4217_signer_digest_name(TLS4217_SIGN_NO_DIGEST));
  assert_null(tls4217_signer_digest_name(TLS4217_SIGN_NDIGESTS));
}

static void test_signer_keeps_books(void **state) {
  const uint64_t scope = 1, other = 2;
  struct world *world = *state;
  struct tls4217_signer *signer = tls4217_signer_new();
  struct tls4217_error err = { .text = "" };
  uint64_t handle, seventh = 0, last = 0;

  for (uint64_t i = 1; i <= 40; i++) {
    assert_int_equal(EVP_PKEY_up_ref(world->certs[EC]->key), 1);
    handle = tls4217_signer_add(signer, world->certs[EC]->key, scope, 0, &err);
    assert_true(i == 1 ? handle > 0 : handle == last + 1);
    last = handle;
    seventh = i == 7 ? handle : seventh;
  }
  assert_int_equal(tls4217_signer_count(signer), 40);
  handle = tls4217_signer_add(
    signer, world->certs[EC]->key, scope, seventh, &err);
  assert_int_equal(handle, 0);
  assert_non_null(strstr(err.text, "exists"));

  tls4217_error_clear(&err);
  assert_null(tls4217_signer_get1(signer, seventh, &other, 1, &err));
  assert_non_null(strstr(err.text, "no such key"));
  assert_int_equal(tls4217_signer_drop(signer, seventh), 0);
  assert_int_equal(tls4217_signer_drop(signer, seventh), -1);
  tls4217_error_clear(&err);
  assert_null(tls4217_signer_get1(signer, seventh, &scope, 1, &err));
  assert_int_equal(tls4217_signer_count(signer), 39);
  tls4217_signer_free(signer);
  tls4217_signer_free(NULL);

  /* What comes in the place of a process that has ended repeats none. */
  (void) poll(NULL, 0, 2);
  signer = tls4217_signer_new();
  assert_int_equal(EVP_PKEY_up_ref(world->certs[EC]->key), 1);
  handle = tls4217_signer_add(signer, world->certs[EC]->key, scope, 0, &err);
  assert_true(handle > last);
  tls4217_signer_free(signer);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_ways),
    CASE(test_refused_messages),
    CASE(test_key),
    CASE(test_signer_checks_the_kind),
    CASE(test_signer_keeps_books),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
