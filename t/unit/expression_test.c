/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - expression.c: whom a list of names means
 *
 * Each row is a list, and whether it means each of some people.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/expression.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_WORDS    4

/* One with two names, as UserAlias makes them. */
static const char *const alice[] = { "alice", NULL };
static const char *const bob[] = { "bob", NULL };
static const char *const guest[] = { "ftp", "anonymous", NULL };
static const char *const nobody[] = { NULL };

struct list_case {
  const char *words[MAX_WORDS];
  bool want_alice, want_bob, want_guest, want_nobody;
  enum tls4217_reach want_reach;
};

#define SOME      TLS4217_REACH_SOME
#define NOBODY    TLS4217_REACH_NOBODY
#define EVERYBODY TLS4217_REACH_EVERYBODY

static const struct list_case cases[] = {
  { { NULL }, false, false, false, false, NOBODY },
  { { "alice" }, true, false, false, false, SOME },
  { { "Alice" }, false, false, false, false, SOME },
  { { "alice", "bob" }, true, true, false, false, SOME },
  { { "anonymous" }, false, false, true, false, SOME },
  { { "ftp" }, false, false, true, false, SOME },
  { { "*" }, true, true, true, true, EVERYBODY },
  { { "alice", "*" }, true, true, true, true, EVERYBODY },
  { { "*", "alice" }, true, true, true, true, EVERYBODY },
  { { "!alice" }, false, true, true, true, SOME },
  { { "!anonymous" }, true, true, false, true, SOME },
  { { "!ftp" }, true, true, false, true, SOME },
  { { "!alice", "!bob" }, false, false, true, true, SOME },
  { { "*", "!alice" }, false, true, true, true, SOME },
  { { "!alice", "*" }, false, true, true, true, SOME },
  { { "alice", "!bob" }, true, false, false, false, SOME },
  { { "alice", "!alice" }, false, false, false, false, NOBODY },
  { { "alice", "bob", "!alice" }, false, true, false, false, SOME },
  { { "ftp", "!anonymous" }, false, false, false, false, SOME },
  { { "!*" }, false, false, false, false, NOBODY },
  { { "alice", "!*" }, false, false, false, false, NOBODY },
};

static bool is_named(const void *who, const char *name) {
  for (const char *const *each = who; *each != NULL; each++) {
    if (strcmp(*each, name) == 0) {
      return true;
    }
  }

  return false;
}

static void check_case(const struct list_case *c) {
  char words[MAX_WORDS][16], *list[MAX_WORDS + 1] = { NULL };

  for (size_t i = 0; i < MAX_WORDS && c->words[i] != NULL; i++) {
    (void) snprintf(words[i], sizeof(words[i]), "%s", c->words[i]);
    list[i] = words[i];
  }

  print_message("# %s %s\n", list[0] != NULL ? list[0] : "",
    list[0] != NULL && list[1] != NULL ? list[1] : "");
  assert_int_equal(
    tls4217_expression_matches(list, is_named, alice), c->want_alice);
  assert_int_equal(
    tls4217_expression_matches(list, is_named, bob), c->want_bob);
  assert_int_equal(
    tls4217_expression_matches(list, is_named, guest), c->want_guest);
  assert_int_equal(
    tls4217_expression_matches(list, is_named, nobody), c->want_nobody);
  assert_int_equal(tls4217_expression_reach(list), c->want_reach);
}

static void test_lists(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(cases); i++) {
    check_case(&cases[i]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_lists),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("expression", tests, NULL, NULL);
}
