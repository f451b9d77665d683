/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/dnsnames.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/dnsnames.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NONE         TLS4217_DNSNAMES_NONE

#define LABEL_63 \
 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static bool put(
  struct tls4217_dnsnames *names, const char *name, size_t value) {
  size_t *at = tls4217_dnsnames_at(names, name, strlen(name));

  if (at == NULL) {
    return false;
  }

  *at = value;
  return true;
}

static const char *const kept[] = { "one.example.org", "*.example.org",
  "Two.Example.ORG.", "*.sub.example.org", "xn--bcher-kva.example",
  "under_score.example", "a.b", LABEL_63 ".example" };

static const struct {
  const char *name;
  size_t want; /* of kept */
} questions[] = {
  { "one.example.org", 0 },
  { "ONE.example.ORG", 0 },
  { "one.example.org.", 0 },
  { "two.example.org", 2 },
  { "three.example.org", 1 },
  { "xn--bcher-kva.example.org", 1 },
  { "a.sub.example.org", 3 },
  { "XN--BCHER-KVA.example", 4 },
  { "under_score.example", 5 },
  { "a.b", 6 },
  { LABEL_63 ".example", 7 },

  { "example.org", NONE },
  { "a.b.example.org", NONE },
  { "a.b.sub.example.org", NONE },
  { "*.example.org", NONE },
  { ".example.org", NONE },
  { "one..example.org", NONE },
  { "one.example.org..", NONE },
  { "bücher.example", NONE },
  { "one.example.org ", NONE },
  { "org", NONE },
  { "", NONE },
  { ".", NONE },
};

static void check_all(const struct tls4217_dnsnames *names) {
  for (size_t i = 0; i < COUNT(questions); i++) {
    const size_t got = tls4217_dnsnames_find(names, questions[i].name);

    if (got != questions[i].want) {
      fail_msg("'%s': %lu", questions[i].name, (unsigned long) got);
    }
  }
}

/* Exact before wildcard, in either order. */
static void test_find(void **state) {
  (void) state;
  for (int backwards = 0; backwards < 2; backwards++) {
    struct tls4217_dnsnames *names = tls4217_dnsnames_new();

    assert_non_null(names);
    for (size_t i = 0; i < COUNT(kept); i++) {
      const size_t at = backwards ? COUNT(kept) - 1 - i : i;

      assert_true(put(names, kept[at], at));
    }

    assert_int_equal(tls4217_dnsnames_count(names), COUNT(kept));
    check_all(names);
    tls4217_dnsnames_free(names);
  }
}

/* What is no DNS name, or two. */
static void test_refused(void **state) {
  static const char *const refused[] = { "", ".", "*", "*.", "a*.example.org",
    "*.*.example.org", "a.*.example.org", "192.0.2.1", "*.0.2.1", "2001:db8::1",
    "a b.example", "-\n.example", "a..b", ".a", LABEL_63 "l.example",
    "a/b.example" };
  struct tls4217_dnsnames *names = tls4217_dnsnames_new();
  char longest[300];

  (void) state;
  for (size_t i = 0; i < COUNT(refused); i++) {
    if (put(names, refused[i], i)) {
      fail_msg("'%s'", refused[i]);
    }
  }

  /* A NUL byte cuts no name short. */
  assert_null(tls4217_dnsnames_at(names, "one.example\0.net", 16));

  memset(longest, 'a', sizeof(longest));
  for (size_t i = 50; i < sizeof(longest); i += 51) {
    longest[i] = '.';
  }

  assert_non_null(tls4217_dnsnames_at(names, longest, 253));
  assert_null(tls4217_dnsnames_at(names, longest, 255));
  assert_int_equal(tls4217_dnsnames_count(names), 1);
  tls4217_dnsnames_free(names);
  tls4217_dnsnames_free(NULL);
}

static void test_same_name_is_one(void **state) {
  struct tls4217_dnsnames *names = tls4217_dnsnames_new();

  (void) state;
  assert_true(put(names, "a.example", 1));
  assert_int_equal(*tls4217_dnsnames_at(names, "A.Example.", 10), 1);
  assert_int_equal(*tls4217_dnsnames_at(names, "b.example", 9), NONE);
  assert_int_equal(tls4217_dnsnames_find(names, "b.example"), NONE);
  tls4217_dnsnames_free(names);
}

/* As many as anybody has. */
static void test_many(void **state) {
  struct tls4217_dnsnames *names = tls4217_dnsnames_new();
  char name[64];

  (void) state;
  for (size_t i = 0; i < 20000; i++) {
    (void) snprintf(name, sizeof(name), "host%lu.example", (unsigned long) i);
    assert_true(put(names, name, i));
  }

  for (size_t i = 0; i < 20000; i++) {
    (void) snprintf(name, sizeof(name), "HOST%lu.example", (unsigned long) i);
    assert_int_equal(tls4217_dnsnames_find(names, name), i);
  }

  assert_int_equal(tls4217_dnsnames_find(names, "host20000.example"), NONE);
  tls4217_dnsnames_free(names);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_find),
    cmocka_unit_test(test_refused),
    cmocka_unit_test(test_same_name_is_one),
    cmocka_unit_test(test_many),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
