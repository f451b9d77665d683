/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/strangers.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/strangers.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tls4217_strangers *strangers;

static int begin(void **state) {
  (void) state;
  strangers = calloc(1, tls4217_strangers_size());
  return strangers != NULL ? 0 : -1;
}

static int end(void **state) {
  (void) state;
  free(strangers);
  return 0;
}

static int add(const char *user, const char *client, uint64_t server) {
  struct tls4217_stranger who = { .server = server };

  (void) snprintf(who.user, sizeof(who.user), "%s", user);
  (void) snprintf(who.client, sizeof(who.client), "%s", client);
  return tls4217_strangers_add(strangers, &who);
}

static int count_rows(void) {
  struct tls4217_stranger who;
  int rows = 0;

  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    rows += tls4217_strangers_read(strangers, i, &who);
  }

  return rows;
}

static void test_by_user_client_and_server(void **state) {
  struct tls4217_stranger who;

  (void) state;
  for (int i = 0; i < 3; i++) {
    assert_int_equal(add("bob", "old", 1), 0);
  }

  assert_int_equal(add("bob", "new", 1), 0);
  assert_int_equal(add("bob", "old", 2), 0);
  assert_int_equal(add("carol", "old", 1), 0);
  assert_int_equal(count_rows(), 4);
  assert_true(tls4217_strangers_read(strangers, 0, &who));
  assert_string_equal(who.user, "bob");
  assert_int_equal(who.count, 3);
}

static void test_full(void **state) {
  char user[32];

  (void) state;
  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    (void) snprintf(user, sizeof(user), "user%d", i);
    assert_int_equal(add(user, "", 1), 0);
  }

  assert_int_equal(add("one more", "", 1), -1);
  assert_int_equal(add("user7", "", 1), 0);
}

static void test_nonsense(void **state) {
  struct tls4217_stranger who;

  (void) state;
  for (int byte = 0; byte < 256; byte++) {
    memset(strangers, byte, tls4217_strangers_size());
    for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
      if (tls4217_strangers_read(strangers, i, &who)) {
        assert_true(strlen(who.user) < sizeof(who.user));
      }
    }

    (void) add("bob", "", 1);
  }
}

static void test_names_for_ifuser(void **state) {
  static const char *const plain[] = { "bob", "b.o-b_1", "bob@example.org",
    "M\xc3\xbcller", "\xc4\x80no" };
  static const char *const others[] = { "", "!bob", "#bob", "bob,carol",
    "bob carol", "bob>", "\"bob\"", "AND", "OR", "regex", "b\nob", "*", "b%u",
    "b\\ob" };

  (void) state;
  for (size_t i = 0; i < COUNT(plain); i++) {
    assert_true(tls4217_strangers_is_plain(plain[i]));
  }

  for (size_t i = 0; i < COUNT(others); i++) {
    assert_false(tls4217_strangers_is_plain(others[i]));
  }
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_by_user_client_and_server),
    TEST(test_full),
    TEST(test_nonsense),
    cmocka_unit_test(test_names_for_ifuser),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
