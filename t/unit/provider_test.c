/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/provider.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/provider.h"

static const char *describe(void) {
  static char text[256];

  ERR_clear_error();
  tls4217_provider_describe(text, sizeof(text));
  assert_int_equal(ERR_peek_error(), 0);
  assert_non_null(strstr(text, OpenSSL_version(OPENSSL_VERSION)));
  return text;
}

static void test_usual(void **state) {
  (void) state;
  assert_non_null(strstr(describe(), ": provider 'default' ("));
  assert_null(strstr(describe(), "unknown version"));
  assert_null(strstr(describe(), "FIPS"));
}

/* As a mistake in openssl.cnf leaves it. */
static void test_none(void **state) {
  (void) state;
  assert_int_equal(
    EVP_set_default_properties(NULL, "provider=there-is-none"), 1);
  assert_non_null(strstr(describe(), "no provider has AES-128-GCM"));
  assert_non_null(strstr(describe(), "openssl.cnf"));
  assert_int_equal(EVP_set_default_properties(NULL, ""), 1);
  assert_non_null(strstr(describe(), "'default'"));
}

/* Cut, and ended, where there is no room. */
static void test_room(void **state) {
  char text[9] = "xxxxxxxx";

  (void) state;
  tls4217_provider_describe(text, sizeof(text));
  assert_int_equal(strlen(text), sizeof(text) - 1);
  assert_memory_equal(text, OpenSSL_version(OPENSSL_VERSION), 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_usual),
    cmocka_unit_test(test_none),
    cmocka_unit_test(test_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
