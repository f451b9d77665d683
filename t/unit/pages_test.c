/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/pages.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/pages.h"

/* How many of count equal lines are on a page. */
static int count_on(unsigned int page, const char *title, const char *line,
  int count, unsigned int *pages) {
  struct tls4217_pages all;
  int found = 0;

  tls4217_pages_begin(&all, page);
  if (title != NULL) {
    tls4217_pages_title(&all, title);
  }

  for (int i = 0; i < count; i++) {
    found += tls4217_pages_add(&all, line) ? 1 : 0;
  }

  *pages = all.current;
  return found;
}

static void test_lines(void **state) {
  unsigned int pages;

  (void) state;
  assert_int_equal(count_on(1, NULL, "x", 0, &pages), 0);
  assert_int_equal(pages, 1);
  assert_int_equal(count_on(1, NULL, "x", 1000, &pages), 1000);
  assert_int_equal(pages, 1);
  assert_int_equal(count_on(1, NULL, "x", 1001, &pages), 1000);
  assert_int_equal(count_on(2, NULL, "x", 1001, &pages), 1);
  assert_int_equal(pages, 2);
  assert_int_equal(count_on(3, NULL, "x", 1001, &pages), 0);
  assert_int_equal(count_on(2, NULL, "x", 2001, &pages), 1000);
  assert_int_equal(count_on(3, NULL, "x", 2001, &pages), 1);
}

/* 100 bytes and 3 around them: 388 of these fill a page; where half of them
 * are doubled, 261 do. */
static void test_bytes(void **state) {
  char plain[101], quoted[101], title[1001];
  unsigned int pages;

  (void) state;
  memset(plain, 'x', 100);
  plain[100] = '\0';
  memcpy(quoted, plain, sizeof(quoted));
  memset(quoted, '"', 25);
  memset(quoted + 25, '\\', 25);
  memset(title, 't', 1000);
  title[1000] = '\0';

  assert_int_equal(count_on(1, NULL, plain, 900, &pages), 388);
  assert_int_equal(count_on(3, NULL, plain, 900, &pages), 124);
  assert_int_equal(pages, 3);
  assert_int_equal(count_on(1, NULL, quoted, 900, &pages), 261);
  assert_int_equal(count_on(1, title, plain, 900, &pages), 378);
  assert_int_equal(count_on(2, title, plain, 900, &pages), 378);
}

/* 400 lines of 100 bytes fill a page to its last one, each page. */
static void test_last_byte(void **state) {
  char line[98], longer[99];
  unsigned int pages;

  (void) state;
  memset(line, 'x', sizeof(line) - 1);
  line[sizeof(line) - 1] = '\0';
  memset(longer, 'x', sizeof(longer) - 1);
  longer[sizeof(longer) - 1] = '\0';

  assert_int_equal(TLS4217_PAGES_BYTES, 400 * 100);
  for (unsigned int page = 1; page <= 3; page++) {
    assert_int_equal(count_on(page, NULL, line, 1200, &pages), 400);
    assert_int_equal(pages, 3);
  }

  assert_int_equal(count_on(1, NULL, longer, 1200, &pages), 396);
}

/* A line of its own size is on a page, however long it is. */
static void test_long_line(void **state) {
  static char line[TLS4217_PAGES_BYTES + 2];
  struct tls4217_pages all;

  (void) state;
  memset(line, 'x', sizeof(line) - 1);
  tls4217_pages_begin(&all, 1);
  assert_false(tls4217_pages_is_full(&all, line));
  assert_true(tls4217_pages_add(&all, line));
  assert_true(tls4217_pages_is_full(&all, "x"));
  assert_false(tls4217_pages_add(&all, "x"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_lines),
    cmocka_unit_test(test_bytes),
    cmocka_unit_test(test_last_byte),
    cmocka_unit_test(test_long_line),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
