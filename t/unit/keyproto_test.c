/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyproto.c
 *
 * A frame is what was written, or nothing: whatever is cut, lengthened or
 * altered in it is seen, and never read beyond its end.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyproto.h"

static const unsigned char message[] = "what is to be signed";

static const struct tls4217_signjob job = { .handle = 0x0123456789abcdef,
  .digest = TLS4217_SIGN_SHA384,
  .padding = TLS4217_SIGN_PSS,
  .message = message,
  .size = sizeof(message) };

/* Reads a copy of exactly that size, so that a look beyond it is seen. */
static bool reads(const unsigned char *frame, size_t size,
  struct tls4217_signjob *got, uint64_t *deadline) {
  unsigned char *copy = malloc(size != 0 ? size : 1);
  struct tls4217_keyproto_reader reader;
  bool res;

  assert_non_null(copy);
  memcpy(copy, frame, size);
  res = tls4217_keyproto_open(&reader, copy, size) == TLS4217_KEYPROTO_SIGN &&
    tls4217_keyproto_read_sign(&reader, got, deadline);

  /* Reads all of it: AddressSanitizer would see a length that is not true. */
  if (res) {
    (void) memchr(got->message, 0xff, got->size);
  }

  free(copy);
  return res;
}

static void test_request(void **state) {
  unsigned char frame[256];
  size_t size = tls4217_keyproto_write_sign(frame, sizeof(frame), &job, 77);
  struct tls4217_keyproto_reader reader;
  struct tls4217_signjob got;
  uint64_t deadline = 0;

  (void) state;
  assert_int_equal(
    tls4217_keyproto_open(&reader, frame, size), TLS4217_KEYPROTO_SIGN);
  assert_true(tls4217_keyproto_read_sign(&reader, &got, &deadline));
  assert_true(got.handle == job.handle);
  assert_int_equal(got.digest, job.digest);
  assert_int_equal(got.padding, job.padding);
  assert_int_equal(got.size, job.size);
  assert_memory_equal(got.message, job.message, job.size);
  assert_int_equal(deadline, 77);
}

static void test_cut_and_lengthened(void **state) {
  unsigned char frame[256] = { 0 };
  size_t size = tls4217_keyproto_write_sign(frame, sizeof(frame), &job, 77);
  struct tls4217_signjob got;
  uint64_t deadline;

  (void) state;
  for (size_t i = 0; i < size + 8; i++) {
    assert_int_equal(reads(frame, i, &got, &deadline), i == size);
  }
}

/* Lengths, version, type, digest and padding are numbers of somebody else. */
static void test_each_byte_altered(void **state) {
  unsigned char frame[256];
  size_t size = tls4217_keyproto_write_sign(frame, sizeof(frame), &job, 77);
  struct tls4217_signjob got;
  uint64_t deadline;

  (void) state;
  for (size_t at = 0; at < size; at++) {
    for (int bit = 0; bit < 8; bit++) {
      frame[at] ^= (unsigned char) (1 << bit);
      if (reads(frame, size, &got, &deadline)) {
        /* The tag may be any number. */
        assert_true(at >= TLS4217_KEYPROTO_HEADER || at == 2 || at == 3);
        assert_true((unsigned int) got.digest < TLS4217_SIGN_NDIGESTS);
        assert_true((unsigned int) got.padding < TLS4217_SIGN_NPADDINGS);
        assert_int_equal(got.size, job.size);
      }
      frame[at] ^= (unsigned char) (1 << bit);
    }
  }
}

static void test_too_small_a_buffer(void **state) {
  unsigned char frame[256];
  size_t size = tls4217_keyproto_write_sign(frame, sizeof(frame), &job, 77);

  (void) state;
  for (size_t room = 0; room < size; room++) {
    unsigned char *bytes = malloc(room != 0 ? room : 1);

    assert_int_equal(tls4217_keyproto_write_sign(bytes, room, &job, 77), 0);
    free(bytes);
  }
}

static const struct text_row {
  const char *name;
  const char *bytes;
  size_t size;
  const char *want; /* NULL: none, or the frame is bad */
  bool bad;
} texts[] = {
  { "a text", "abc", 4, "abc", false },
  { "an empty one", "", 1, "", false },
  { "none", "", 0, NULL, false },
  { "without its NUL", "abc", 3, NULL, true },
  { "with another inside", "a\0b", 4, NULL, true },
};

static void test_texts(void **state) {
  (void) state;

  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    struct tls4217_keyproto_writer writer;
    struct tls4217_keyproto_reader reader;
    unsigned char frame[64];
    const char *got;
    size_t size;

    print_message("  %s\n", texts[i].name);
    tls4217_keyproto_begin(
      &writer, frame, sizeof(frame), TLS4217_KEYPROTO_FETCH);
    tls4217_keyproto_put_bytes(&writer, texts[i].bytes, texts[i].size);
    size = tls4217_keyproto_end(&writer);
    assert_int_equal(
      tls4217_keyproto_open(&reader, frame, size), TLS4217_KEYPROTO_FETCH);
    got = tls4217_keyproto_get_text(&reader);
    if (texts[i].want == NULL) {
      assert_null(got);
    } else {
      assert_string_equal(got, texts[i].want);
    }
    assert_int_equal(tls4217_keyproto_close(&reader), !texts[i].bad);
  }
}

static void test_failure(void **state) {
  struct tls4217_error err = {
    .text = "there is no such key", .errnum = 2, .detail = 408
  };
  struct tls4217_error got = { .text = "" };
  struct tls4217_keyproto_reader reader;
  unsigned char frame[1024];
  size_t size = tls4217_keyproto_write_failure(frame, sizeof(frame), &err);

  (void) state;
  assert_int_equal(
    tls4217_keyproto_open(&reader, frame, size), TLS4217_KEYPROTO_FAILED);
  tls4217_keyproto_read_failure(&reader, &got);
  assert_string_equal(got.text, err.text);
  assert_int_equal(got.errnum, 2);
  assert_int_equal(got.detail, 408);

  /* What is no failure is one of its own. */
  tls4217_error_clear(&got);
  (void) tls4217_keyproto_open(&reader, frame, size - 1);
  tls4217_keyproto_read_failure(&reader, &got);
  assert_non_null(strstr(got.text, "invalid response"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_request),
    cmocka_unit_test(test_cut_and_lengthened),
    cmocka_unit_test(test_each_byte_altered),
    cmocka_unit_test(test_too_small_a_buffer),
    cmocka_unit_test(test_texts),
    cmocka_unit_test(test_failure),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
