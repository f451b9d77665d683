/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/tokenuri.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/tokenuri.h"

struct uri_case {
  const char *uri;
  const char *want_wrong; /* words of what is wrong, or NULL */
  const char *want_shown;
  const char *want_for_provider;
  const char *want_module, *want_pin, *want_file; /* NULL: it has none */
};

static const struct uri_case cases[] = {
  { "pkcs11:token=ftp;object=key", NULL, "pkcs11:token=ftp;object=key",
    "pkcs11:token=ftp;object=key;type=private", NULL, NULL, NULL },
  { "pkcs11:id=%01;type=private?pin-value=12%334", NULL,
    "pkcs11:id=%01;type=private", "pkcs11:id=%01;type=private", NULL, "1234",
    NULL },
  { "pkcs11:object=a?module-path=/m%2Fx.so&pin-source=file:/etc/pin", NULL,
    "pkcs11:object=a", "pkcs11:object=a;type=private", "/m/x.so", NULL,
    "/etc/pin" },
  { "pkcs11:object=a?pin-source=/etc/pin&module-path=/m.so", NULL,
    "pkcs11:object=a", "pkcs11:object=a;type=private", "/m.so", NULL,
    "/etc/pin" },
  { "pkcs11:object=a?pin-source=|program", "TLSPassPhraseProvider",
    "pkcs11:object=a", "pkcs11:object=a;type=private", NULL, NULL, "|program" },
  { "pkcs11:object=a?pin-source=pin", "whole path", "pkcs11:object=a",
    "pkcs11:object=a;type=private", NULL, NULL, "pin" },
  { "pkcs11:object=a?module-path=m.so", "whole path", "pkcs11:object=a",
    "pkcs11:object=a;type=private", "m.so", NULL, NULL },
  { "pkcs11:token=ftp", "object=LABEL", "pkcs11:token=ftp",
    "pkcs11:token=ftp;type=private", NULL, NULL, NULL },
  { "pkcs11:object=a;type=cert", "not that of a private key",
    "pkcs11:object=a;type=cert", "pkcs11:object=a;type=cert;type=private", NULL,
    NULL, NULL },
  /* What only looks like an attribute. */
  { "pkcs11:myobject=a;idx=1", "object=LABEL", "pkcs11:myobject=a;idx=1",
    "pkcs11:myobject=a;idx=1;type=private", NULL, NULL, NULL },
  /* An escape that is cut, and none. */
  { "pkcs11:id=a?pin-value=1%2&x=y", NULL, "pkcs11:id=a",
    "pkcs11:id=a;type=private", NULL, "1%2", NULL },
  { "pkcs11:id=a?pin-value=%zz%", NULL, "pkcs11:id=a",
    "pkcs11:id=a;type=private", NULL, "%zz%", NULL },
};

static void check_part(
  bool has, const char *got, const char *want, const char *uri) {
  if (has != (want != NULL) || (has && strcmp(got, want) != 0)) {
    fail_msg("%s: \"%s\", not \"%s\"", uri, has ? got : "none",
      want != NULL ? want : "none");
  }
}

static void check(const struct uri_case *it) {
  const char *wrong = tls4217_tokenuri_check(it->uri);
  char buf[TLS4217_TOKENURI_MAX + 16];

  if ((wrong != NULL) != (it->want_wrong != NULL) ||
    (wrong != NULL && strstr(wrong, it->want_wrong) == NULL)) {
    fail_msg("%s: %s", it->uri, wrong != NULL ? wrong : "nothing is wrong");
  }

  assert_string_equal(
    tls4217_tokenuri_show(it->uri, buf, sizeof(buf)), it->want_shown);
  assert_string_equal(tls4217_tokenuri_for_provider(it->uri, buf, sizeof(buf)),
    it->want_for_provider);
  check_part(tls4217_tokenuri_module(it->uri, buf, sizeof(buf)), buf,
    it->want_module, it->uri);
  check_part(tls4217_tokenuri_pin(it->uri, buf, sizeof(buf)), buf, it->want_pin,
    it->uri);
  check_part(tls4217_tokenuri_pin_file(it->uri, buf, sizeof(buf)), buf,
    it->want_file, it->uri);
}

static void test_uris(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    check(&cases[i]);
  }
}

static void test_which_is_one(void **state) {
  (void) state;
  assert_true(tls4217_tokenuri_is("pkcs11:object=a"));
  assert_true(tls4217_tokenuri_is("PKCS11:object=a"));
  assert_false(tls4217_tokenuri_is("/etc/pkcs11:object=a"));
  assert_false(tls4217_tokenuri_is("pkcs11"));
  assert_false(tls4217_tokenuri_is(""));
  assert_false(tls4217_tokenuri_is(NULL));
}

static void test_sizes(void **state) {
  char uri[TLS4217_TOKENURI_MAX + 1], buf[8];

  (void) state;
  memset(uri, 'a', sizeof(uri));
  memcpy(uri, "pkcs11:object=", 14);
  uri[TLS4217_TOKENURI_MAX] = '\0';
  assert_non_null(strstr(tls4217_tokenuri_check(uri), "longer than 1023"));
  uri[TLS4217_TOKENURI_MAX - 1] = '\0';
  assert_null(tls4217_tokenuri_check(uri));
  assert_string_equal(tls4217_tokenuri_show(uri, buf, sizeof(buf)), "pkcs11:");
  assert_true(
    tls4217_tokenuri_pin("pkcs11:id=1?pin-value=1234567890", buf, sizeof(buf)));
  assert_string_equal(buf, "1234567");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_uris),
    cmocka_unit_test(test_which_is_one),
    cmocka_unit_test(test_sizes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
