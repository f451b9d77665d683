/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/remotekey.c and tls/keys/signer.c
 *
 * Handshakes whose server holds no private key: a signer in the same process
 * plays the one that does.  What goes wrong there is told in its own words,
 * and nothing private can be had from such a key.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/keys/remotekey.h"
#include "mod_tls4217/tls/keys/signer.h"
#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LATE         60000

/* Who is asked, and how it behaves. */
struct world {
  uint64_t first; /* handle that was given */
  struct tls4217_signer *signer;
  struct tls4217_remotekeys *keys;
  unsigned int asked;
  unsigned int failed; /* that was said */
  bool fails, lies;
};

static int ask(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  const uint64_t scope = 1;
  struct world *world = user;
  EVP_PKEY *key;
  int res;

  world->asked++;
  if (world->fails) {
    tls4217_error_set(err, ETIMEDOUT, "the key process has not answered");
    return -1;
  }

  key = tls4217_signer_get1(world->signer, job->handle, &scope, 1, err);
  res = key != NULL ? tls4217_signer_sign(key, job, signature, size, err) : -1;
  EVP_PKEY_free(key);
  if (res == 0 && world->lies) {
    signature[*size / 2] ^= 1;
  }
  return res;
}

static void fail_cb(
  void *user, uint64_t handle, const struct tls4217_error *err) {
  struct world *world = user;

  assert_int_not_equal(handle, 0);
  assert_int_equal(handle, world->first);
  assert_true(tls4217_error_is_set(err));
  world->failed++;
}

static int make_world(void **state) {
  struct world *world = test_calloc(1, sizeof(*world));
  struct tls4217_error err = { .text = "" };

  world->signer = tls4217_signer_new();
  world->keys = tls4217_remotekey_load_provider(ask, world, &err);
  assert_non_null(world->signer);
  assert_non_null(world->keys);
  tls4217_remotekey_report(world->keys, fail_cb);
  *state = world;
  return 0;
}

static int end_world(void **state) {
  struct world *world = *state;

  tls4217_remotekey_unload_provider(world->keys);
  tls4217_signer_free(world->signer);
  test_free(world);
  return 0;
}

/* Gives the private half of a pair away, and keeps the rest. */
static struct tls4217_keypair give_away(
  struct world *world, const struct pki_cert *cert) {
  struct tls4217_keypair pair = endpoint_pair(cert, NULL);
  struct tls4217_error err = { .text = "" };
  uint64_t handle;

  assert_int_equal(EVP_PKEY_up_ref(cert->key), 1);
  handle = tls4217_signer_add(world->signer, cert->key, 1, 0, &err);
  assert_int_not_equal(handle, 0);
  world->first = world->first != 0 ? world->first : handle;
  pair.key = tls4217_remotekey_new(
    world->keys, X509_get0_pubkey(cert->cert), handle, &err);
  assert_string_equal(err.text, "");
  assert_non_null(pair.key);
  return pair;
}

static struct tls4217_context *make_context(struct tls4217_keypair *pair) {
  struct tls4217_keypair *pairs[] = { pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .pairs = pairs,
    .npairs = 1,
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(&settings, &err);

  assert_string_equal(err.text, "");
  return context;
}

static const struct key_row {
  const char *name;
  enum pki_key key;
} keys[] = {
  { "EC", PKI_EC },
  { "RSA", PKI_RSA },
  { "Ed25519", PKI_ED25519 },
};

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void test_handshakes(void **state) {
  struct world *world = *state;

  for (size_t i = 0; i < COUNT(keys); i++) {
    struct pki_cert *cert = pki_leaf("ftp.example.org", keys[i].key, NULL);
    struct tls4217_keypair pair = give_away(world, cert);
    struct tls4217_context *context = make_context(&pair);

    print_message("  %s\n", keys[i].name);
    for (size_t j = 0; j < COUNT(versions); j++) {
      struct endpoint_spec spec = { .context = context,
        .version = versions[j] };
      struct endpoint *control, *data;

      world->asked = 0;
      control = endpoint_open(&spec);
      endpoint_settle(control);
      assert_int_equal(world->asked, 1);

      /* A resumed one needs no signature. */
      spec.channel = TLS4217_CHANNEL_DATA;
      spec.binding = control->binding;
      spec.session = control->session;
      data = endpoint_open(&spec);
      assert_int_equal(tls4217_connection_reuse(data->conn), TLS4217_REUSE_OWN);
      assert_int_equal(world->asked, 1);
      endpoint_free(data);
      endpoint_free(control);
    }

    tls4217_context_free(context);
    EVP_PKEY_free(pair.key);
    pki_free(cert);
  }
}

static void test_rsa_signs_as_the_client_wants(void **state) {
  static const struct {
    const char *signatures;
    int version;
  } rows[] = {
    { "RSA+SHA256", TLS1_2_VERSION },
    { "RSA+SHA384", TLS1_2_VERSION },
    { "RSA+SHA512", TLS1_2_VERSION },
    { "RSA-PSS+SHA256", TLS1_2_VERSION },
    { "RSA-PSS+SHA512", TLS1_3_VERSION },
    { "RSA-PSS+SHA384", TLS1_3_VERSION },
  };
  struct world *world = *state;
  struct pki_cert *cert = pki_leaf("ftp.example.org", PKI_RSA, NULL);
  struct tls4217_keypair pair = give_away(world, cert);
  struct tls4217_context *context = make_context(&pair);

  for (size_t i = 0; i < COUNT(rows); i++) {
    const struct endpoint_spec spec = { .context = context,
      .version = rows[i].version,
      .signatures = rows[i].signatures };

    print_message("  %s\n", rows[i].signatures);
    endpoint_free(endpoint_open(&spec));
  }

  tls4217_context_free(context);
  EVP_PKEY_free(pair.key);
  pki_free(cert);
}

/* The handshake's error says what went wrong with the key, on our side. */
static void break_with(struct world *world, const char *want) {
  struct pki_cert *cert = pki_leaf("ftp.example.org", PKI_EC, NULL);
  struct tls4217_keypair pair = give_away(world, cert);
  struct tls4217_context *context = make_context(&pair);

  for (size_t i = 0; i < COUNT(versions); i++) {
    const struct endpoint_spec spec = { .context = context,
      .version = versions[i] };
    struct endpoint *ep = endpoint_new(&spec);
    struct tls4217_error err = { .text = "" };

    assert_int_equal(
      tls4217_connection_handshake(ep->conn, LATE, &err), TLS4217_IO_FAILED);
    if (strstr(err.text, want) == NULL) {
      fail_msg("\"%s\" lacks \"%s\"", err.text, want);
    }
    endpoint_settle(ep);
    assert_int_equal(
      ERR_GET_REASON(ep->client_error), SSL_R_TLSV1_ALERT_INTERNAL_ERROR);
    endpoint_free(ep);
  }

  tls4217_context_free(context);
  EVP_PKEY_free(pair.key);
  pki_free(cert);
}

static void test_nobody_answers(void **state) {
  struct world *world = *state;

  world->fails = true;
  break_with(world, "TLS handshake failed: the key process has not answered");
  assert_int_equal(world->failed, COUNT(versions));
}

static void test_wrong_signature_is_not_sent(void **state) {
  struct world *world = *state;

  world->lies = true;
  break_with(world, "not made with this certificate's key");
  assert_int_equal(world->failed, COUNT(versions));
}

static void test_nothing_private_is_there(void **state) {
  struct world *world = *state;

  for (size_t i = 0; i < COUNT(keys); i++) {
    struct pki_cert *cert = pki_leaf("x", keys[i].key, NULL);
    struct tls4217_keypair pair = give_away(world, cert);
    BIO *bio = BIO_new(BIO_s_mem());
    BIGNUM *number = NULL;
    size_t size = 0;

    assert_true(EVP_PKEY_eq(pair.key, X509_get0_pubkey(cert->cert)) == 1);
    assert_int_equal(X509_check_private_key(cert->cert, pair.key), 1);
    assert_true(i2d_PrivateKey(pair.key, NULL) <= 0);
    assert_int_equal(
      PEM_write_bio_PrivateKey(bio, pair.key, NULL, NULL, 0, NULL, NULL), 0);
    assert_int_equal(
      EVP_PKEY_get_bn_param(pair.key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 0);
    assert_int_equal(
      EVP_PKEY_get_bn_param(pair.key, OSSL_PKEY_PARAM_RSA_D, &number), 0);
    assert_int_equal(EVP_PKEY_get_raw_private_key(pair.key, NULL, &size), 0);
    assert_int_equal(BIO_pending(bio), 0);

    ERR_clear_error();
    BIO_free(bio);
    EVP_PKEY_free(pair.key);
    pki_free(cert);
  }
}

/* The key of another certificate is seen to be that. */
static void test_other_certificate(void **state) {
  struct world *world = *state;
  struct pki_cert *cert = pki_leaf("one", PKI_EC, NULL);
  struct pki_cert *other = pki_leaf("two", PKI_EC, NULL);
  struct tls4217_keypair pair = give_away(world, cert);

  assert_int_equal(X509_check_private_key(other->cert, pair.key), 0);
  ERR_clear_error();
  EVP_PKEY_free(pair.key);
  pki_free(other);
  pki_free(cert);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_handshakes),
    CASE(test_rsa_signs_as_the_client_wants),
    CASE(test_nobody_answers),
    CASE(test_wrong_signature_is_not_sent),
    CASE(test_nothing_private_is_there),
    CASE(test_other_certificate),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
