/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/lifetime.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/lifetime.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOUR         3600
#define DAY          (24 * HOUR)

/* A life that begins at 1000000, and what there is when so much is left. */
static const struct stage_row {
  const char *name;
  int64_t life, left;
  enum tls4217_lifetime_stage want;
  const char *part;
  int64_t next; /* how much is left then; -1: there is no next one */
} stages[] = {
  { "90 days, new", 90 * DAY, 90 * DAY, TLS4217_LIFETIME_FRESH, "all",
    90 * DAY / 4 },
  { "90 days, half", 90 * DAY, 45 * DAY, TLS4217_LIFETIME_FRESH, "all",
    90 * DAY / 4 },
  { "90 days, not yet", 90 * DAY, 90 * DAY / 4 + 1, TLS4217_LIFETIME_FRESH,
    "all", 90 * DAY / 4 },
  { "90 days, a quarter", 90 * DAY, 90 * DAY / 4, TLS4217_LIFETIME_LATE,
    "a quarter", 9 * DAY },
  { "90 days, a tenth", 90 * DAY, 9 * DAY, TLS4217_LIFETIME_LAST, "a tenth",
    0 },
  { "90 days, one second", 90 * DAY, 1, TLS4217_LIFETIME_LAST, "a tenth", 0 },
  { "90 days, over", 90 * DAY, 0, TLS4217_LIFETIME_ENDED, "nothing", -1 },
  { "90 days, long over", 90 * DAY, -50 * DAY, TLS4217_LIFETIME_ENDED,
    "nothing", -1 },
  { "ten days, half", 10 * DAY, 5 * DAY, TLS4217_LIFETIME_FRESH, "all",
    10 * DAY / 4 },
  { "six days, more than half", 6 * DAY, 3 * DAY + 1, TLS4217_LIFETIME_FRESH,
    "all", 3 * DAY },
  { "six days, half", 6 * DAY, 3 * DAY, TLS4217_LIFETIME_LATE, "half",
    6 * DAY / 10 },
  { "six days, a tenth", 6 * DAY, 6 * DAY / 10, TLS4217_LIFETIME_LAST,
    "a tenth", 0 },
  { "not yet valid", 6 * DAY, 7 * DAY, TLS4217_LIFETIME_FRESH, "all", 3 * DAY },
  { "ends before it begins", -DAY, 1, TLS4217_LIFETIME_FRESH, "all", 0 },
};

static void test_stages(void **state) {
  const int64_t start = 1000000;

  (void) state;
  for (size_t i = 0; i < COUNT(stages); i++) {
    const struct stage_row *row = &stages[i];
    const int64_t end = start + row->life, now = end - row->left;

    print_message("  %s\n", row->name);
    assert_int_equal(tls4217_lifetime_stage(start, end, now), row->want);
    assert_string_equal(
      tls4217_lifetime_part(start, end, row->want), row->part);
    assert_int_equal(tls4217_lifetime_next(start, end, now),
      row->next < 0 ? INT64_MAX : end - row->next);
  }
}

/* A clock that has not been set yet, or that no one can have meant: a
 * certificate that has not begun is fresh. */
static void test_clocks_before_1970(void **state) {
  static const int64_t clocks[] = { -1, -DAY, -1000000 * (int64_t) DAY,
    INT64_MIN };
  const int64_t start = 1000000, end = start + 90 * DAY;

  (void) state;
  for (size_t i = 0; i < COUNT(clocks); i++) {
    assert_int_equal(
      tls4217_lifetime_stage(start, end, clocks[i]), TLS4217_LIFETIME_FRESH);
    assert_int_equal(
      tls4217_lifetime_next(start, end, clocks[i]), end - 90 * DAY / 4);
  }
}

static const struct read_row {
  const char *text;
  int64_t want; /* -1: it is none */
} reads[] = {
  { "30d", 30 * DAY },
  { "12h", 12 * HOUR },
  { "2w", 14 * DAY },
  { "90m", 90 * 60 },
  { "45s", 45 },
  { "0d", 0 },
  { "", -1 },
  { "d", -1 },
  { "30", -1 },
  { "-30d", -1 },
  { " 30d", -1 },
  { "30 d", -1 },
  { "30D", -1 },
  { "30days", -1 },
  { "1d12h", -1 },
  { "36500d", 36500 * (int64_t) DAY },
  { "36501d", -1 },
  { "99999999999999999999s", -1 },
};

static void test_read(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(reads); i++) {
    int64_t seconds = -1;

    print_message("  '%s'\n", reads[i].text);
    assert_int_equal(
      tls4217_lifetime_read(reads[i].text, &seconds), reads[i].want >= 0);
    assert_int_equal(seconds, reads[i].want);
  }
}

static const struct {
  int64_t seconds;
  const char *want;
} words[] = {
  { 0, "0 seconds" },
  { 1, "1 second" },
  { 119, "119 seconds" },
  { 120, "2 minutes" },
  { 2 * HOUR - 1, "119 minutes" },
  { 2 * HOUR, "2 hours" },
  { 2 * DAY - 1, "47 hours" },
  { 2 * DAY, "2 days" },
  { 83 * DAY + 5, "83 days" },
  { 36500 * (int64_t) DAY, "36500 days" },
};

static void test_describe(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(words); i++) {
    char text[TLS4217_LIFETIME_TEXT];

    tls4217_lifetime_describe(words[i].seconds, text);
    assert_string_equal(text, words[i].want);
  }
}

static void test_date(void **state) {
  char text[TLS4217_LIFETIME_TEXT];

  (void) state;
  tls4217_lifetime_date(1797163200, text);
  assert_string_equal(text, "2026-12-13 12:00 UTC");
  tls4217_lifetime_date(INT64_C(67767976233532799), text);
  assert_string_equal(text, "2147483647-12-31 23:59 UTC");
  tls4217_lifetime_date(INT64_MAX, text);
  assert_string_equal(text, "?");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_stages),
    cmocka_unit_test(test_clocks_before_1970),
    cmocka_unit_test(test_read),
    cmocka_unit_test(test_describe),
    cmocka_unit_test(test_date),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
