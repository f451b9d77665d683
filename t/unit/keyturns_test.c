/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyturns.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyturns.h"

static void test_share(void **state) {
  struct tls4217_keyturns turns = { .share = 2 };

  (void) state;
  assert_true(tls4217_keyturns_has_room(&turns, 1));
  tls4217_keyturns_enter(&turns, 1);
  assert_true(tls4217_keyturns_has_room(&turns, 1));
  tls4217_keyturns_enter(&turns, 1);
  assert_false(tls4217_keyturns_has_room(&turns, 1));
  assert_true(tls4217_keyturns_has_room(&turns, 2));

  tls4217_keyturns_leave(&turns, 1);
  assert_true(tls4217_keyturns_has_room(&turns, 1));
  assert_null(tls4217_keyturns_next(&turns, 1));
  tls4217_keyturns_leave(&turns, 1);
  assert_null(turns.first);

  /* One that could not be counted. */
  tls4217_keyturns_leave(&turns, 1);
  assert_null(turns.first);
}

static void test_row(void **state) {
  struct tls4217_keyturns turns = { .share = 1 };
  struct tls4217_keyturn first, second, other;

  (void) state;
  tls4217_keyturns_enter(&turns, 1);
  tls4217_keyturns_enter(&turns, 2);
  tls4217_keyturns_wait(&turns, 1, &first);
  tls4217_keyturns_wait(&turns, 2, &other);
  tls4217_keyturns_wait(&turns, 1, &second);
  assert_null(tls4217_keyturns_next(&turns, 1));

  tls4217_keyturns_leave(&turns, 1);
  assert_ptr_equal(tls4217_keyturns_next(&turns, 1), &first);

  /* It does not come: the next one is called for it. */
  assert_ptr_equal(tls4217_keyturns_next(&turns, 1), &second);
  assert_null(tls4217_keyturns_next(&turns, 1));
  tls4217_keyturns_enter(&turns, 1);

  /* Called, and somebody else was faster: it waits again. */
  tls4217_keyturns_wait(&turns, 1, &first);
  tls4217_keyturns_leave(&turns, 1);
  assert_ptr_equal(tls4217_keyturns_next(&turns, 1), &first);
  tls4217_keyturns_enter(&turns, 1);
  tls4217_keyturns_leave(&turns, 1);

  tls4217_keyturns_leave(&turns, 2);
  assert_ptr_equal(tls4217_keyturns_next(&turns, 2), &other);
  assert_null(turns.first);
}

/* Who leaves twice takes nobody's place away for good. */
static void test_too_many_leave(void **state) {
  struct tls4217_keyturns turns = { .share = 1 };
  struct tls4217_keyturn turn;

  (void) state;
  tls4217_keyturns_enter(&turns, 1);
  tls4217_keyturns_wait(&turns, 1, &turn);
  tls4217_keyturns_leave(&turns, 1);
  tls4217_keyturns_leave(&turns, 1);
  assert_true(tls4217_keyturns_has_room(&turns, 1));
  assert_ptr_equal(tls4217_keyturns_next(&turns, 1), &turn);
  assert_null(turns.first);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_share),
    cmocka_unit_test(test_row),
    cmocka_unit_test(test_too_many_leave),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
