/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - state.c: commands that reach what a view protects by another
 * door than a data connection
 *
 * Serves RFC 4217, section 10.2.  Each decision is asked in every state of
 * the control connection, at both levels, under each view.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NONE         TLS4217_VIEW_NONE
#define OPTIONAL     TLS4217_VIEW_OPTIONAL
#define REQUIRED     TLS4217_VIEW_REQUIRED

#define CLEAR        TLS4217_CONTROL_CLEAR
#define PROTECTED    TLS4217_CONTROL_PROTECTED
#define CLEARED      TLS4217_CONTROL_CLEARED

#define C            TLS4217_LEVEL_CLEAR
#define P            TLS4217_LEVEL_PRIVATE

#define GO_ON        TLS4217_REPLY_NONE

struct reach_case {
  enum tls4217_view view;
  enum tls4217_control control;
  enum tls4217_level level;
  enum tls4217_reply_id want_reveal;
  enum tls4217_reply_id want_move;
};

static const struct reach_case cases[] = {
  { NONE, CLEAR, C, GO_ON, GO_ON },
  { NONE, PROTECTED, C, GO_ON, GO_ON },
  { NONE, PROTECTED, P, GO_ON, GO_ON },
  { NONE, CLEARED, C, GO_ON, GO_ON },
  { NONE, CLEARED, P, GO_ON, GO_ON },
  { OPTIONAL, CLEAR, C, GO_ON, GO_ON },
  { OPTIONAL, PROTECTED, C, GO_ON, GO_ON },
  { OPTIONAL, PROTECTED, P, GO_ON, GO_ON },
  { OPTIONAL, CLEARED, C, GO_ON, GO_ON },
  { OPTIONAL, CLEARED, P, GO_ON, GO_ON },
  { REQUIRED, CLEAR, C, TLS4217_REPLY_REVEAL_NEEDS_AUTH,
    TLS4217_REPLY_MOVE_NEEDS_AUTH },
  { REQUIRED, PROTECTED, C, GO_ON, TLS4217_REPLY_MOVE_NEEDS_PRIVATE },
  { REQUIRED, PROTECTED, P, GO_ON, GO_ON },
  { REQUIRED, CLEARED, C, TLS4217_REPLY_REVEAL_AFTER_CCC,
    TLS4217_REPLY_MOVE_AFTER_CCC },
  { REQUIRED, CLEARED, P, TLS4217_REPLY_REVEAL_AFTER_CCC, GO_ON },
};

static void check(struct tls4217_verdict verdict, enum tls4217_reply_id want) {
  assert_int_equal(verdict.reply, want);
  assert_int_equal(verdict.accepted, want == GO_ON);
  assert_int_equal(verdict.level, TLS4217_LEVEL_UNKNOWN);
}

/* The view is the place's own. */
static void test_rfc4217_10_2_place(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct tls4217_state state = { cases[i].control, true, cases[i].level,
      true };
    const struct tls4217_data_policy policy = { OPTIONAL, NULL, 0, true };
    const struct tls4217_facts facts = { .data = &policy };
    const struct tls4217_transfer transfer = { "LIST", "/d", cases[i].view,
      false };

    check(tls4217_state_reveal(&state, &facts, &transfer, NULL),
      cases[i].want_reveal);
    check(
      tls4217_state_move(&state, &facts, &transfer, NULL), cases[i].want_move);
  }
}

/* The view is one that something below has. */
static void test_rfc4217_10_2_below(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct tls4217_state state = { cases[i].control, true, cases[i].level,
      true };
    const struct tls4217_data_policy policy = { OPTIONAL, NULL, 0, true };
    const struct tls4217_facts facts = { .data = &policy };
    const struct tls4217_transfer transfer = { "LIST", "/",
      TLS4217_VIEW_UNKNOWN, false };
    const struct tls4217_views_below below = { cases[i].view == NONE,
      cases[i].view == OPTIONAL, cases[i].view == REQUIRED, false };

    check(tls4217_state_reveal(&state, &facts, &transfer, &below),
      cases[i].want_reveal);
    check(tls4217_state_move(&state, &facts, &transfer, &below),
      cases[i].want_move);
  }
}

/* A listing that goes down is refused with the words of a transfer. */
static void test_rfc4217_10_2_listing_that_goes_down(void **unused) {
  const struct tls4217_data_policy policy = { OPTIONAL, NULL, 0, true };
  const struct tls4217_facts facts = { .data = &policy };
  const struct tls4217_transfer transfer = { "LIST", "/", TLS4217_VIEW_UNKNOWN,
    false };
  const struct tls4217_views_below required = { false, false, true, false };
  const struct tls4217_views_below none = { true, false, false, false };
  struct tls4217_state state = { PROTECTED, true, C, true };
  struct tls4217_verdict verdict;

  (void) unused;

  verdict = tls4217_state_transfer_below(&state, &facts, &transfer, &required);
  assert_int_equal(verdict.reply, TLS4217_REPLY_DATA_NEEDS_PRIVATE);

  verdict = tls4217_state_transfer_below(&state, &facts, &transfer, &none);
  assert_true(verdict.accepted);
  assert_int_equal(verdict.level, C);

  state.level = P;
  verdict = tls4217_state_transfer_below(&state, &facts, &transfer, &none);
  assert_int_equal(verdict.reply, TLS4217_REPLY_DATA_NEEDS_CLEAR);

  verdict = tls4217_state_transfer_below(&state, &facts, &transfer, &required);
  assert_true(verdict.accepted);
  assert_int_equal(verdict.level, P);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_rfc4217_10_2_place),
    cmocka_unit_test(test_rfc4217_10_2_below),
    cmocka_unit_test(test_rfc4217_10_2_listing_that_goes_down),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
