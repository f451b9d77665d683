/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/command_buffer.c
 *
 * Serves RFC 4217, section 14, and RFC 959, section 4.1.3: commands that
 * arrive in any pieces leave as lines, and can be read before they leave.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/command_buffer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SIZE         TLS4217_COMMAND_BUFFER_SIZE

/* One for all tests; each begins with an empty one. */
static struct tls4217_command_buffer buffer;

static int empty(void **state) {
  (void) state;
  memset(&buffer, 0, sizeof(buffer));
  return 0;
}

static void put(const char *bytes, size_t len) {
  size_t room;
  char *at = tls4217_command_buffer_room(&buffer, &room);

  assert_true(room >= len);
  memcpy(at, bytes, len);
  tls4217_command_buffer_add(&buffer, len);
}

static void put_text(const char *text) {
  put(text, strlen(text));
}

static void fill(size_t count, char byte) {
  while (count-- > 0) {
    put(&byte, 1);
  }
}

/* Takes at most size bytes, which must be want. */
static void take(size_t size, const char *want) {
  char out[SIZE + 1];

  memset(out, '!', sizeof(out));
  assert_int_equal(
    tls4217_command_buffer_take(&buffer, out, size), strlen(want));
  assert_memory_equal(out, want, strlen(want));
  assert_int_equal(out[strlen(want)], '!');
}

static void test_empty(void **state) {
  size_t room;

  (void) state;
  assert_ptr_equal(tls4217_command_buffer_room(&buffer, &room), buffer.bytes);
  assert_int_equal(room, SIZE);
  assert_false(tls4217_command_buffer_is_ready(&buffer));
  take(SIZE, "");
}

static void test_a_line_at_a_time(void **state) {
  (void) state;
  put_text("USER x\r\nPASS y\r\n\r\nNOOP\nNOOP\r\nQU");
  take(SIZE, "USER x\r\n");
  take(SIZE, "PASS y\r\n");
  take(SIZE, "\r\n");
  take(SIZE, "NOOP\nNOOP\r\n");
  assert_false(tls4217_command_buffer_is_ready(&buffer));
  take(SIZE, "");
  put_text("IT\r\n");
  assert_true(tls4217_command_buffer_is_ready(&buffer));
  take(SIZE, "QUIT\r\n");
  assert_int_equal(buffer.len, 0);
}

static void test_a_byte_at_a_time(void **state) {
  static const char line[] = "RETR file\r\n";

  (void) state;
  for (size_t i = 0; i < sizeof(line) - 2; i++) {
    put(line + i, 1);
    assert_false(tls4217_command_buffer_is_ready(&buffer));
    take(SIZE, "");
  }
  put("\n", 1);
  take(SIZE, line);
}

static void test_nul_is_a_byte_like_others(void **state) {
  char out[16];

  (void) state;
  put("A\0B\r\nC", 6);
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, 16), 5);
  assert_memory_equal(out, "A\0B\r\n", 5);
  assert_int_equal(buffer.len, 1);
}

/*
 * A reader with a small buffer: how one line leaves in pieces.  A piece never
 * ends between CR and LF unless it is a single byte.
 */
static const struct piece {
  const char *line;
  size_t size;
  const char *want[6];
} pieces[] = {
  { "NOOP\r\n", 6, { "NOOP\r\n" } },
  { "NOOP\r\n", 5, { "NOOP", "\r\n" } },
  { "NOOP\r\n", 4, { "NOOP", "\r\n" } },
  { "NOOP\r\n", 3, { "NOO", "P\r\n" } },
  { "NOOP\r\n", 2, { "NO", "OP", "\r\n" } },
  { "NO\nP\r\n", 2, { "N", "O\n", "P", "\r\n" } },
  { "A\n\n\nB\r\n", 3, { "A", " \n\n", "B\r\n" } },
  { "\nNOOP\r\n", 20, { " NOOP\r\n" } },
  { "\n\r\n", 20, { " \r\n" } },
  { "A\r\n", 2, { "A", "\r\n" } },
  { "NOOP\r\n\nX\r\n", 6, { "NOOP\r\n", " X\r\n" } },
};

static void test_small_readers(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(pieces); i++) {
    print_message(
      "  %zu bytes of %zu\n", pieces[i].size, strlen(pieces[i].line));
    put_text(pieces[i].line);
    for (size_t n = 0; pieces[i].want[n] != NULL; n++) {
      take(pieces[i].size, pieces[i].want[n]);
    }
    assert_int_equal(buffer.len, 0);
  }
}

/* Whatever the sizes: in order, whole, never a line feed in front. */
static void test_every_size(void **state) {
  static const char text[] = "A\r\n\r\nNO\nOP\r\nSTOR a\rb\r\n\r\r\nX\r\n";
  char all[sizeof(text)], out[sizeof(text)];

  (void) state;
  for (size_t size = 2; size < sizeof(text); size++) {
    size_t total = 0, len;

    put_text(text);
    while ((len = tls4217_command_buffer_take(&buffer, out, size)) > 0) {
      assert_true(len <= size);
      assert_int_not_equal(out[0], '\n');
      memcpy(all + total, out, len);
      total += len;
    }
    assert_int_equal(total, strlen(text));
    assert_memory_equal(all, text, total);
  }
}

static void test_no_room_for_the_reader(void **state) {
  char out = '!';

  (void) state;
  put_text("\r\n");
  assert_int_equal(tls4217_command_buffer_take(&buffer, &out, 0), 0);
  assert_int_equal(out, '!');
  assert_int_equal(buffer.len, 2);
  assert_int_equal(tls4217_command_buffer_take(&buffer, &out, 1), 1);
  assert_int_equal(tls4217_command_buffer_take(&buffer, &out, 1), 1);
  assert_int_equal(out, '\n');
}

/* A carriage return that left alone ends its line nevertheless. */
static void test_carriage_return_leaves_alone(void **state) {
  struct tls4217_command_cursor cursor;
  struct tls4217_line line;

  (void) state;
  put_text("AB\r\nABOR\r\n");
  take(2, "AB");
  take(1, "\r");
  assert_true(tls4217_command_buffer_is_ready(&buffer));
  cursor = tls4217_command_buffer_begin(&buffer);
  assert_true(tls4217_command_buffer_next(&buffer, &cursor, &line));
  assert_string_equal(line.verb, "ABOR");
  take(2, "\r\n");
  take(SIZE, "ABOR\r\n");
  assert_int_equal(buffer.len, 0);
}

static void test_the_rest(void **state) {
  char out[16];

  (void) state;
  put_text("NOOP\r\nQUIT");
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 16), 6);
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, 16), 0);
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 0), 0);
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 3), 3);
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 3), 1);
  assert_int_equal(out[0], 'T');
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 3), 0);

  /* With a carriage return at its end, whose line feed is still to come. */
  put_text("QUIT\r");
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 16), 5);
  assert_false(tls4217_command_buffer_is_ready(&buffer));
  put_text("\n");
  take(SIZE, "\r\n");
  assert_int_equal(buffer.len, 0);
}

/* Where nothing is given, nothing is written. */
static void test_nothing_of_the_rest(void **state) {
  char out[2] = "\n";

  (void) state;
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 1), 0);
  assert_string_equal(out, "\n");
  put_text("AB");
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 0), 0);
  assert_string_equal(out, "\n");
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, 1), 1);
  assert_string_equal(out, "A");
}

static void test_full_without_a_line(void **state) {
  char out[SIZE];
  size_t room;

  (void) state;
  fill(SIZE - 1, 'x');
  assert_false(tls4217_command_buffer_is_ready(&buffer));
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, SIZE), 0);
  fill(1, 'x');
  assert_true(tls4217_command_buffer_is_ready(&buffer));
  (void) tls4217_command_buffer_room(&buffer, &room);
  assert_int_equal(room, 0);

  /* It leaves in the reader's pieces; then there is room again. */
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, 1000), 1000);
  (void) tls4217_command_buffer_room(&buffer, &room);
  assert_int_equal(room, 1000);
  assert_false(tls4217_command_buffer_is_ready(&buffer));
}

static void test_full_to_the_last_byte(void **state) {
  char out[SIZE];

  (void) state;
  fill(SIZE - 2, 'x');
  put_text("\r\n");
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, SIZE), SIZE);
  assert_int_equal(out[SIZE - 1], '\n');
  assert_int_equal(buffer.len, 0);
}

/* Full up to the CR: the LF that is still to come stays with it. */
static void test_full_up_to_the_carriage_return(void **state) {
  char out[SIZE];

  (void) state;
  fill(SIZE - 1, 'x');
  put_text("\r");
  assert_true(tls4217_command_buffer_is_ready(&buffer));
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, SIZE), SIZE - 1);
  assert_int_equal(out[SIZE - 2], 'x');
  assert_int_equal(buffer.len, 1);
  put_text("\n");
  take(SIZE, "\r\n");
}

/* A carriage return that ends a piece of the reader's, but no line. */
static void test_carriage_return_inside(void **state) {
  (void) state;
  put_text("ab\rcd\r\n");
  take(3, "ab\r");
  assert_true(tls4217_command_buffer_is_ready(&buffer));
  take(SIZE, "cd\r\n");
  assert_false(tls4217_command_buffer_is_ready(&buffer));
}

/* What lines are read behind a cursor, as "VERB" or "VERB+" (an argument) or
 * "-" (empty), and how many bytes they are. */
static const struct search {
  const char *name;
  const char *bytes;
  const char *want;
} searches[] = {
  { "nothing", "", "" },
  { "one", "ABOR\r\n", "ABOR " },
  { "no end of line", "ABOR", "" },
  { "CR only", "ABOR\r", "" },
  { "bare LF is no end", "ABOR\n", "" },
  { "bare LF, then an end", "ABOR\nNOOP\r\n", "ABOR+ " },
  { "behind others", "NOOP\r\n\r\nSTAT\r\nABOR\r\n", "NOOP - STAT ABOR " },
  { "an argument", "RETR ABOR\r\nABOR x\r\n", "RETR+ ABOR+ " },
  { "half a line behind", "STAT\r\nNOOPABOR", "STAT " },
  { "Telnet",
    "\xff\xf4\xff\xf2"
    "abor\r\n\xff\xfb\x01"
    "CCC\r\n",
    "ABOR CCC " },
};

static void test_lines_are_read(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(searches); i++) {
    struct tls4217_command_cursor cursor;
    struct tls4217_line line;
    char got[128] = "";

    print_message("  %s\n", searches[i].name);
    (void) empty(state);
    put_text(searches[i].bytes);
    cursor = tls4217_command_buffer_begin(&buffer);
    while (tls4217_command_buffer_next(&buffer, &cursor, &line)) {
      size_t len = strlen(got);

      (void) snprintf(got + len, sizeof(got) - len, "%s%s ",
        line.empty ? "-" : line.verb, line.argument ? "+" : "");
    }
    assert_string_equal(got, searches[i].want);
    assert_int_equal(buffer.len, strlen(searches[i].bytes));
  }
}

/* How Telnet stands leaves with the bytes, and outlives the buffer. */
static void test_telnet_goes_along(void **state) {
  struct tls4217_command_cursor cursor;
  struct tls4217_line line;
  char out[SIZE];

  (void) state;
  put_text("\xff\xfb");
  assert_int_equal(tls4217_command_buffer_take_rest(&buffer, out, SIZE), 2);
  tls4217_command_buffer_clear(&buffer);
  put_text("XABOR\r\n");
  cursor = tls4217_command_buffer_begin(&buffer);
  assert_true(tls4217_command_buffer_next(&buffer, &cursor, &line));
  assert_string_equal(line.verb, "ABOR");
}

/* Full, and the last line is not finished: nothing behind it is looked at. */
static void test_the_very_end(void **state) {
  struct tls4217_command_cursor cursor;
  struct tls4217_line line;

  (void) state;
  fill(SIZE - 8, 'x');
  put_text("\r\nABOR\r\n");
  cursor = tls4217_command_buffer_begin(&buffer);
  assert_true(tls4217_command_buffer_next(&buffer, &cursor, &line));
  assert_string_equal(line.verb, "");
  assert_true(tls4217_command_buffer_next(&buffer, &cursor, &line));
  assert_string_equal(line.verb, "ABOR");
  assert_int_equal(cursor.at, SIZE);
  assert_false(tls4217_command_buffer_next(&buffer, &cursor, &line));

  (void) empty(state);
  fill(SIZE - 5, 'x');
  put_text("ABOR\r");
  cursor = tls4217_command_buffer_begin(&buffer);
  assert_false(tls4217_command_buffer_next(&buffer, &cursor, &line));
}

static void assert_wiped(size_t from) {
  for (size_t i = from; i < SIZE; i++) {
    assert_int_equal(buffer.bytes[i], 0);
  }
}

static void test_what_is_taken_is_wiped(void **state) {
  (void) state;
  put_text("PASS secret\r\nNOOP\r\n");
  take(SIZE, "PASS secret\r\n");
  assert_wiped(6);
  take(SIZE, "NOOP\r\n");
  assert_wiped(0);
}

static void test_clear_wipes(void **state) {
  (void) state;
  put_text("PASS secret");
  tls4217_command_buffer_clear(&buffer);
  assert_int_equal(buffer.len, 0);
  assert_wiped(0);
  put_text("QUIT\r\n");
  take(SIZE, "QUIT\r\n");

  /* Nor is a carriage return remembered that left before. */
  put_text("AB\r\n");
  take(2, "AB");
  take(1, "\r");
  tls4217_command_buffer_clear(&buffer);
  put_text("\nNOOP\r\n");
  take(SIZE, " NOOP\r\n");
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(test_empty),
    TEST(test_a_line_at_a_time),
    TEST(test_a_byte_at_a_time),
    TEST(test_nul_is_a_byte_like_others),
    TEST(test_small_readers),
    TEST(test_every_size),
    TEST(test_no_room_for_the_reader),
    TEST(test_full_without_a_line),
    TEST(test_full_to_the_last_byte),
    TEST(test_full_up_to_the_carriage_return),
    TEST(test_carriage_return_inside),
    TEST(test_carriage_return_leaves_alone),
    TEST(test_the_rest),
    TEST(test_nothing_of_the_rest),
    TEST(test_lines_are_read),
    TEST(test_telnet_goes_along),
    TEST(test_the_very_end),
    TEST(test_what_is_taken_is_wiped),
    TEST(test_clear_wipes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
