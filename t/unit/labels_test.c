/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/labels.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/labels.h"

static const struct {
  const char *value, *want;
} rows[] = {
  { "", "a=\"\"" },
  { "plain", "a=\"plain\"" },
  { "a \"b\"", "a=\"a \\\"b\\\"\"" },
  { "c:\\d", "a=\"c:\\\\d\"" },
  { "one\ntwo", "a=\"one\\ntwo\"" },
  { "\x1b[2J\x7f", "a=\"?[2J?\"" },
  { "\xc3\xbc", "a=\"\xc3\xbc\"" },
};

static void test_values(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    struct tls4217_labels labels = { .len = 0 };

    tls4217_labels_add(&labels, "a", rows[i].value);
    assert_string_equal(labels.text, rows[i].want);
    assert_int_equal(labels.len, strlen(labels.text));
  }
}

static void test_several(void **state) {
  struct tls4217_labels labels = { .len = 0 };

  (void) state;
  assert_string_equal(labels.text, "");
  tls4217_labels_add(&labels, "a", "1");
  tls4217_labels_add(&labels, "b", "2");
  assert_string_equal(labels.text, "a=\"1\",b=\"2\"");
}

/* However long they are, what there is is complete. */
static void test_too_long(void **state) {
  static char value[2000];
  char name[] = "a";

  (void) state;
  for (size_t len = 900; len < sizeof(value); len++) {
    struct tls4217_labels labels = { .len = 0 };

    memset(value, '"', len);
    value[len] = '\0';
    for (name[0] = 'a'; name[0] < 'e'; name[0]++) {
      tls4217_labels_add(&labels, name, value + len - 333);
    }

    assert_true(labels.len < sizeof(labels.text));
    assert_int_equal(labels.len, strlen(labels.text));
    assert_int_equal(labels.text[labels.len - 1], '"');
    assert_true(strstr(labels.text, "a=\"") != NULL);
  }
}

/* As much of a value as there is room for; a name goes in whole or not at
 * all. */
static void test_room(void **state) {
  static char value[2000], name[2000];
  struct tls4217_labels labels = { .len = 0 };
  const size_t most = sizeof(labels.text) - 2;

  (void) state;
  memset(value, 'x', sizeof(value) - 1);
  tls4217_labels_add(&labels, "a", value);
  assert_int_equal(labels.len, most);
  tls4217_labels_add(&labels, "b", "");
  assert_int_equal(labels.len, most);

  memset(name, 'n', most - 3);
  labels = (struct tls4217_labels){ .len = 0 };
  tls4217_labels_add(&labels, name, "");
  assert_int_equal(labels.len, most);
  assert_int_equal(strlen(labels.text), most);

  name[most - 3] = 'n';
  labels = (struct tls4217_labels){ .len = 0 };
  tls4217_labels_add(&labels, name, "");
  assert_int_equal(labels.len, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_several),
    cmocka_unit_test(test_too_long),
    cmocka_unit_test(test_room),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
