/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/fnv.c, with known values
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/fnv.h"

static uint64_t hash(const char *text) {
  return tls4217_fnv_add(TLS4217_FNV_BEGIN, text, strlen(text));
}

static void test_values(void **state) {
  (void) state;
  assert_true(hash("") == UINT64_C(0xcbf29ce484222325));
  assert_true(hash("a") == UINT64_C(0xaf63dc4c8601ec8c));
  assert_true(hash("foobar") == UINT64_C(0x85944171f73967e8));
}

static void test_in_pieces(void **state) {
  (void) state;
  assert_true(
    tls4217_fnv_add(hash("foo"), "bar", strlen("bar")) == hash("foobar"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_in_pieces),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
