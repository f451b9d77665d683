/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/filewatch.c
 *
 * Looks are given as letters, one a second look at files that are, one after
 * the other, what the letters say: another letter is another digest, and a
 * capital one is fresh.
 */

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/filewatch.h"

static struct tls4217_filelook look_of(char letter) {
  const struct tls4217_filelook look = {
    .digest = (uint64_t) tolower((unsigned char) letter),
    .is_fresh = isupper((unsigned char) letter) != 0,
  };

  return look;
}

struct row {
  const char *name;
  char read;         /* what they were when they were read */
  const char *looks; /* and at each look since */
  bool has_failed;   /* they could not be used */
  const char *want;  /* "y" where that look calls for reading */
};

static const struct row rows[] = {
  { "unchanged", 'a', "aaa", false, "nnn" },
  { "changed, and the same at two looks", 'a', "abb", false, "nny" },
  { "changed at each look", 'a', "bcd", false, "nnn" },
  { "still being written", 'a', "BBb", false, "nny" },
  { "written for long", 'a', "BBBBBb", false, "nnnnny" },
  { "changed and changed back", 'a', "ba", false, "nn" },
  { "changed back for good", 'a', "baa", false, "nnn" },
  { "fresh when they were read", 'A', "a", false, "y" },
  { "fresh when they were read, and still", 'A', "AAa", false, "nny" },
  { "fresh when they were read, changed since", 'A', "bb", false, "ny" },
  { "of no use, unchanged", 'a', "a", true, "y" },
  { "of no use, being mended", 'a', "Bbb", true, "nyy" },
};

#define NROWS (sizeof(rows) / sizeof(rows[0]))

static void check_row(const struct row *row) {
  struct tls4217_filelook look = look_of(row->read);
  struct tls4217_filewatch watch = { .read = { 0 } };

  tls4217_filewatch_begin(&watch, &look);
  assert_false(tls4217_filewatch_has_changed(&watch));
  for (size_t i = 0; row->looks[i] != '\0'; i++) {
    bool got;

    look = look_of(row->looks[i]);
    got = tls4217_filewatch_calls_for_reading(&watch, &look, row->has_failed);
    if (got != (row->want[i] == 'y')) {
      fail_msg("%s: look %zu: %d", row->name, i, got);
    }

    assert_int_equal(tls4217_filewatch_has_changed(&watch),
      tolower((unsigned char) row->looks[i]) !=
        tolower((unsigned char) row->read));
  }
}

static void test_rows(void **state) {
  (void) state;
  for (size_t i = 0; i < NROWS; i++) {
    check_row(&rows[i]);
  }
}

/* What was read is the new state, whether or not it could be used. */
static void test_read_again(void **state) {
  struct tls4217_filelook look = look_of('a');
  struct tls4217_filewatch watch = { .read = { 0 } };

  (void) state;
  tls4217_filewatch_begin(&watch, &look);
  look = look_of('b');
  assert_false(tls4217_filewatch_calls_for_reading(&watch, &look, false));
  assert_true(tls4217_filewatch_calls_for_reading(&watch, &look, false));
  tls4217_filewatch_begin(&watch, &look);
  assert_false(tls4217_filewatch_calls_for_reading(&watch, &look, false));
  assert_true(tls4217_filewatch_calls_for_reading(&watch, &look, true));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rows),
    cmocka_unit_test(test_read_again),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
