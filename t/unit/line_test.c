/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/line.c
 *
 * Serves RFC 959, sections 4.1.3 and 5.3, and RFC 854: which word ProFTPD
 * will read from a line.  That this reading is ProFTPD's own is proved with
 * ProFTPD: t/lines.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A literal and its length, NULs included. */
#define BYTES(text) (text), sizeof(text) - 1

static const struct {
  const char *bytes;
  size_t len, want;
} lengths[] = {
  { BYTES(""), 0 },
  { BYTES("\n"), 0 },
  { BYTES("\r"), 0 },
  { BYTES("\r\n"), 2 },
  { BYTES("NOOP\r\n"), 6 },
  { BYTES("NOOP\r\nABOR\r\n"), 6 },
  { BYTES("NOOP\n"), 0 },
  { BYTES("NOOP\nABOR\r\n"), 11 },
  { BYTES("NOOP\r"), 0 },
  { BYTES("NOOP\r\r\n"), 7 },
  { BYTES("\nNOOP\r\n"), 7 },
  { BYTES("\n\r\n"), 3 },
  { BYTES("NOOP\n\n\n"), 0 },
  { BYTES("N\0P\r\n"), 5 },
};

static void test_lengths(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(lengths); i++) {
    print_message("  %zu\n", i);
    assert_int_equal(
      tls4217_line_length(lengths[i].bytes, lengths[i].len), lengths[i].want);
  }
}

/* One byte less than what is there is never looked at. */
static void test_length_of_every_part(void **state) {
  static const char text[] = "PWD\nX\r\nY\r\n";

  (void) state;
  for (size_t len = 0; len < sizeof(text); len++) {
    assert_int_equal(tls4217_line_length(text, len), len < 7 ? 0 : 7);
  }
}

/* Nor is a byte in front of it. */
static void test_length_behind_a_carriage_return(void **state) {
  static const char text[] = "\r\nNOOP\r\n";

  (void) state;
  assert_int_equal(tls4217_line_length(text + 1, 7), 7);
}

#define IAC  "\xff"
#define WILL "\xfb"
#define DONT "\xfe"
#define IP   "\xf4"
#define DM   "\xf2"

static const struct {
  const char *name;
  const char *bytes;
  size_t len;
  const char *verb;
  bool argument, empty;
} readings[] = {
  { "plain", BYTES("ABOR\r\n"), "ABOR", false, false },
  { "lower case", BYTES("abor\r\n"), "ABOR", false, false },
  { "mixed case", BYTES("aBoR\r\n"), "ABOR", false, false },
  { "behind the letters", BYTES("a{~\x7f\r\n"), "A{~\x7f", false, false },
  { "all letters", BYTES("azjAZJ\r\n"), "AZJAZJ", false, false },
  { "with an argument", BYTES("ABOR x\r\n"), "ABOR", true, false },
  { "blanks behind it", BYTES("ABOR \t \r\n"), "ABOR", false, false },
  { "blanks and more", BYTES("ABOR \t x\r\n"), "ABOR", true, false },
  { "tab behind it", BYTES("ABOR\tx\r\n"), "ABOR", true, false },
  { "line feed behind it", BYTES("ABOR\n\r\n"), "ABOR", false, false },
  { "bare LF, then more", BYTES("ABOR\nNOOP\r\n"), "ABOR", true, false },
  { "two CR", BYTES("ABOR\r\r\n"), "ABOR", false, false },
  { "CR in front", BYTES("\rABOR\r\n"), "ABOR", false, false },
  { "two CR in front", BYTES("\r\rABOR\r\n"), "", false, true },
  { "LF in front", BYTES("\nABOR\r\n"), "", false, true },
  { "blank in front", BYTES(" ABOR\r\n"), "", false, true },
  { "empty", BYTES("\r\n"), "", false, true },
  { "blanks", BYTES("  \t\r\n"), "", false, true },
  { "NUL in front", BYTES("\0ABOR\r\n"), "", false, true },
  { "NUL behind it", BYTES("ABOR\0x\r\n"), "ABOR", true, false },
  { "NUL behind a letter", BYTES("A\0x\r\n"), "A", true, false },
  { "NUL behind a blank", BYTES("ABOR \0x\r\n"), "ABOR", true, false },
  { "CR and NUL behind it", BYTES("ABOR \r\0\r\n"), "ABOR", true, false },
  { "NUL inside", BYTES("AB\0OR\r\n"), "AB", true, false },
  { "quotes", BYTES("\"ABOR\"\r\n"), "\"ABOR\"", false, false },
  { "longer word", BYTES("ABORT\r\n"), "ABORT", false, false },
  { "seven letters", BYTES("ABCDEFG\r\n"), "ABCDEFG", false, false },
  { "eight letters", BYTES("ABCDEFGH\r\n"), "", false, false },
  { "nine letters", BYTES("ABCDEFGHI x\r\n"), "", true, false },
  { "IP", BYTES(IAC IP "ABOR\r\n"), "ABOR", false, false },
  { "IP and DM", BYTES(IAC IP IAC DM "ABOR\r\n"), "ABOR", false, false },
  { "DM without IAC", BYTES(DM "ABOR\r\n"),
    "\xf2"
    "ABOR",
    false, false },
  { "IP inside", BYTES("AB" IAC IP "OR\r\n"), "ABOR", false, false },
  { "WILL and an option",
    BYTES(IAC WILL "\x01"
                   "CCC\r\n"),
    "CCC", false, false },
  { "WILL eats a letter", BYTES(IAC WILL "XABOR\r\n"), "ABOR", false, false },
  { "WILL eats the verb's", BYTES(IAC WILL "ABOR\r\n"), "BOR", false, false },
  { "DONT eats IAC", BYTES(IAC DONT IAC "ABOR\r\n"), "ABOR", false, false },
  { "WILL eats the CR", BYTES("ABOR" IAC WILL "\r\n"), "ABOR", false, false },
  { "WILL twice",
    BYTES(IAC WILL "\x01" IAC WILL "\x02"
                   "QUIT\r\n"),
    "QUIT", false, false },
  { "IAC escaped", BYTES(IAC IAC "ABOR\r\n"),
    "\xff"
    "ABOR",
    false, false },
  { "IAC and a letter", BYTES(IAC "ABOR\r\n"),
    "\xff"
    "ABOR",
    false, false },
  { "IAC behind it", BYTES("ABOR" IAC "\r\n"), "ABOR\xff", false, false },
};

static void test_readings(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(readings); i++) {
    struct tls4217_line_telnet telnet = { 0 };
    struct tls4217_line line;

    print_message("  %s\n", readings[i].name);
    memset(&line, 0xff, sizeof(line));
    tls4217_line_read(&telnet, readings[i].bytes, readings[i].len, &line);
    assert_string_equal(line.verb, readings[i].verb);
    assert_int_equal(line.argument, readings[i].argument);
    assert_int_equal(line.empty, readings[i].empty);
  }
}

/* Where 0xff is a letter, nothing is eaten. */
static void test_without_telnet(void **state) {
  struct tls4217_line_telnet telnet = { .off = true };
  struct tls4217_line line;

  (void) state;
  tls4217_line_read(&telnet, BYTES(IAC IP "AB\r\n"), &line);
  assert_string_equal(line.verb,
    "\xff\xf4"
    "AB");
  assert_int_equal(telnet.mode, 0);
}

static void test_long_lines_are_not_looked_into(void **state) {
  char bytes[TLS4217_LINE_SHORT + 1];
  struct tls4217_line_telnet telnet = { 0 };
  struct tls4217_line line;

  (void) state;
  memset(bytes, ' ', sizeof(bytes));
  memcpy(bytes, "ABOR", 4);
  memcpy(bytes + TLS4217_LINE_SHORT - 2, "\r\n", 2);
  tls4217_line_read(&telnet, bytes, TLS4217_LINE_SHORT, &line);
  assert_string_equal(line.verb, "ABOR");

  memcpy(bytes + TLS4217_LINE_SHORT - 2, " \r\n", 3);
  tls4217_line_read(&telnet, bytes, TLS4217_LINE_SHORT + 1, &line);
  assert_string_equal(line.verb, "");
  assert_false(line.empty);

  /* Telnet's commands in it count all the same, also where it is a part. */
  memcpy(bytes + TLS4217_LINE_SHORT - 1, IAC WILL, 2);
  tls4217_line_read(&telnet, bytes, TLS4217_LINE_SHORT + 1, &line);
  tls4217_line_read(&telnet, BYTES("xABOR\r\n"), &line);
  assert_string_equal(line.verb, "ABOR");
}

/* A line that has not come whole is what there is of it. */
static void test_part_of_a_line(void **state) {
  struct tls4217_line_telnet telnet = { 0 };
  struct tls4217_line line;

  (void) state;
  tls4217_line_read(&telnet, "ABORX\r\n", 4, &line);
  assert_string_equal(line.verb, "ABOR");
  tls4217_line_read(&telnet, "ABOR x\r\n", 5, &line);
  assert_string_equal(line.verb, "ABOR");
  assert_false(line.argument);
}

/* A Telnet command may begin in one line and end in the next: only with what
 * ProFTPD does at a line's end does the state stay the same. */
static void test_telnet_outlives_a_line(void **state) {
  struct tls4217_line_telnet telnet = { 0 };
  struct tls4217_line line;

  (void) state;
  tls4217_line_read(&telnet, BYTES("NOOP" IAC WILL "\r\n"), &line);
  assert_int_equal(telnet.mode, 0);
  tls4217_line_read(&telnet, BYTES(IAC IP "NOOP\r\n"), &line);
  assert_int_equal(telnet.mode, 0xf4);
  tls4217_line_read(&telnet, BYTES("ABOR\r\n"), &line);
  assert_string_equal(line.verb, "ABOR");
  assert_int_equal(telnet.mode, 0xf4);
}

/* Skipping and reading move the state alike, and so do pieces. */
static void test_skip_is_read(void **state) {
  static const char alphabet[] = { 'A', '\xff', '\xfb', '\xf4', '\r', '\n' };
  char bytes[8];

  (void) state;
  for (unsigned int n = 0; n < 6 * 6 * 6 * 6 * 6 * 6; n++) {
    struct tls4217_line_telnet read = { 0 }, whole = { 0 }, pieces = { 0 };
    struct tls4217_line line;
    unsigned int rest = n;

    for (size_t i = 0; i < 6; i++, rest /= 6) {
      bytes[i] = alphabet[rest % 6];
    }
    memcpy(bytes + 6, "\r\n", 2);
    if (tls4217_line_length(bytes, sizeof(bytes)) != sizeof(bytes)) {
      continue;
    }

    tls4217_line_read(&read, bytes, sizeof(bytes), &line);
    tls4217_line_skip(&whole, bytes, sizeof(bytes));
    for (size_t i = 0; i < 6; i++) {
      tls4217_line_skip(&pieces, bytes + i, 1);
    }
    tls4217_line_skip(&pieces, bytes + 6, 2);
    assert_int_equal(read.mode, whole.mode);
    assert_int_equal(read.mode, pieces.mode);
  }
}

static void test_tls_is_no_command(void **state) {
  (void) state;
  assert_true(tls4217_line_is_tls("\x16\x03\x01\x02", 4));
  assert_true(tls4217_line_is_tls("\x16\x03", 2));
  assert_true(tls4217_line_is_tls("\x16", 1));
  assert_false(tls4217_line_is_tls("\x16\x02", 2));
  assert_false(tls4217_line_is_tls("\x15\x03\x01", 3));
  assert_false(tls4217_line_is_tls("USER a\r\n", 8));
  assert_false(tls4217_line_is_tls("", 0));
  assert_false(tls4217_line_is_tls("\x16\x03", 0));
}

static void test_skip_of_nothing(void **state) {
  struct tls4217_line_telnet telnet = { .mode = 0xf4 };

  (void) state;
  tls4217_line_skip(&telnet, "", 0);
  assert_int_equal(telnet.mode, 0xf4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_lengths),
    cmocka_unit_test(test_length_of_every_part),
    cmocka_unit_test(test_length_behind_a_carriage_return),
    cmocka_unit_test(test_part_of_a_line),
    cmocka_unit_test(test_readings),
    cmocka_unit_test(test_without_telnet),
    cmocka_unit_test(test_long_lines_are_not_looked_into),
    cmocka_unit_test(test_telnet_outlives_a_line),
    cmocka_unit_test(test_skip_is_read),
    cmocka_unit_test(test_skip_of_nothing),
    cmocka_unit_test(test_tls_is_no_command),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
