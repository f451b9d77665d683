/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/scrub.c
 *
 * No control character is left, of ASCII or of ISO/IEC 6429, however it is
 * written; what is none stays as it is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/scrub.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct scrub_row {
  const char *name, *text, *want;
} scrubs[] = {
  { "empty", "", "" },
  { "plain", "alice", "alice" },
  { "line break", "a\r\nb", "a??b" },
  { "escape and DEL", "\x1b[2J\x7f", "?[2J?" },
  { "U+0085, U+009B",
    "a\xc2\x85"
    "b\xc2\x9b"
    "2J",
    "a?b?2J" },
  { "U+0080, U+009F", "\xc2\x80\xc2\x9f", "??" },
  { "U+00A0 is no control", "a\xc2\xa0z", "a\xc2\xa0z" },
  { "lone 0x9b",
    "a\x9b"
    "2J",
    "a?2J" },
  { "Latin-1",
    "Gr\xfc\xdf"
    "e",
    "Gr\xfc\xdf"
    "e" },
  { "UTF-8 of 2, 3 and 4 bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
  { "bytes of C1 inside a character", "\xc4\x80\xe0\xa0\x9b",
    "\xc4\x80\xe0\xa0\x9b" },
  { "overlong", "\xc0\x9b\xe0\x82\x9b", "\xc0?\xe0??" },
  { "a surrogate", "\xed\xa0\x80", "\xed\xa0?" },
  { "above U+10FFFF", "\xf4\x90\x80\x80", "\xf4???" },
  { "cut after the first byte", "a\xc2", "a\xc2" },
  { "cut after the third byte", "\xf0\x9f\x98", "\xf0??" },
};

static void test_scrub(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(scrubs); i++) {
    char *text = strdup(scrubs[i].text);
    size_t len = strlen(text);

    print_message("  %s\n", scrubs[i].name);
    assert_int_equal(tls4217_scrub_is_clean(text, len),
      strcmp(scrubs[i].text, scrubs[i].want) == 0);
    tls4217_scrub(text, '?');
    assert_string_equal(text, scrubs[i].want);
    assert_true(tls4217_scrub_is_clean(text, strlen(text)));
    free(text);
  }
}

/* The same texts, where anything but UTF-8 has to go. */
static const struct scrub_row utf8[] = {
  { "empty", "", "" },
  { "plain", "alice", "alice" },
  { "line break", "a\r\nb", "a??b" },
  { "U+0085", "a\xc2\x85z", "a?z" },
  { "UTF-8 of 2, 3 and 4 bytes", "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80",
    "\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80" },
  { "Latin-1",
    "Gr\xfc\xdf"
    "e",
    "Gr??e" },
  { "cut after the first byte", "a\xc2", "a?" },
  { "overlong", "\xc0\x9b", "??" },
  { "a surrogate", "\xed\xa0\x80", "???" },
};

static void test_to_utf8(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(utf8); i++) {
    char *text = strdup(utf8[i].text);

    print_message("  %s\n", utf8[i].name);
    tls4217_scrub_to_utf8(text, '?');
    assert_string_equal(text, utf8[i].want);
    free(text);
  }
}

static void test_nul_is_not_clean(void **state) {
  (void) state;

  assert_false(tls4217_scrub_is_clean("a\0b", 3));
  assert_true(tls4217_scrub_is_clean("", 0));
}

static const struct cut_row {
  const char *name, *text;
  size_t max;
  const char *want;
} cuts[] = {
  { "short enough", "12345678", 8, "12345678" },
  { "one too many", "123456789", 8, "12345..." },
  { "never inside a character",
    "1234\xc3\xbc"
    "789",
    8, "1234..." },
  { "behind a character",
    "123\xc3\xbc"
    "6789",
    8, "123\xc3\xbc..." },
  { "four bytes",
    "12\xf0\x9f\x98\x80"
    "789",
    8, "12..." },
  { "no UTF-8", "\xfc\xfc\xfc\xfc\xfc\xfc\xfc\xfc\xfc", 8,
    "\xfc\xfc\xfc\xfc\xfc..." },
};

static void test_cut(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(cuts); i++) {
    char *text = strdup(cuts[i].text);

    print_message("  %s\n", cuts[i].name);
    tls4217_scrub_cut(text, cuts[i].max);
    assert_string_equal(text, cuts[i].want);
    assert_true(strlen(text) <= cuts[i].max);
    free(text);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_scrub),
    cmocka_unit_test(test_to_utf8),
    cmocka_unit_test(test_nul_is_not_clean),
    cmocka_unit_test(test_cut),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
