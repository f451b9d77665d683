/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/reminders.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/reminders.h"

static struct tls4217_reminders *reminders;

static int begin(void **state) {
  (void) state;
  reminders = calloc(1, tls4217_reminders_size());
  return reminders != NULL ? 0 : -1;
}

static int end(void **state) {
  (void) state;
  free(reminders);
  return 0;
}

static void test_once(void **state) {
  (void) state;
  assert_int_equal(tls4217_reminders_note(reminders, 7, 1), 1);
  assert_int_equal(tls4217_reminders_note(reminders, 7, 1), 0);
  assert_int_equal(tls4217_reminders_note(reminders, 7, 2), 1);
  assert_int_equal(tls4217_reminders_note(reminders, 7, 1), 0);
  assert_int_equal(tls4217_reminders_note(reminders, 7, 2), 0);
  assert_int_equal(tls4217_reminders_note(reminders, 8, 2), 1);
  assert_int_equal(tls4217_reminders_note(NULL, 9, 1), -1);
}

/* Ids that want the same row, also at the end of the table. */
static void test_same_row(void **state) {
  const uint64_t last = TLS4217_REMINDERS_ROWS - 1;

  (void) state;
  for (uint64_t i = 0; i < 64; i++) {
    assert_int_equal(
      tls4217_reminders_note(reminders, last + i * TLS4217_REMINDERS_ROWS, 1),
      1);
  }

  for (uint64_t i = 0; i < 64; i++) {
    assert_int_equal(
      tls4217_reminders_note(reminders, last + i * TLS4217_REMINDERS_ROWS, 1),
      0);
  }

  assert_int_equal(
    tls4217_reminders_note(reminders, last + 64 * TLS4217_REMINDERS_ROWS, 1),
    -1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_once, begin, end),
    cmocka_unit_test_setup_teardown(test_same_row, begin, end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
