/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/certmap.c
 *
 * The words of TLSClientCertificateMap, good and bad, and that every
 * condition of a rule must hold.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/certmap.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_WORDS    12
#define DIGEST \
 "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"

struct parse_case {
  const char *words[MAX_WORDS];
  const char *want_error; /* part of the message; NULL: a good rule */
};

static const struct parse_case parse_cases[] = {
  { { "subject", "CN=a", "user", "alice" }, NULL },
  { { "user", "alice", "subject", "CN=a" }, NULL },
  { { "SUBJECT", "CN=a", "Issuer", "CN=b", "USER", "alice" }, NULL },
  { { "issuer", "CN=b", "user", "alice" }, NULL },
  { { "san", "DNS:a", "user", "alice" }, NULL },
  { { "san", "email:a@b", "user", "alice" }, NULL },
  { { "san", "uri:a:b", "user", "alice" }, NULL },
  { { "san", "ip:192.0.2.1", "user", "alice" }, NULL },
  { { "san", "ip:2001:db8::1", "user", "alice" }, NULL },
  { { "sha256", DIGEST, "user", "alice" }, NULL },
  { { "subject", "CN=a\\, b = c,O=x y,emailAddress=a@b", "user", "alice" },
    NULL },
  { { "subject", "1.2.3.4=#0c01,CN=/a+O=b", "user", "alice" }, NULL },

  { { "subject", "C = XX, CN = Alice", "user", "alice" },
    "can never match: write what 'openssl x509 -noout -subject -nameopt" },
  { { "subject", "/C=XX/CN=Alice", "user", "alice" }, "can never match" },
  { { "issuer", "CN=a, O=b", "user", "alice" }, "-noout -issuer -nameopt" },
  { { "subject", "CN= a", "user", "alice" }, "can never match" },
  { { "subject", "cn=a", "user", "alice" }, "can never match" },
  { { "subject", "Alice", "user", "alice" }, "can never match" },
  { { "subject", "CN=a,", "user", "alice" }, "can never match" },

  { { "subject", "CN=a" }, "'user NAME' is missing" },
  { { "user", "alice" }, "a condition is missing" },
  { { "subject", "CN=a", "user" }, "'user' is not followed by a value" },
  { { "subject" }, "'subject' is not followed by a value" },
  { { "subject", "", "user", "alice" }, "empty value" },
  { { "san", "dns:", "user", "alice" }, "empty value" },
  { { "subject", "CN=a", "user", "" }, "empty value" },
  { { "subject", "CN=a", "user", "a/b" }, "not a valid user name" },
  { { "subject", "CN=a", "subject", "CN=b", "user", "alice" },
    "'subject' is given twice" },
  { { "user", "alice", "user", "bob", "subject", "CN=a" },
    "'user' is given twice" },
  { { "san", "dns:a", "san", "ip:192.0.2.1", "user", "x" },
    "'san' is given twice" },
  { { "sha256", DIGEST, "sha256", DIGEST, "user", "x" },
    "'sha256' is given twice" },
  { { "san", "a@b", "user", "alice" }, "not begin with dns:" },
  { { "san", "ip:192.0.2", "user", "alice" }, "not an IPv4" },
  { { "cn", "a", "user", "alice" }, "'cn' is not one of" },
  { { "sha256", "", "user", "alice" }, "not a SHA-256" },
  { { "sha256", "0011", "user", "alice" }, "not a SHA-256" },
  { { "sha256", DIGEST "00", "user", "alice" }, "not a SHA-256" },
  { { "sha256", DIGEST ":", "user", "alice" }, "not a SHA-256" },
  { { "sha256", ":" DIGEST, "user", "alice" }, "not a SHA-256" },
  { { "sha256", "0:0" DIGEST, "user", "alice" }, "not a SHA-256" },
};

static size_t count_words(const char *const *words) {
  size_t count = 0;

  while (count < MAX_WORDS && words[count] != NULL) {
    count++;
  }

  return count;
}

static void test_parse(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(parse_cases); i++) {
    const struct parse_case *it = &parse_cases[i];
    struct tls4217_certmap_rule rule;
    struct tls4217_error err;
    int res;

    tls4217_error_clear(&err);
    res = tls4217_certmap_parse(&rule, it->words, count_words(it->words), &err);

    if (it->want_error == NULL) {
      assert_int_equal(res, 0);
      assert_string_equal(rule.user, "alice");

    } else {
      assert_int_equal(res, -1);
      if (strstr(err.text, it->want_error) == NULL) {
        fail_msg("case %zu: '%s' lacks '%s'", i, err.text, it->want_error);
      }
    }
  }
}

/* Colons and case of a fingerprint do not matter; every octet does. */
static void test_digest(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  struct tls4217_identity *identity = tls4217_identity_new(cert->cert, NULL);
  char plain[65], upper[96];
  const char *words[] = { "sha256", identity->fingerprint, "user", "x" };
  struct tls4217_certmap_rule rule;

  (void) unused;

  (void) snprintf(upper, sizeof(upper), "%s", identity->fingerprint);
  assert_int_equal(tls4217_certmap_parse(&rule, words, 4, NULL), 0);
  assert_true(tls4217_certmap_matches(&rule, identity));

  for (size_t i = 0; i < 32; i++) {
    (void) snprintf(plain + 2 * i, 3, "%02x", identity->digest[i]);
  }

  words[1] = plain;
  assert_int_equal(tls4217_certmap_parse(&rule, words, 4, NULL), 0);
  assert_true(tls4217_certmap_matches(&rule, identity));

  for (size_t i = 0; i < 32; i++) {
    rule.digest[i] ^= 1;
    assert_false(tls4217_certmap_matches(&rule, identity));
    rule.digest[i] ^= 1;
  }

  tls4217_identity_free(identity);
  pki_free(cert);
}

/* Which of the four conditions are wrong in a rule, as bits. */
enum wrong {
  WRONG_SUBJECT = 1,
  WRONG_ISSUER = 2,
  WRONG_NAME = 4,
  WRONG_DIGEST = 8,
  ALL_WRONG = 15
};

static void test_all_conditions_must_hold(void **unused) {
  struct pki_cert *ca = pki_ca("ca", NULL);
  const struct pki_spec spec = { .name = "alice",
    .is_client = true,
    .issuer = ca,
    .alt_names = "email:a@b,DNS:c" };
  struct pki_cert *cert = pki_make(&spec);
  struct tls4217_identity *identity = tls4217_identity_new(cert->cert, NULL);

  (void) unused;

  for (int wrong = 0; wrong <= ALL_WRONG; wrong++) {
    const char *words[] = { "subject",
      (wrong & WRONG_SUBJECT) ? "CN=Alice" : "CN=alice", "issuer",
      (wrong & WRONG_ISSUER) ? "CN=alice" : "CN=ca", "san",
      (wrong & WRONG_NAME) ? "dns:a@b" : "email:a@b", "sha256",
      (wrong & WRONG_DIGEST) ? DIGEST : identity->fingerprint, "user", "x" };
    struct tls4217_certmap_rule rule;

    assert_int_equal(
      tls4217_certmap_parse(&rule, words, COUNT(words), NULL), 0);
    assert_int_equal(tls4217_certmap_matches(&rule, identity), wrong == 0);
  }

  tls4217_identity_free(identity);
  pki_free(cert);
  pki_free(ca);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parse),
    cmocka_unit_test(test_digest),
    cmocka_unit_test(test_all_conditions_must_hold),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
