/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/phrasebook.c
 *
 * What a program or a terminal may print, in which order phrases are tried, and
 * who can see them.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/phrasebook.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int make(void **state) {
  *state = tls4217_phrasebook_new();
  return *state != NULL ? 0 : -1;
}

static int end(void **state) {
  tls4217_phrasebook_free(*state);
  return 0;
}

static int take_bytes(struct tls4217_phrasebook *book, const void *bytes,
  size_t size, struct tls4217_error *err) {
  int fds[2], res;

  assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  assert_int_equal(write(fds[1], bytes, size), size);
  assert_int_equal(close(fds[1]), 0);
  tls4217_error_clear(err);
  res = tls4217_phrasebook_take(book, fds[0], err);
  assert_int_equal(close(fds[0]), 0);
  return res;
}

static void take(struct tls4217_phrasebook *book, const char *text) {
  struct tls4217_error err;

  assert_int_equal(take_bytes(book, text, strlen(text), &err), 0);
}

#define LINE(text) text, sizeof(text) - 1

static const struct {
  const char *bytes;
  size_t size;
  const char *want, *words; /* the phrase, or of the error */
} lines[] = {
  { LINE("secret"), "secret", NULL },
  { LINE("secret\n"), "secret", NULL },
  { LINE("secret\r\n"), "secret", NULL },
  { LINE(" with blanks \n"), " with blanks ", NULL },
  { LINE("first\nsecond\n"), "first", NULL },
  { LINE("\xc3\xa4\n"), "\xc3\xa4", NULL },
  { LINE(""), NULL, "empty" },
  { LINE("\n"), NULL, "empty" },
  { LINE("\r\n"), NULL, "empty" },
  { LINE("\nsecond\n"), NULL, "empty" },
  { LINE("a\0b\n"), NULL, "NUL" },
};

static void test_lines(void **state) {
  struct tls4217_error err;

  for (size_t i = 0; i < COUNT(lines); i++) {
    int res = take_bytes(*state, lines[i].bytes, lines[i].size, &err);

    print_message("# %zu: %s\n", i, err.text);
    assert_int_equal(res, lines[i].want != NULL ? 0 : -1);
    if (lines[i].want != NULL) {
      assert_string_equal(tls4217_phrasebook_get(*state, 0), lines[i].want);

    } else {
      assert_non_null(strstr(err.text, lines[i].words));
    }
  }
}

static void test_length(void **state) {
  char bytes[TLS4217_PHRASE_MAX + 200];
  struct tls4217_error err;

  memset(bytes, 'x', sizeof(bytes));
  assert_int_equal(take_bytes(*state, bytes, TLS4217_PHRASE_MAX, &err), 0);
  assert_int_equal(
    strlen(tls4217_phrasebook_get(*state, 0)), TLS4217_PHRASE_MAX);
  for (size_t more = 1; more < 200; more++) {
    assert_int_equal(
      take_bytes(*state, bytes, TLS4217_PHRASE_MAX + more, &err), -1);
    assert_non_null(strstr(err.text, "longer than 1023 bytes"));
  }
}

static void test_trial(void **state) {
  take(*state, "one");
  assert_true(tls4217_phrasebook_has_trial(*state));
  take(*state, "two");
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "two");
  assert_null(tls4217_phrasebook_get(*state, 1));

  tls4217_phrasebook_confirm(*state, 0);
  assert_false(tls4217_phrasebook_has_trial(*state));
  take(*state, "three");
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "three");
  tls4217_phrasebook_end_trial(*state);
  tls4217_phrasebook_end_trial(*state);
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "two");
  assert_null(tls4217_phrasebook_get(*state, 1));
}

static void add(struct tls4217_phrasebook *book, int number) {
  char text[32];

  (void) snprintf(text, sizeof(text), "phrase %d", number);
  take(book, text);
  tls4217_phrasebook_confirm(book, 0);
}

/* What was used last is tried first, also behind one that is on trial. */
static void test_order(void **state) {
  for (int i = 0; i < 4; i++) {
    add(*state, i);
  }

  tls4217_phrasebook_confirm(*state, 2);
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "phrase 1");
  assert_string_equal(tls4217_phrasebook_get(*state, 1), "phrase 3");
  assert_string_equal(tls4217_phrasebook_get(*state, 2), "phrase 2");
  assert_string_equal(tls4217_phrasebook_get(*state, 3), "phrase 0");

  take(*state, "new");
  tls4217_phrasebook_confirm(*state, 4);
  assert_true(tls4217_phrasebook_has_trial(*state));
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "new");
  assert_string_equal(tls4217_phrasebook_get(*state, 1), "phrase 0");
  assert_string_equal(tls4217_phrasebook_get(*state, 4), "phrase 2");
  assert_null(tls4217_phrasebook_get(*state, 5));
}

static size_t count(const struct tls4217_phrasebook *book) {
  size_t at = 0;

  while (tls4217_phrasebook_get(book, at) != NULL) {
    at++;
  }

  return at;
}

static void test_fullness(void **state) {
  for (int i = 0; i < 3 * TLS4217_PHRASEBOOK_MAX; i++) {
    add(*state, i);
    assert_true(count(*state) <= TLS4217_PHRASEBOOK_MAX);
  }

  take(*state, "on trial");
  assert_int_equal(count(*state), TLS4217_PHRASEBOOK_MAX + 1);
  tls4217_phrasebook_confirm(*state, TLS4217_PHRASEBOOK_MAX);
  assert_int_equal(count(*state), TLS4217_PHRASEBOOK_MAX + 1);
  tls4217_phrasebook_end_trial(*state);
  assert_int_equal(count(*state), TLS4217_PHRASEBOOK_MAX);
  assert_string_equal(tls4217_phrasebook_get(*state, 0), "phrase 32");
}

/* A session is forked, and must not have it. */
static void test_child(void **state) {
  struct tls4217_phrasebook *book = *state;
  int status = 0;
  pid_t pid;

  add(book, 1);
  pid = fork();
  if (pid == 0) {
    _exit(tls4217_phrasebook_get(book, 0) == NULL &&
          tls4217_phrasebook_find(book) == NULL ?
        EXIT_SUCCESS :
        EXIT_FAILURE);
  }

  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
  assert_string_equal(tls4217_phrasebook_get(book, 0), "phrase 1");
}

static void test_find(void **state) {
  char *book = *state;
  char other[8] = "other";

  add(*state, 1);
  assert_ptr_equal(tls4217_phrasebook_find(book), book);
  assert_null(tls4217_phrasebook_find(NULL));
  assert_null(tls4217_phrasebook_find(book + 8));
  assert_null(tls4217_phrasebook_find(other));

  tls4217_phrasebook_free(*state);
  assert_null(tls4217_phrasebook_find(book));
  *state = NULL;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_lines),
    CASE(test_length),
    CASE(test_trial),
    CASE(test_order),
    CASE(test_fullness),
    CASE(test_child),
    CASE(test_find),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
