/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keybook.c: requests that are not well-formed,
 * and what there is not
 *
 * Whatever the daemon's socket delivers is refused in words, and changes
 * nothing: the pair that was accepted is still there.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "t/unit/askbook.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define INVALID      "the key process received an invalid request"

struct library {
  struct tls4217_keybook *book;
  struct pki_dir *dir;
  struct pki_cert *cert;
  const char *file;
  uint64_t handle;
};

static int make(void **state) {
  struct library *library = test_calloc(1, sizeof(*library));
  struct tls4217_error err = { .text = "" };

  library->dir = pki_dir_new();
  library->cert = pki_leaf("ftp.example.org", PKI_EC, NULL);
  library->file = pki_path(library->dir, "pair.pem");
  pki_add_cert(library->file, library->cert);
  pki_add_key(library->file, library->cert, NULL);
  library->book = tls4217_keybook_new();
  library->handle = askbook_load(library->book, library->file, "id", &err);
  assert_true(askbook_number(
    library->book, TLS4217_KEYPROTO_ACCEPT, library->handle, &err));
  assert_string_equal(err.text, "");
  *state = library;
  return 0;
}

static int end(void **state) {
  struct library *library = *state;

  tls4217_keybook_free(library->book);
  pki_free(library->cert);
  pki_dir_free(library->dir);
  test_free(library);
  return 0;
}

/* A whole request of each type, as far as it needs no file. */
static void write_request(struct tls4217_keyproto_writer *writer,
  enum tls4217_keyproto_type type, uint64_t handle) {
  switch (type) {
    case TLS4217_KEYPROTO_RECALL:
      tls4217_keyproto_put_text(writer, "id");
      tls4217_keyproto_put_u64(writer, ASKBOOK_SCOPE);
      break;

    case TLS4217_KEYPROTO_ACCEPT:
      tls4217_keyproto_put_u64(writer, handle);
      break;

    case TLS4217_KEYPROTO_KEEP:
      tls4217_keyproto_put_text(writer, "ring");
      tls4217_keyproto_put_bytes(writer, "bytes", 5);
      break;

    case TLS4217_KEYPROTO_FETCH:
      tls4217_keyproto_put_text(writer, "ring");
      break;

    default:
      break;
  }
}

static const enum tls4217_keyproto_type types[] = { TLS4217_KEYPROTO_RECALL,
  TLS4217_KEYPROTO_ACCEPT, TLS4217_KEYPROTO_KEEP, TLS4217_KEYPROTO_FETCH,
  TLS4217_KEYPROTO_COUNT };

/* Each of them, with some bytes less, or one more. */
static void test_lengths(void **state) {
  const struct library *library = *state;

  for (size_t i = 0; i < COUNT(types); i++) {
    struct tls4217_keyproto_writer whole = askbook_begin(types[i]);
    struct tls4217_keyproto_reader reader;
    struct tls4217_error err;
    size_t size;

    write_request(&whole, types[i], library->handle);
    size = whole.size;
    for (size_t cut = TLS4217_KEYPROTO_HEADER; cut <= size + 1; cut++) {
      struct tls4217_keyproto_writer writer = askbook_begin(types[i]);

      write_request(&writer, types[i], library->handle);
      if (cut > size) {
        writer.bytes[size] = 0;
      }
      writer.size = cut;
      tls4217_error_clear(&err);
      if (askbook_serve(library->book, &writer, NULL, 0, &reader, &err) !=
        (cut == size)) {
        fail_msg("type %u, %zu of %zu bytes", types[i], cut, size);
      }
      assert_string_equal(err.text, cut == size ? "" : INVALID);
    }
  }
}

/* What is no request of a daemon's. */
static void test_types(void **state) {
  static const enum tls4217_keyproto_type others[] = { TLS4217_KEYPROTO_SIGN,
    TLS4217_KEYPROTO_CHANNEL, TLS4217_KEYPROTO_DONE, TLS4217_KEYPROTO_FAILED };
  const struct library *library = *state;

  for (size_t i = 0; i < COUNT(others); i++) {
    struct tls4217_keyproto_writer writer = askbook_begin(others[i]);
    struct tls4217_keyproto_reader reader;
    struct tls4217_error err = { .text = "" };

    assert_false(askbook_serve(library->book, &writer, NULL, 0, &reader, &err));
    assert_string_equal(err.text, INVALID);
  }
}

/* LOAD: a text that is missing, and more or fewer files than are named. */
static const struct load_case {
  const char *name;
  const char *id, *cert, *key;
  size_t files;
  const char *want;
} loads[] = {
  { "no id", NULL, "/a.pem", NULL, 1, INVALID },
  { "no certificate", "id", NULL, "/b.pem", 1, INVALID },
  { "nothing", "id", NULL, NULL, 0, INVALID },
  { "too few files", "id", "/a.pem", "/b.pem", 1, INVALID },
  { "too many files", "id", "/a.pem", NULL, 2, INVALID },
  { "an empty file", "id", "/a.pem", NULL, 1, "/a.pem" },
};

static void test_loads(void **state) {
  const struct library *library = *state;

  for (size_t i = 0; i < COUNT(loads); i++) {
    const struct load_case *row = &loads[i];
    struct tls4217_keyproto_writer writer = askbook_begin(
      TLS4217_KEYPROTO_LOAD);
    struct tls4217_keyproto_reader reader;
    struct tls4217_error err = { .text = "" };
    int fds[2];

    for (size_t f = 0; f < row->files; f++) {
      fds[f] = open("/dev/null", O_RDONLY | O_CLOEXEC);
      assert_true(fds[f] >= 0);
    }

    tls4217_keyproto_put_text(&writer, row->id);
    tls4217_keyproto_put_u64(&writer, ASKBOOK_SCOPE);
    tls4217_keyproto_put_u64(&writer, 0);
    tls4217_keyproto_put_text(&writer, row->cert);
    tls4217_keyproto_put_text(&writer, row->key);
    tls4217_keyproto_put_text(&writer, NULL);
    if (askbook_serve(library->book, &writer, fds, row->files, &reader, &err)) {
      fail_msg("%s is accepted", row->name);
    }
    if (strstr(err.text, row->want) == NULL) {
      fail_msg("%s: \"%s\"", row->name, err.text);
    }
    for (size_t f = 0; f < row->files; f++) {
      assert_int_equal(fcntl(fds[f], F_GETFD), -1);
    }
  }

  /* The name is still that of the pair. */
  {
    struct tls4217_error err = { .text = "" };

    assert_true(
      askbook_text(library->book, TLS4217_KEYPROTO_RECALL, "id", NULL, &err));
  }
}

/* UNLOCK: one descriptor, of a pipe with something in it. */
static void test_unlocks(void **state) {
  static const char *const wanted[] = { INVALID, "empty", INVALID };
  const struct library *library = *state;

  for (size_t files = 0; files < COUNT(wanted); files++) {
    struct tls4217_keyproto_writer writer = askbook_begin(
      TLS4217_KEYPROTO_UNLOCK);
    struct tls4217_keyproto_reader reader;
    struct tls4217_error err = { .text = "" };
    int fds[2];

    for (size_t f = 0; f < files; f++) {
      fds[f] = open("/dev/null", O_RDONLY | O_CLOEXEC);
      assert_true(fds[f] >= 0);
    }

    assert_false(
      askbook_serve(library->book, &writer, fds, files, &reader, &err));
    assert_non_null(strstr(err.text, wanted[files]));
    for (size_t f = 0; f < files; f++) {
      assert_int_equal(fcntl(fds[f], F_GETFD), -1);
    }
  }
}

/* A handle is given once, and what is not there is said. */
static void test_handles(void **state) {
  const struct library *library = *state;
  struct tls4217_error err = { .text = "" };
  struct tls4217_keyproto_writer writer = askbook_begin(TLS4217_KEYPROTO_LOAD);
  struct tls4217_keyproto_reader reader;
  int fd = open(library->file, O_RDONLY | O_CLOEXEC);

  tls4217_keyproto_put_text(&writer, "other");
  tls4217_keyproto_put_u64(&writer, ASKBOOK_SCOPE);
  tls4217_keyproto_put_u64(&writer, library->handle);
  tls4217_keyproto_put_text(&writer, library->file);
  for (int i = 0; i < 2; i++) {
    tls4217_keyproto_put_text(&writer, NULL);
  }
  assert_false(askbook_serve(library->book, &writer, &fd, 1, &reader, &err));
  assert_int_equal(err.errnum, EEXIST);

  tls4217_error_clear(&err);
  assert_false(
    askbook_number(library->book, TLS4217_KEYPROTO_ACCEPT, 4711, &err));
  assert_int_equal(err.errnum, ENOENT);

  tls4217_error_clear(&err);
  assert_false(
    askbook_text(library->book, TLS4217_KEYPROTO_RECALL, "other", NULL, &err));
  assert_int_equal(err.errnum, ENOENT);

  /* What has gone already is no error. */
  tls4217_error_clear(&err);
  assert_true(askbook_number(library->book, TLS4217_KEYPROTO_DROP, 4711, &err));
}

/* The last good pair is the one that was accepted last; a session's key stays
 * for the channels that came before it was dropped. */
static void test_last_good(void **state) {
  const struct library *library = *state;
  const uint64_t scope = ASKBOOK_SCOPE, other = ASKBOOK_SCOPE + 1;
  struct tls4217_error err = { .text = "" };
  uint64_t handle, before, after;
  EVP_PKEY *key;

  before = tls4217_keybook_enter(library->book);
  pki_add_text(library->file, "\n");
  handle = askbook_load(library->book, library->file, "id", &err);
  assert_int_not_equal(handle, library->handle);
  assert_true(
    askbook_number(library->book, TLS4217_KEYPROTO_ACCEPT, handle, &err));
  assert_true(askbook_number(
    library->book, TLS4217_KEYPROTO_DROP, library->handle, &err));
  after = tls4217_keybook_enter(library->book);
  assert_int_not_equal(before, after);

  key = tls4217_keybook_get1(library->book, library->handle, &scope, 1, &err);
  assert_non_null(key);
  EVP_PKEY_free(key);
  tls4217_keybook_leave(library->book, before);
  assert_null(
    tls4217_keybook_get1(library->book, library->handle, &scope, 1, &err));
  assert_null(tls4217_keybook_get1(library->book, handle, &other, 1, &err));
  tls4217_keybook_leave(library->book, after);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_lengths),
    CASE(test_types),
    CASE(test_loads),
    CASE(test_unlocks),
    CASE(test_handles),
    CASE(test_last_good),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
