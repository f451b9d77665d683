/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/daemon/remembered.c, with restartmemory.c: what
 * outlives a module that is unloaded
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/daemon/remembered.h"

#define MARK "MOD_TLS4217_REMEMBERED_1"

static void put(uint64_t scope, const char *name, const char *text) {
  void *room = tls4217_remembered_put(scope, name, strlen(text));

  assert_non_null(room);
  memcpy(room, text, strlen(text));
}

static void assert_found(uint64_t scope, const char *name, const char *want) {
  size_t size = 0;
  const void *found = tls4217_remembered_find(scope, name, &size);

  if (want == NULL) {
    assert_null(found);
    return;
  }

  assert_non_null(found);
  assert_int_equal(size, strlen(want));
  assert_memory_equal(found, want, size);
}

static int end(void **state) {
  (void) state;
  tls4217_remembered_end();
  (void) unsetenv(MARK);
  return 0;
}

/* Nothing is found before it was left behind; then by scope and whole name. */
static void test_found_again(void **state) {
  (void) state;
  put(1, "CAs|a", "first");
  put(1, "CAs|b", "");
  put(2, "CAs|a", "second");
  assert_found(1, "CAs|a", NULL);

  tls4217_remembered_leave();
  assert_found(1, "CAs|a", NULL);
  tls4217_remembered_begin();
  assert_found(1, "CAs|a", "first");
  assert_found(1, "CAs|b", "");
  assert_found(2, "CAs|a", "second");
  assert_found(2, "CAs|b", NULL);
  assert_found(1, "CAs|", NULL);
  assert_found(1, "CAs|aa", NULL);

  tls4217_remembered_end();
  assert_found(1, "CAs|a", NULL);
}

/* It is there once, and not in another process. */
static void test_gone(void **state) {
  char mark[128];

  (void) state;
  put(1, "name", "text");
  tls4217_remembered_leave();
  assert_non_null(getenv(MARK));
  (void) snprintf(mark, sizeof(mark), "%s", getenv(MARK));
  tls4217_remembered_begin();
  assert_null(getenv(MARK));
  tls4217_remembered_begin();
  assert_found(1, "name", NULL);

  /* A mark of what is no longer mapped, of another process, of nobody. */
  assert_int_equal(setenv(MARK, mark, 1), 0);
  tls4217_remembered_begin();
  assert_found(1, "name", NULL);
  assert_int_equal(setenv(MARK, "1 1 1", 1), 0);
  tls4217_remembered_begin();
  assert_found(1, "name", NULL);
  assert_int_equal(setenv(MARK, "nonsense", 1), 0);
  tls4217_remembered_begin();
  assert_found(1, "name", NULL);
}

static void test_nothing(void **state) {
  (void) state;
  tls4217_remembered_leave();
  assert_null(getenv(MARK));
  tls4217_remembered_begin();
  assert_found(1, "name", NULL);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, end, end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_found_again),
    CASE(test_gone),
    CASE(test_nothing),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
