/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/certfacts.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/cert/certfacts.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DAY          (24L * 60 * 60)

static const struct row {
  const char *what;
  struct pki_spec spec;
  const char *name, *key;
  size_t names;
} rows[] = {
  { "one name", { .name = "ftp.example.org" }, "ftp.example.org", "EC P-256",
    1 },
  { "RSA", { .name = "a", .key = PKI_RSA }, "a", "RSA 2048", 1 },
  { "Ed25519", { .name = "a", .key = PKI_ED25519 }, "a", "Ed25519", 1 },
  { "several names",
    { .name = "x", .alt_names = "DNS:*.example.org,DNS:b,IP:192.0.2.1" },
    "*.example.org", "EC P-256", 3 },
  { "IPv4", { .name = "x", .alt_names = "IP:192.0.2.1" }, "192.0.2.1",
    "EC P-256", 1 },
  { "IPv6", { .name = "x", .alt_names = "IP:2001:db8::1" }, "2001:db8::1",
    "EC P-256", 1 },
  { "common name", { .name = "An old one", .is_ca = true }, "An old one",
    "EC P-256", 1 },
  { "another kind", { .name = "x", .alt_names = "email:a@example.org" }, "x",
    "EC P-256", 1 },
  { "control characters", { .name = "a\r\nb\x1b", .is_ca = true }, "a??b?",
    "EC P-256", 1 },
};

static void test_rows(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(rows); i++) {
    struct pki_cert *cert = pki_make(&rows[i].spec);
    struct tls4217_certfacts facts;

    print_message("  %s\n", rows[i].what);
    tls4217_certfacts_get(cert->cert, &facts);
    assert_string_equal(facts.name, rows[i].name);
    assert_string_equal(facts.key, rows[i].key);
    assert_int_equal(facts.names, rows[i].names);
    assert_int_equal(ERR_peek_error(), 0);
    pki_free(cert);
  }
}

static void test_times_and_id(void **state) {
  const struct pki_spec spec = { .name = "a", .from_days = -3, .to_days = 17 };
  struct pki_cert *cert = pki_make(&spec), *other = pki_make(&spec);
  struct tls4217_certfacts facts, same, others;

  (void) state;
  tls4217_certfacts_get(cert->cert, &facts);
  tls4217_certfacts_get(cert->cert, &same);
  tls4217_certfacts_get(other->cert, &others);
  assert_true(labs(facts.start - (long) time(NULL) + 3 * DAY) < 60);
  assert_true(labs(facts.end - (long) time(NULL) - 17 * DAY) < 60);
  assert_int_not_equal(facts.id, 0);
  assert_int_equal(facts.id, same.id);
  assert_int_not_equal(facts.id, others.id);
  pki_free(cert);
  pki_free(other);
}

/* A key of a curve, in a certificate that only has to name it. */
static void describe(const char *curve, const char *want) {
  EVP_PKEY *key = EVP_EC_gen(curve);
  X509 *cert = X509_new();
  struct tls4217_certfacts facts;

  assert_non_null(key);
  assert_int_equal(X509_set_pubkey(cert, key), 1);
  tls4217_certfacts_get(cert, &facts);
  assert_string_equal(facts.key, want);
  X509_free(cert);
  EVP_PKEY_free(key);
}

static void test_curves(void **state) {
  (void) state;
  describe("P-256", "EC P-256");
  describe("P-384", "EC P-384");
  describe("P-521", "EC P-521");
  describe("secp256k1", "EC secp256k1");
}

/* Nothing in it at all. */
static void test_empty(void **state) {
  X509 *cert = X509_new();
  struct tls4217_certfacts facts;

  (void) state;
  tls4217_certfacts_get(cert, &facts);
  assert_string_equal(facts.name, "?");
  assert_string_equal(facts.key, "?");
  assert_int_equal(facts.names, 1);
  assert_int_equal(facts.end, INT64_MIN);
  X509_free(cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows),
    cmocka_unit_test(test_times_and_id),
    cmocka_unit_test(test_curves),
    cmocka_unit_test(test_empty),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
