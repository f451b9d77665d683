/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/logevents.c
 *
 * What matters is the order, and that nobody listens afterwards: with a
 * listener the core would format each line that it does not write.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/logevents.h"
#include "t/unit/fakes/fakes.h"

static void test_what_is_asked_for_most_comes_last(void **state) {
  (void) state;

  tls4217_logevents_bring_forward();
  assert_string_equal(fakes.listeners,
    "+" PR_LOG_NAME_SYSTEMLOG "\n"
    "-" PR_LOG_NAME_SYSTEMLOG "\n"
    "+" PR_LOG_NAME_SYSLOG "\n"
    "-" PR_LOG_NAME_SYSLOG "\n"
    "+" PR_LOG_NAME_TRACELOG "\n"
    "-" PR_LOG_NAME_TRACELOG "\n");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(
      test_what_is_asked_for_most_comes_last, fakes_begin, fakes_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
