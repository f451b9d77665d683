/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - rfc4217/roster.c: texts of a row, and who is whose companion
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/roster.h"

static struct tls4217_roster_entry make(int32_t pid, const char *user) {
  struct tls4217_roster_entry entry = { .pid = pid, .start = 1, .server = 5 };

  tls4217_roster_set_text(entry.user, sizeof(entry.user), user);
  tls4217_roster_set_text(entry.address, sizeof(entry.address), "192.0.2.7");
  return entry;
}

/* Texts as they come: none, of one letter, of the size that fits, and longer
 * ones; each in a place that had another one. */
static void test_texts(void **state) {
  static const char all[] = "0123456789abcdef";
  char text[sizeof(all) + 1];

  (void) state;
  for (size_t len = 0; len < sizeof(all); len++) {
    char buf[12];

    memcpy(text, all, len);
    text[len] = '\0';
    memset(buf, 0x7f, sizeof(buf));
    tls4217_roster_set_text(buf, sizeof(buf) - 1, text);
    if (len > sizeof(buf) - 2) {
      text[sizeof(buf) - 2] = '\0';
    }

    assert_string_equal(buf, text);
    assert_int_equal(buf[sizeof(buf) - 1], 0x7f);
    for (size_t i = strlen(buf); i < sizeof(buf) - 1; i++) {
      assert_int_equal(buf[i], 0);
    }
  }

  memset(text, 0x7f, sizeof(text));
  tls4217_roster_set_text(text, sizeof(text), NULL);
  assert_string_equal(text, "");
}

static void test_who_may_become_a_companion(void **state) {
  struct tls4217_roster_entry own = make(1, "alice"), other = make(2, "");

  (void) state;
  assert_true(tls4217_roster_may_become_companions(&own, &other));
  assert_false(tls4217_roster_are_companions(&own, &other));
  tls4217_roster_set_text(other.address, sizeof(other.address), "192.0.2.8");
  assert_false(tls4217_roster_may_become_companions(&own, &other));
  other = make(2, "bob");
  assert_false(tls4217_roster_may_become_companions(&own, &other));
  other = make(2, "alice");
  assert_false(tls4217_roster_may_become_companions(&own, &other));

  /* Whose address is not known, or was cut, may be anyone. */
  other = make(2, "");
  own.address[0] = other.address[0] = '\0';
  assert_false(tls4217_roster_may_become_companions(&own, &other));
  memset(own.address, 'x', sizeof(own.address) - 1);
  other = own;
  other.user[0] = '\0';
  assert_false(tls4217_roster_may_become_companions(&own, &other));
}

static void test_companions(void **state) {
  static const char long_name[200] = { [0 ... 198] = 'x' };
  struct tls4217_roster_entry own = make(1, "alice"), other;

  (void) state;
  other = make(2, "alice");
  assert_true(tls4217_roster_are_companions(&own, &other));

  other = make(2, "Alice");
  assert_false(tls4217_roster_are_companions(&own, &other));
  other = make(2, "bob");
  assert_false(tls4217_roster_are_companions(&own, &other));
  other = make(2, "alice");
  other.server = 6;
  assert_false(tls4217_roster_are_companions(&own, &other));
  other = make(2, "alice");
  tls4217_roster_set_text(other.address, sizeof(other.address), "192.0.2.8");
  assert_false(tls4217_roster_are_companions(&own, &other));

  /* Anonymous users, and those without a name, are nobody. */
  other = make(2, "alice");
  other.anonymous = true;
  assert_false(tls4217_roster_are_companions(&own, &other));
  assert_false(tls4217_roster_are_companions(&other, &own));
  own = other = make(1, "");
  assert_false(tls4217_roster_are_companions(&own, &other));
  own = other = make(1, "alice");
  own.address[0] = other.address[0] = '\0';
  assert_false(tls4217_roster_are_companions(&own, &other));
  own = other = make(1, "alice");
  memset(own.address, 'x', sizeof(own.address) - 1);
  other = own;
  assert_false(tls4217_roster_are_companions(&own, &other));

  /* What was cut may have been two names. */
  own = other = make(1, long_name);
  assert_int_equal(strlen(own.user), sizeof(own.user) - 1);
  assert_false(tls4217_roster_are_companions(&own, &other));
}

/* The shortest and the longest names that are whole. */
static void test_companions_at_the_limits(void **state) {
  struct tls4217_roster_entry own = make(1, "a"), other = make(2, "a");

  (void) state;
  assert_true(tls4217_roster_are_companions(&own, &other));
  memset(own.user, 'x', sizeof(own.user) - 2);
  memset(own.address, '1', sizeof(own.address) - 2);
  memcpy(other.user, own.user, sizeof(other.user));
  memcpy(other.address, own.address, sizeof(other.address));
  assert_true(tls4217_roster_are_companions(&own, &other));
  other.user[sizeof(other.user) - 3] = 'y';
  assert_false(tls4217_roster_are_companions(&own, &other));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_texts),
    cmocka_unit_test(test_who_may_become_a_companion),
    cmocka_unit_test(test_companions),
    cmocka_unit_test(test_companions_at_the_limits),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
