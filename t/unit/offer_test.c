/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - unit tests of tls/offer.c
 */

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OLD          TLS4217_VERSION_TLS1_0
#define V12          TLS4217_VERSION_TLS1_2
#define V13          TLS4217_VERSION_TLS1_3

/* Words. */

static const struct {
  enum tls4217_offer_list kind;
  const char *list;
  const char *want; /* NULL: all are known */
} words[] = {
  { TLS4217_OFFER_CIPHERS, "HIGH:!aNULL:!MD5", NULL },
  { TLS4217_OFFER_CIPHERS, "ECDHE+AESGCM:ECDHE+CHACHA20:@STRENGTH", NULL },
  { TLS4217_OFFER_CIPHERS, "ALL:!ADH:RC4+RSA:+HIGH:+LOW:+SSLv2:+EXP", NULL },
  { TLS4217_OFFER_CIPHERS, "DEFAULT !RC4 -DES,!KRB5-DES-CBC3-SHA", NULL },
  { TLS4217_OFFER_CIPHERS, "HIGH:", NULL },
  { TLS4217_OFFER_CIPHERS, "ECDHE+AESGCM:HIHG", "'HIHG'" },
  { TLS4217_OFFER_CIPHERS, "HIGH:!aNUL", "'aNUL'" },
  { TLS4217_OFFER_CIPHERS, "ECDHE+AESCGM:HIGH", "'AESCGM'" },
  { TLS4217_OFFER_CIPHERS, "HIGH:A:B", "'A', 'B'" },
  { TLS4217_OFFER_CIPHERS, "HIGH:ECDHE-RSA-AES", "'ECDHE-RSA-AES'" },
  { TLS4217_OFFER_SUITES, "TLS_AES_128_GCM_SHA256", NULL },
  { TLS4217_OFFER_SUITES, "TLS_AES_128_GCM_SHA256:TLS_AES", "'TLS_AES'" },
  { TLS4217_OFFER_GROUPS, "X25519:P-256", NULL },
  { TLS4217_OFFER_GROUPS, "X25519:X25591", "'X25591': write groups" },
};

static void test_words(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(words); i++) {
    struct tls4217_error err;
    int res;

    tls4217_error_clear(&err);
    res = tls4217_offer_check_words(words[i].kind, words[i].list, &err);
    if (res != (words[i].want == NULL ? 0 : -1) ||
      (words[i].want != NULL && strstr(err.text, words[i].want) == NULL)) {
      fail_msg("'%s': %d, \"%s\"", words[i].list, res, err.text);
    }
  }
}

/* Static RSA. */

static const struct {
  const char *list, *want; /* NULL: none is named */
} static_rsa[] = {
  { "HIGH:!aNULL", NULL },
  { "DEFAULT:@SECLEVEL=0", NULL },
  { "ECDHE+AESGCM:!kRSA", NULL },
  { "ECDHE-RSA-AES128-GCM-SHA256", NULL },
  { "HIGH:-AES128-SHA", NULL },
  { "NO-SUCH-CIPHER", NULL },
  { "", NULL },
  { "ECDHE+AESGCM:AES128-SHA:AES256-SHA", "'AES128-SHA', 'AES256-SHA'" },
  { "HIGH,AES128-GCM-SHA256", "'AES128-GCM-SHA256'" },
  { "kRSA+AES:ECDHE", "'kRSA'" },
  { "ALL:+RSA", "'RSA'" },
};

static void test_static_rsa(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(static_rsa); i++) {
    char named_words[64];
    const bool named = tls4217_offer_names_static_rsa(
      static_rsa[i].list, named_words, sizeof(named_words));

    if (named != (static_rsa[i].want != NULL) ||
      strcmp(named_words, named ? static_rsa[i].want : "") != 0) {
      fail_msg("'%s': \"%s\"", static_rsa[i].list, named_words);
    }
  }
}

/* Versions and suites. */

static const struct {
  const char *name;
  unsigned int versions;
  const char *ciphers, *suites;
  enum pki_key key;
  bool weak;
  int want;
  const char *want_text;
} offers[] = {
  { "as it comes", V12 | V13, NULL, NULL, PKI_EC, false, 0, NULL },
  { "1.2 alone", V12, NULL, NULL, PKI_RSA, false, 0, NULL },
  { "1.3 alone", V13, "eNULL", NULL, PKI_RSA, false, 0, NULL },
  { "1.0 alone", OLD, NULL, NULL, PKI_EC, false, -1,
    "so that no client can connect: OpenSSL's security level" },
  { "1.0 alone, weak", OLD, NULL, NULL, PKI_EC, true, 0, NULL },
  { "1.0 beside 1.2", OLD | V12, NULL, NULL, PKI_EC, false, 1,
    "'TLSv1' of TLSProtocol cannot be negotiated: OpenSSL's" },
  { "nothing for 1.2", V12, "eNULL", NULL, PKI_EC, false, -1,
    "no client can connect" },
  { "nothing for 1.2 of both", V12 | V13, "eNULL", NULL, PKI_EC, false, 1,
    "'TLSv1.2' of TLSProtocol" },
  { "nothing for the key", V12, "ECDHE+aRSA", NULL, PKI_EC, false, -1,
    "no client can connect" },
  { "nothing for the key in 1.2", V12 | V13, "ECDHE+aECDSA", NULL, PKI_RSA,
    false, 1, "keys of the certificates" },
  { "an Ed25519 key", V12, "ECDHE+aECDSA", NULL, PKI_ED25519, false, 0, NULL },
  { "nothing for 1.3", V12 | V13, NULL, "", PKI_EC, false, 1,
    "'TLSv1.3' of TLSProtocol" },
  { "the list's own level", OLD | V12, "HIGH:@SECLEVEL=0", NULL, PKI_EC, false,
    0, NULL },
};

static void test_offers(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(offers); i++) {
    const struct pki_spec spec = { .name = "localhost", .key = offers[i].key };
    struct pki_cert *cert = pki_make(&spec);
    struct tls4217_keypair pair = { .leaf = cert->cert, .key = cert->key };
    struct tls4217_keypair *pairs[] = { &pair };
    const struct tls4217_context_settings settings = {
      .parameters.versions = offers[i].versions,
      .parameters.ciphers = offers[i].ciphers,
      .parameters.ciphersuites = offers[i].suites,
      .parameters.weak_security = offers[i].weak,
      .pairs = pairs,
      .npairs = 1,
      .scope = "test",
    };
    struct tls4217_context *context;
    struct tls4217_error err;
    int res;

    tls4217_error_clear(&err);
    context = tls4217_context_new(&settings, &err);
    if (context == NULL) {
      fail_msg("%s: %s", offers[i].name, err.text);
    }

    res = tls4217_offer_check(context, offers[i].versions, pairs, 1, &err);
    if (res != offers[i].want ||
      (offers[i].want_text != NULL &&
        strstr(err.text, offers[i].want_text) == NULL)) {
      fail_msg("%s: %d, \"%s\"", offers[i].name, res, err.text);
    }

    tls4217_context_free(context);
    pki_free(cert);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_words),
    cmocka_unit_test(test_static_rsa),
    cmocka_unit_test(test_offers),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
