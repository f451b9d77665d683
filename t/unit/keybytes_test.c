/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keybytes.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keybytes.h"

static struct tls4217_keybytes bytes;

static bool keep(const char *name, const char *value) {
  return tls4217_keybytes_keep(&bytes, name, value, strlen(value));
}

static void assert_kept(const char *name, const char *want) {
  size_t size = 4711;
  const void *got = tls4217_keybytes_find(&bytes, name, &size);

  assert_int_equal(size, want == NULL ? 0 : strlen(want));
  assert_true((got == NULL) == (size == 0));
  if (size > 0) {
    assert_memory_equal(got, want, size);
  }
}

static int end(void **state) {
  (void) state;
  tls4217_keybytes_clear(&bytes);
  return bytes.first == NULL ? 0 : -1;
}

static void test_names(void **state) {
  (void) state;
  assert_kept("ring", NULL);
  assert_true(keep("ring", "one"));
  assert_true(keep("handles", "three"));
  assert_true(keep("", "nameless"));
  assert_kept("ring", "one");
  assert_kept("handles", "three");
  assert_kept("", "nameless");
  assert_kept("rin", NULL);
}

static void test_replacing(void **state) {
  (void) state;
  assert_true(keep("ring", "one"));
  assert_true(keep("other", "x"));
  assert_true(keep("ring", "eleven"));
  assert_kept("ring", "eleven");
  assert_kept("other", "x");
  assert_true(keep("ring", "2"));
  assert_kept("ring", "2");

  /* None are what there is then. */
  assert_true(tls4217_keybytes_keep(&bytes, "ring", NULL, 0));
  assert_kept("ring", NULL);
  assert_true(keep("ring", "again"));
  assert_kept("ring", "again");
}

/* A copy of the caller's, also where that is what is kept. */
static void test_copies(void **state) {
  char value[] = "value";
  size_t size;
  const void *kept;

  (void) state;
  assert_true(keep("ring", value));
  value[0] = 'x';
  assert_kept("ring", "value");
  kept = tls4217_keybytes_find(&bytes, "ring", &size);
  assert_true(tls4217_keybytes_keep(&bytes, "ring", kept, size));
  assert_kept("ring", "value");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(test_names, end),
    cmocka_unit_test_teardown(test_replacing, end),
    cmocka_unit_test_teardown(test_copies, end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
