/*
 * mod_tls4217 - tests of ftp/command_buffer.c
 *
 * Serves RFC 4217, section 14, and RFC 959, section 4.1.3: commands that
 * arrive in any pieces leave as lines, and an ABOR is seen among them.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/command_buffer.h"

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
  put_text("USER x\r\nPASS y\r\n\r\nNOOP\nQU");
  take(SIZE, "USER x\r\n");
  take(SIZE, "PASS y\r\n");
  take(SIZE, "\r\n");
  take(SIZE, "NOOP\n");
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
  put("A\0B\nC", 5);
  assert_int_equal(tls4217_command_buffer_take(&buffer, out, 16), 4);
  assert_memory_equal(out, "A\0B\n", 4);
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
  { "NOOP\n", 4, { "NOO", "P\n" } },
  { "NOOP\n", 3, { "NOO", "P\n" } },
  { "A\r\n", 2, { "A", "\r\n" } },
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

/* Whatever the sizes: in order, whole, never a line feed alone in front. */
static void test_every_size(void **state) {
  static const char text[] = "A\r\n\r\n\nNOOP\r\nSTOR a\rb\r\n\r\r\nX\n";
  char all[sizeof(text)], out[sizeof(text)];

  (void) state;
  for (size_t size = 2; size < sizeof(text); size++) {
    size_t total = 0, len;

    put_text(text);
    while ((len = tls4217_command_buffer_take(&buffer, out, size)) > 0) {
      assert_true(len <= size);
      if (total > 0 && out[0] == '\n') {
        assert_int_equal(all[total - 1], '\n');
      }
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

static const struct search {
  const char *name;
  const char *bytes;
  bool first, anywhere;
} searches[] = {
  { "plain", "ABOR\r\n", true, true },
  { "lower case", "abor\r\n", true, true },
  { "mixed case", "aBoR\r\n", true, true },
  { "bare LF", "ABOR\n", true, true },
  { "with an argument", "ABOR now\r\n", true, true },
  { "Telnet IP",
    "\xff\xf4"
    "ABOR\r\n",
    true, true },
  { "Telnet IP and DM",
    "\xff\xf4\xff\xf2"
    "ABOR\r\n",
    true, true },
  { "Telnet DM alone",
    "\xf2"
    "abor\r\n",
    true, true },
  { "no end of line", "ABOR", false, false },
  { "CR only", "ABOR\r", false, false },
  { "longer word", "ABORX\r\n", false, false },
  { "longer word in front", "XABOR\r\n", false, false },
  { "shorter word", "ABO\r\n", false, false },
  { "as an argument", "RETR ABOR\r\n", false, false },
  { "blank in front", " ABOR\r\n", false, false },
  { "NUL behind it", "ABOR\0\r\n", false, false },
  { "behind another", "NOOP\r\nABOR\r\n", false, true },
  { "behind several",
    "NOOP\r\n\r\nSTAT\n\xff\xf4"
    "abor\n",
    false, true },
  { "behind half a line", "STAT\r\nNOOPABOR\r\n", false, false },
  { "before another", "ABOR\r\nNOOP\r\n", true, true },
  { "unfinished behind another", "NOOP\r\nABOR", false, false },
  { "Telnet bytes only", "\xff\xf4\xff\xf2\r\n", false, false },
  { "Telnet bytes up to the LF", "\xff\n", false, false },
  { "empty line", "\n", false, false },
  { "nothing", "", false, false },
};

/* The length of a table's entry; one of them holds a NUL. */
static size_t length_of(const struct search *search) {
  return strcmp(search->name, "NUL behind it") == 0 ? 7 : strlen(search->bytes);
}

static void test_abor_is_seen(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(searches); i++) {
    print_message("  %s\n", searches[i].name);
    (void) empty(state);
    put(searches[i].bytes, length_of(&searches[i]));
    assert_int_equal(
      tls4217_command_buffer_has(&buffer, "ABOR", TLS4217_COMMAND_FIRST),
      searches[i].first);
    assert_int_equal(
      tls4217_command_buffer_has(&buffer, "ABOR", TLS4217_COMMAND_ANYWHERE),
      searches[i].anywhere);
    assert_int_equal(buffer.len, length_of(&searches[i]));
  }
}

static void test_other_verbs(void **state) {
  (void) state;
  put_text("noop\r\nQUIT\r\n");
  assert_true(
    tls4217_command_buffer_has(&buffer, "NOOP", TLS4217_COMMAND_FIRST));
  assert_false(
    tls4217_command_buffer_has(&buffer, "QUIT", TLS4217_COMMAND_FIRST));
  assert_true(
    tls4217_command_buffer_has(&buffer, "QUIT", TLS4217_COMMAND_ANYWHERE));
  assert_false(
    tls4217_command_buffer_has(&buffer, "ABOR", TLS4217_COMMAND_ANYWHERE));
}

/* Full, and the last line is not finished: nothing behind it is looked at. */
static void test_abor_at_the_very_end(void **state) {
  (void) state;
  fill(SIZE - 5, '\n');
  put_text("ABOR\n");
  assert_true(
    tls4217_command_buffer_has(&buffer, "ABOR", TLS4217_COMMAND_ANYWHERE));

  (void) empty(state);
  fill(SIZE - 4, '\n');
  put_text("ABOR");
  assert_false(
    tls4217_command_buffer_has(&buffer, "ABOR", TLS4217_COMMAND_ANYWHERE));
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
    TEST(test_abor_is_seen),
    TEST(test_other_verbs),
    TEST(test_abor_at_the_very_end),
    TEST(test_what_is_taken_is_wiped),
    TEST(test_clear_wipes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
