/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/contextmap.c and tls/cert/certnames.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>

#include <openssl/x509v3.h>

#include "mod_tls4217/tls/contextmap.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The certificates of the map, and that of who names nobody. */
static const struct pki_spec specs[] = {
  { .name = "one", .alt_names = "DNS:one.test,DNS:www.one.test" },
  { .name = "wild", .alt_names = "DNS:*.wild.test" },
  { .name = "exact", .alt_names = "DNS:exact.wild.test,IP:192.0.2.7" },
  { .name = "both-ec", .alt_names = "DNS:both.test,DNS:ec-only.test" },
  { .name = "both-rsa",
    .alt_names = "DNS:both.test,IP:2001:db8::7",
    .key = PKI_RSA },
  { .name = "old.test", .alt_names = "email:nobody@old.test" },
};
static const struct pki_spec own_spec = { .name = "own",
  .alt_names = "DNS:own.test,DNS:one.test,IP:192.0.2.1" };

static struct pki_cert *certs[COUNT(specs)], *own;
static struct tls4217_keypair pairs[COUNT(specs)], own_pair;
static struct tls4217_keypair *listed[COUNT(specs)];
static struct tls4217_keypair *const own_list[] = { &own_pair };
static STACK_OF(X509) * no_chain;
static struct tls4217_context *otherwise;

static const struct tls4217_context_settings common = {
  .parameters = { .versions = TLS4217_VERSION_DEFAULT },
  .pairs = own_list,
  .npairs = 1,
  .scope = "test",
};

static int make_all(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  no_chain = sk_X509_new_null();
  for (size_t i = 0; i < COUNT(specs); i++) {
    certs[i] = pki_make(&specs[i]);
    pairs[i] = endpoint_pair(certs[i], no_chain);
    listed[i] = &pairs[i];
  }

  own = pki_make(&own_spec);
  own_pair = endpoint_pair(own, no_chain);
  otherwise = tls4217_context_new(&common, &err);
  return otherwise != NULL ? 0 : -1;
}

static int end_all(void **state) {
  (void) state;
  tls4217_context_free(otherwise);
  for (size_t i = 0; i < COUNT(specs); i++) {
    pki_free(certs[i]);
  }

  pki_free(own);
  sk_X509_free(no_chain);
  return 0;
}

static struct tls4217_contextmap *make_map(void) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_contextmap *map = tls4217_contextmap_new(
    &common, otherwise, listed, COUNT(specs), &err);

  if (map == NULL) {
    fail_msg("%s", err.text);
  }

  return map;
}

/* Which certificate a handshake at a context shows. */
static const struct pki_cert *shown(
  const struct tls4217_context *context, const char *signatures) {
  const struct endpoint_spec spec = { .context = context,
    .signatures = signatures };
  struct endpoint *ep = endpoint_open(&spec);
  const struct pki_cert *found = NULL;
  const X509 *got = SSL_get0_peer_certificate(ep->client);

  for (size_t i = 0; i < COUNT(specs); i++) {
    found = X509_cmp(got, certs[i]->cert) == 0 ? certs[i] : found;
  }

  found = X509_cmp(got, own->cert) == 0 ? own : found;
  endpoint_free(ep);
  return found;
}

static const struct {
  const char *name, *signatures;
  int want; /* of certs; -1: own; -2: nobody */
} names[] = {
  { "one.test", NULL, 0 },
  { "WWW.one.test.", NULL, 0 },
  { "a.wild.test", NULL, 1 },
  { "exact.wild.test", NULL, 2 },
  { "both.test", "ECDSA+SHA256", 3 },
  { "both.test", "RSA-PSS+SHA256", 4 },
  { "ec-only.test", NULL, 3 },
  { "old.test", NULL, 5 },
  { "own.test", NULL, -1 },
  { "wild.test", NULL, -2 },
  { "both-ec", NULL, -2 },
  { "unknown.test", NULL, -2 },
  { "192.0.2.7", NULL, -2 },
};

static void test_names(void **state) {
  struct tls4217_contextmap *map = make_map();

  (void) state;
  for (size_t i = 0; i < COUNT(names); i++) {
    const struct tls4217_context *context = tls4217_contextmap_find(
      map, names[i].name);

    if ((context == NULL) != (names[i].want == -2)) {
      fail_msg("'%s'", names[i].name);
    }

    if (context != NULL &&
      shown(context, names[i].signatures) !=
        (names[i].want < 0 ? own : certs[names[i].want])) {
      fail_msg("'%s': another certificate", names[i].name);
    }
  }

  tls4217_contextmap_free(map);
}

static void test_addresses(void **state) {
  static const unsigned char of_exact[] = { 192, 0, 2, 7 };
  static const unsigned char of_own[] = { 192, 0, 2, 1 };
  static const unsigned char of_nobody[] = { 192, 0, 2, 8 };
  static const unsigned char of_rsa[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
  struct tls4217_contextmap *map = make_map();

  (void) state;
  assert_ptr_equal(
    shown(tls4217_contextmap_find_address(map, of_exact, 4), NULL), certs[2]);
  assert_ptr_equal(
    shown(tls4217_contextmap_find_address(map, of_rsa, 16), NULL), certs[4]);
  assert_ptr_equal(tls4217_contextmap_find_address(map, of_own, 4), otherwise);
  assert_null(tls4217_contextmap_find_address(map, of_nobody, 4));
  tls4217_contextmap_free(map);
}

/* Names of one certificate share its context. */
static void test_one_context_for_one_certificate(void **state) {
  struct tls4217_contextmap *map = make_map();

  (void) state;
  assert_ptr_equal(tls4217_contextmap_find(map, "one.test"),
    tls4217_contextmap_find(map, "www.one.test"));
  assert_ptr_not_equal(tls4217_contextmap_find(map, "both.test"),
    tls4217_contextmap_find(map, "ec-only.test"));
  tls4217_contextmap_free(map);
}

/*
 * A key of a type that OpenSSL has from a provider alone (ML-DSA, since 3.5):
 * where certificates are switched, 3.2 to 3.6 write beyond an array.  Whole
 * contexts are.
 */
static void test_key_of_a_providers_own_type(void **state) {
  EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ML-DSA-44");
  struct pki_cert cert = { .cert = X509_dup(own->cert), .key = key };
  struct tls4217_keypair pair = { .key = key, .chain = no_chain };
  struct tls4217_keypair *const list[] = { &pair };
  struct tls4217_error err = { .text = "" };
  struct tls4217_contextmap *map;

  (void) state;
  ERR_clear_error();
  if (key == NULL) {
    X509_free(cert.cert);
    skip();
  }

  assert_int_equal(X509_set_pubkey(cert.cert, key), 1);
  assert_int_not_equal(X509_sign(cert.cert, key, NULL), 0);
  pair.leaf = cert.cert;
  map = tls4217_contextmap_new(&common, otherwise, list, 1, &err);
  assert_non_null(map);

  for (int i = 0; i < 3; i++) {
    const struct endpoint_spec spec = { .context = otherwise,
      .version = TLS1_3_VERSION };
    struct endpoint *ep = endpoint_new(&spec);
    const struct tls4217_context *context = tls4217_contextmap_find(
      map, "one.test");

    assert_int_equal(
      tls4217_context_switch_connection(context, ep->conn, &err), 0);
    (void) tls4217_connection_handshake(ep->conn, LATE, &err);
    endpoint_settle(ep);
    endpoint_free(ep);
  }

  tls4217_contextmap_free(map);
  X509_free(cert.cert);
  EVP_PKEY_free(key);
}

/* An iPAddress of another length is none (RFC 5280, section 4.2.1.6): the rest
 * of its certificate counts. */
static void test_odd_addresses(void **state) {
  static const unsigned char bytes[64] = { 192, 0, 2, 9 };
  static const int sizes[] = { 0, 1, 3, 5, 15, 17, 25, 34, 64 };

  (void) state;
  for (size_t i = 0; i < COUNT(sizes); i++) {
    struct pki_cert cert = { .cert = X509_dup(certs[0]->cert) };
    struct tls4217_keypair pair = pairs[0], *const list[] = { &pair };
    GENERAL_NAMES *all = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_OCTET_STRING *address = ASN1_OCTET_STRING_new();
    struct tls4217_error err = { .text = "" };
    struct tls4217_contextmap *map;

    assert_int_equal(ASN1_OCTET_STRING_set(address, bytes, sizes[i]), 1);
    GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    assert_int_not_equal(sk_GENERAL_NAME_push(all, name), 0);
    assert_int_equal(X509_add1_ext_i2d(cert.cert, NID_subject_alt_name, all, 0,
                       X509V3_ADD_REPLACE),
      1);
    assert_int_not_equal(X509_sign(cert.cert, certs[0]->key, EVP_sha256()), 0);
    pair.leaf = cert.cert;
    map = tls4217_contextmap_new(&common, otherwise, list, 1, &err);
    assert_string_equal(err.text, "");
    assert_non_null(map);
    assert_null(tls4217_contextmap_find_address(map, bytes, 4));
    tls4217_contextmap_free(map);
    GENERAL_NAMES_free(all);
    X509_free(cert.cert);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_addresses),
    cmocka_unit_test(test_odd_addresses),
    cmocka_unit_test(test_one_context_for_one_certificate),
    cmocka_unit_test(test_key_of_a_providers_own_type),
  };

  return cmocka_run_group_tests(tests, make_all, end_all);
}
