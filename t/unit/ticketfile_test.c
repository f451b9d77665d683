/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticketfile.c: which files are keys, and in which order
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/ticketfile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char path[] = "/tmp/ticketfile.XXXXXX";
static struct tls4217_ticketring ring;
static struct tls4217_error err;

static int make_file(void **state) {
  int fd = mkstemp(path);

  (void) state;
  return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state) {
  (void) state;
  return unlink(path);
}

static int set_up(void **state) {
  (void) state;
  tls4217_ticketring_clear(&ring);
  tls4217_error_clear(&err);
  return 0;
}

static void put(const void *bytes, size_t size) {
  FILE *file = fopen(path, "wb");

  assert_non_null(file);
  assert_int_equal(fwrite(bytes, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
  assert_int_equal(chmod(path, 0600), 0);
}

static int read_it(void) {
  int64_t modified = 0;
  int ret = tls4217_ticketfile_read(path, &ring, &modified, &err);

  if (ret == 0) {
    assert_true(modified > 1700000000);
  }

  return ret;
}

/* Bytes that are not all the same, of a kind. */
static void fill(unsigned char *bytes, size_t size, int kind) {
  for (size_t i = 0; i < size; i++) {
    bytes[i] = (unsigned char) (kind + (int) i);
  }
}

static void test_sizes(void **state) {
  unsigned char bytes[100];

  (void) state;
  for (size_t size = 1; size <= sizeof(bytes); size++) {
    fill(bytes, size, 200);
    put(bytes, size);
    tls4217_error_clear(&err);
    tls4217_ticketring_clear(&ring);
    if (size == 48 || size == 80) {
      assert_int_equal(read_it(), 0);
      assert_int_equal(ring.count, 1);
      assert_int_equal(ring.secrets[0].size, size);
      assert_memory_equal(ring.secrets[0].bytes, bytes, size);
    } else {
      assert_int_equal(read_it(), -1);
      assert_non_null(strstr(err.text, "48 nor 80 bytes"));
      assert_non_null(strstr(err.text, "openssl rand 80"));
    }
  }
}

/* Adds a line of base64 to a text. */
static void add_line(char *text, size_t size, int kind, const char *end) {
  unsigned char bytes[80];

  fill(bytes, size, kind);
  (void) EVP_EncodeBlock(
    (unsigned char *) text + strlen(text), bytes, (int) size);
  strcat(text, end);
}

/* As HAProxy has them: the newest last. */
static void test_lines(void **state) {
  static const char *const ends[] = { "\n", "\r\n", "\n\n" };
  unsigned char want[80];

  (void) state;
  for (size_t i = 0; i < COUNT(ends); i++) {
    char text[512] = "";

    tls4217_ticketring_clear(&ring);
    add_line(text, 80, 'a', ends[i]);
    add_line(text, 48, 'b', ends[i]);
    add_line(text, 80, 'c', i == 0 ? "" : ends[i]);
    put(text, strlen(text));
    assert_int_equal(read_it(), 0);
    assert_int_equal(ring.count, 3);
    for (size_t j = 0; j < 3; j++) {
      fill(want, ring.secrets[j].size, "cba"[j]);
      assert_int_equal(ring.secrets[j].size, j == 1 ? 48 : 80);
      assert_memory_equal(ring.secrets[j].bytes, want, ring.secrets[j].size);
    }
  }
}

static void test_lines_that_are_none(void **state) {
  char text[512] = "";
  static const char *const bad[] = { "not base64 at all!\n", "QUJD\n", "\n",
    "=\n", "====\n" };

  (void) state;
  for (size_t i = 0; i < COUNT(bad); i++) {
    tls4217_ticketring_clear(&ring);
    tls4217_error_clear(&err);
    put(bad[i], strlen(bad[i]));
    assert_int_equal(read_it(), -1);
    assert_string_not_equal(err.text, "");
  }

  /* One of them spoils the file. */
  tls4217_error_clear(&err);
  add_line(text, 80, 'a', "\n");
  strcat(text, "QUJD\n");
  put(text, strlen(text));
  assert_int_equal(read_it(), -1);
}

static void expect(const char *words) {
  assert_int_equal(read_it(), -1);
  if (strstr(err.text, words) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, words);
  }
}

static void test_all_the_same(void **state) {
  unsigned char bytes[80];

  (void) state;
  memset(bytes, 0, sizeof(bytes));
  put(bytes, 80);
  expect("all the same");
  tls4217_error_clear(&err);
  memset(bytes, 'x', sizeof(bytes));
  put(bytes, 48);
  expect("all the same");

  /* A name alone makes no key. */
  tls4217_error_clear(&err);
  fill(bytes, 16, 1);
  put(bytes, 80);
  expect("all the same");
}

static void test_twice(void **state) {
  unsigned char bytes[80];

  (void) state;
  fill(bytes, 80, 1);
  put(bytes, 80);
  assert_int_equal(read_it(), 0);
  expect("occurs twice");
  assert_int_equal(ring.count, 1);

  tls4217_error_clear(&err);
  fill(bytes, 80, 2);
  put(bytes, 80);
  assert_int_equal(read_it(), 0);
  assert_int_equal(ring.count, 2);
  assert_int_equal(ring.secrets[1].bytes[0], 2);
}

static void test_who_can_read_it(void **state) {
  unsigned char bytes[80];

  (void) state;
  fill(bytes, 80, 1);
  put(bytes, 80);
  assert_int_equal(chmod(path, 0644), 0);
  expect("can read the keys");
  tls4217_error_clear(&err);
  assert_int_equal(chmod(path, 0602), 0);
  expect("can replace the keys");
  tls4217_error_clear(&err);
  assert_int_equal(chmod(path, 0640), 0);
  assert_int_equal(read_it(), 0);
}

static void test_full(void **state) {
  unsigned char bytes[80];

  (void) state;
  for (int i = 0; i < TLS4217_TICKETRING_MAX; i++) {
    fill(bytes, 80, i);
    put(bytes, 80);
    assert_int_equal(read_it(), 0);
  }

  fill(bytes, 80, 100);
  put(bytes, 80);
  expect("one key too many");
}

static void test_missing(void **state) {
  int64_t modified;

  (void) state;
  assert_int_equal(
    tls4217_ticketfile_read("/nonexistent/key", &ring, &modified, &err), -1);
  assert_non_null(strstr(err.text, "/nonexistent/key"));
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_sizes),
    CASE(test_lines),
    CASE(test_lines_that_are_none),
    CASE(test_all_the_same),
    CASE(test_twice),
    CASE(test_who_can_read_it),
    CASE(test_full),
    CASE(test_missing),
  };

  return cmocka_run_group_tests(tests, make_file, remove_file);
}
