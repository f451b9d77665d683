/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - policy.c: the four views of RFC 4217, section 10.2
 *
 * Every case is a row; one cmocka test per row, named by clause.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/policy.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NONE         TLS4217_VIEW_NONE
#define OPTIONAL     TLS4217_VIEW_OPTIONAL
#define REQUIRED     TLS4217_VIEW_REQUIRED
#define PER_TRANSFER TLS4217_VIEW_PER_TRANSFER
#define UNKNOWN      TLS4217_VIEW_UNKNOWN

/* Rules of the cases match on the command named by data. */
static bool match_command(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  return strcmp(transfer->command, rule->data) == 0;
}

static bool match_pub(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  return transfer->path != NULL && strncmp(transfer->path, "/pub/", 5) == 0;
}

static bool match_secret(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  return transfer->path != NULL &&
    (transfer->path == tls4217_policy_any_path ||
      strncmp(transfer->path, "/secret/", 8) == 0);
}

static bool match_top(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  return transfer->path != NULL &&
    (transfer->path == tls4217_policy_any_path ||
      strcmp(transfer->path, "/") == 0);
}

static bool match_never_asked(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  (void) transfer;
  fail_msg("a rule was asked that must not be");
  return false;
}

static const struct tls4217_rule retr_none[] = {
  { NONE, match_command, "RETR", false },
};

static const struct tls4217_rule stor_required[] = {
  { REQUIRED, match_command, "STOR", false },
};

static const struct tls4217_rule first_wins[] = {
  { NONE, match_command, "RETR", false },
  { OPTIONAL, match_command, "LIST", false },
  { REQUIRED, match_command, "RETR", false },
};

static const struct tls4217_rule pub_then_required[] = {
  { NONE, match_pub, NULL, false },
  { REQUIRED, NULL, NULL, false },
  { NONE, match_never_asked, NULL, false },
};

static const struct tls4217_rule all_required[] = {
  { REQUIRED, match_command, "STOR", false },
  { REQUIRED, NULL, NULL, false },
};

static const struct tls4217_rule all_none[] = {
  { NONE, NULL, NULL, false },
  { REQUIRED, match_never_asked, NULL, false },
};

static const struct tls4217_rule undecided[] = {
  { PER_TRANSFER, NULL, NULL, false },
  { UNKNOWN, NULL, NULL, false },
  { REQUIRED, match_command, "RETR", false },
};

static const struct tls4217_rule never_asked[] = {
  { REQUIRED, match_never_asked, NULL, false },
};

static const struct tls4217_rule secret_optional_else_required[] = {
  { OPTIONAL, match_secret, NULL, false },
  { REQUIRED, NULL, NULL, false },
};

static const struct tls4217_rule secret_required[] = {
  { REQUIRED, match_secret, NULL, false },
};

static const struct tls4217_rule top_none[] = {
  { NONE, match_top, NULL, false },
};

static const struct tls4217_rule top_and_below_none[] = {
  { NONE, match_top, NULL, true },
};

static const struct tls4217_rule listing_then_secret[] = {
  { OPTIONAL, match_command, "LIST", false },
  { REQUIRED, match_secret, NULL, false },
};

static const struct tls4217_rule secret_none[] = {
  { NONE, match_secret, NULL, false },
  { REQUIRED, NULL, NULL, false },
};

#define RULES(rules) rules, COUNT(rules)
#define NO_RULES     NULL, 0

struct view_case {
  const char *name;
  struct tls4217_data_policy policy;
  struct tls4217_transfer transfer;
  enum tls4217_view want_view;
};

static const struct view_case view_cases[] = {
  { "4217-10.2-view1", { NONE, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, false }, NONE },
  { "4217-10.2-view2", { OPTIONAL, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, false }, OPTIONAL },
  { "4217-10.2-view3", { REQUIRED, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, false }, REQUIRED },
  { "4217-10.2-view4-default", { PER_TRANSFER, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, false }, OPTIONAL },
  { "4217-10.2-unset-default", { UNKNOWN, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, false }, OPTIONAL },

  { "4217-10.2-view1-tightened", { NONE, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, true }, NONE },
  { "4217-10.2-view2-tightened", { OPTIONAL, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, true }, REQUIRED },
  { "4217-10.2-view3-tightened", { REQUIRED, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, true }, REQUIRED },
  { "4217-10.2-view4-tightened", { PER_TRANSFER, NO_RULES, false },
    { "RETR", "/f", UNKNOWN, true }, REQUIRED },
  { "4217-10.2-view4-rule-tightened", { PER_TRANSFER, first_wins, 3, false },
    { "LIST", "/f", UNKNOWN, true }, REQUIRED },
  { "4217-10.2-view4-rule-none-tightened",
    { PER_TRANSFER, first_wins, 3, false }, { "RETR", "/f", UNKNOWN, true },
    NONE },
  { "4217-10.2-view3-directory-optional-tightened",
    { REQUIRED, NO_RULES, true }, { "RETR", "/f", OPTIONAL, true }, REQUIRED },
  { "4217-10.2-view2-directory-none-tightened", { OPTIONAL, NO_RULES, true },
    { "RETR", "/f", NONE, true }, NONE },

  { "4217-10.2-view1-directory-required", { NONE, NO_RULES, true },
    { "RETR", "/f", REQUIRED, false }, REQUIRED },
  { "4217-10.2-view1-directory-optional", { NONE, NO_RULES, true },
    { "RETR", "/f", OPTIONAL, false }, OPTIONAL },
  { "4217-10.2-view2-directory-none", { OPTIONAL, NO_RULES, true },
    { "RETR", "/f", NONE, false }, NONE },
  { "4217-10.2-view3-directory-none", { REQUIRED, NO_RULES, true },
    { "RETR", "/f", NONE, false }, NONE },
  { "4217-10.2-view3-elsewhere", { REQUIRED, NO_RULES, true },
    { "RETR", "/f", UNKNOWN, false }, REQUIRED },
  { "4217-10.2-unset-directory", { UNKNOWN, NO_RULES, true },
    { "RETR", "/f", REQUIRED, false }, REQUIRED },
  { "4217-10.2-directory-undecided", { REQUIRED, NO_RULES, true },
    { "RETR", "/f", PER_TRANSFER, false }, REQUIRED },
  { "4217-10.2-view4-directory", { PER_TRANSFER, NO_RULES, true },
    { "RETR", "/f", REQUIRED, false }, REQUIRED },

  { "4217-10.2-view4-rule", { PER_TRANSFER, RULES(retr_none), false },
    { "RETR", "/f", UNKNOWN, false }, NONE },
  { "4217-10.2-view4-rule-before-directory",
    { PER_TRANSFER, RULES(retr_none), true }, { "RETR", "/f", REQUIRED, false },
    NONE },
  { "4217-10.2-view4-no-match-directory",
    { PER_TRANSFER, RULES(retr_none), true }, { "STOR", "/f", REQUIRED, false },
    REQUIRED },
  { "4217-10.2-view4-no-match-default",
    { PER_TRANSFER, RULES(stor_required), false },
    { "RETR", "/f", UNKNOWN, false }, OPTIONAL },
  { "4217-10.2-view4-first-match", { PER_TRANSFER, RULES(first_wins), false },
    { "RETR", "/f", UNKNOWN, false }, NONE },
  { "4217-10.2-view4-later-match", { PER_TRANSFER, RULES(first_wins), false },
    { "LIST", "/f", UNKNOWN, false }, OPTIONAL },
  { "4217-10.2-view4-path", { PER_TRANSFER, RULES(pub_then_required), false },
    { "RETR", "/pub/f", UNKNOWN, false }, NONE },
  { "4217-10.2-view4-closing-rule",
    { PER_TRANSFER, RULES(pub_then_required), true },
    { "RETR", "/f", NONE, false }, REQUIRED },
  { "4217-10.2-view4-no-path",
    { PER_TRANSFER, RULES(pub_then_required), false },
    { "STOU", NULL, UNKNOWN, false }, REQUIRED },
  { "4217-10.2-view4-undecided-rules",
    { PER_TRANSFER, RULES(undecided), false }, { "RETR", "/f", UNKNOWN, false },
    REQUIRED },
  { "4217-10.2-view4-undecided-rules-default",
    { PER_TRANSFER, RULES(undecided), false }, { "LIST", "/f", UNKNOWN, false },
    OPTIONAL },
  { "4217-10.2-view2-ignores-rules", { OPTIONAL, RULES(never_asked), false },
    { "RETR", "/f", UNKNOWN, false }, OPTIONAL },
};

struct reach_case {
  const char *name;
  struct tls4217_data_policy policy;
  bool want_clear;
  bool want_private;
};

static const struct reach_case reach_cases[] = {
  { "4217-10.2-reach-view1", { NONE, NO_RULES, false }, true, false },
  { "4217-10.2-reach-view2", { OPTIONAL, NO_RULES, false }, true, true },
  { "4217-10.2-reach-view3", { REQUIRED, NO_RULES, false }, false, true },
  { "4217-10.2-reach-unset", { UNKNOWN, NO_RULES, false }, true, true },
  { "4217-10.2-reach-view1-directories", { NONE, NO_RULES, true }, true, true },
  { "4217-10.2-reach-view3-directories", { REQUIRED, NO_RULES, true }, true,
    true },
  { "4217-10.2-reach-view4", { PER_TRANSFER, NO_RULES, false }, true, true },
  { "4217-10.2-reach-view4-directories", { PER_TRANSFER, NO_RULES, true }, true,
    true },
  { "4217-10.2-reach-view4-conditional",
    { PER_TRANSFER, RULES(stor_required), false }, true, true },
  { "4217-10.2-reach-view4-never-asked",
    { PER_TRANSFER, RULES(never_asked), false }, true, true },
  { "4217-10.2-reach-view4-closing-rule",
    { PER_TRANSFER, RULES(pub_then_required), false }, true, true },
  { "4217-10.2-reach-view4-all-required",
    { PER_TRANSFER, RULES(all_required), false }, false, true },
  { "4217-10.2-reach-view4-all-required-directories",
    { PER_TRANSFER, RULES(all_required), true }, false, true },
  { "4217-10.2-reach-view4-all-none", { PER_TRANSFER, RULES(all_none), true },
    true, false },
  { "4217-10.2-reach-view4-undecided",
    { PER_TRANSFER, RULES(undecided), false }, true, true },
  { "4217-10.2-reach-view1-ignores-rules", { NONE, RULES(all_required), false },
    true, false },
  { "4217-10.2-reach-view3-ignores-rules", { REQUIRED, RULES(all_none), false },
    false, true },
};

/* What may be said of a tree that nobody has looked through. */
struct below_case {
  const char *name;
  struct tls4217_data_policy policy;
  enum tls4217_view top; /* of the directory itself */
  struct tls4217_views_below below;
  bool want_clear;
  bool want_private;
};

static const struct below_case below_cases[] = {
  { "4217-10.2-below-nothing", { OPTIONAL, NO_RULES, false }, UNKNOWN,
    { false, false, false, false }, true, true },
  { "4217-10.2-below-required", { OPTIONAL, NO_RULES, true }, UNKNOWN,
    { false, false, true, false }, false, true },
  { "4217-10.2-below-none", { OPTIONAL, NO_RULES, true }, UNKNOWN,
    { true, false, false, false }, true, false },
  { "4217-10.2-below-both", { OPTIONAL, NO_RULES, true }, UNKNOWN,
    { true, true, true, false }, false, false },
  { "4217-10.2-below-optional", { REQUIRED, NO_RULES, true }, UNKNOWN,
    { false, true, false, false }, false, true },
  { "4217-10.2-below-ftpaccess", { OPTIONAL, NO_RULES, false }, UNKNOWN,
    { false, false, false, true }, false, true },
  { "4217-10.2-below-ftpaccess-under-none", { NONE, NO_RULES, false }, UNKNOWN,
    { false, false, false, true }, true, false },
  { "4217-10.2-below-ftpaccess-under-none-then-optional",
    { NONE, NO_RULES, true }, UNKNOWN, { false, true, false, true }, false,
    false },
  { "4217-10.2-below-top-required", { OPTIONAL, NO_RULES, true }, REQUIRED,
    { false, true, false, false }, false, true },
  { "4217-10.2-below-rule-on-path",
    { PER_TRANSFER, RULES(secret_required), false }, UNKNOWN,
    { false, false, false, false }, false, true },
  { "4217-10.2-below-rule-before-it",
    { PER_TRANSFER, RULES(listing_then_secret), true }, UNKNOWN,
    { false, false, true, false }, true, true },
  { "4217-10.2-below-rule-before-it-ftpaccess",
    { PER_TRANSFER, RULES(listing_then_secret), true }, UNKNOWN,
    { false, false, false, true }, false, true },
  { "4217-10.2-below-rule-about-other-commands",
    { PER_TRANSFER, RULES(stor_required), false }, UNKNOWN,
    { false, false, false, false }, true, true },
  { "4217-10.2-below-rule-required-for-all",
    { PER_TRANSFER, RULES(all_required), false }, UNKNOWN,
    { false, false, false, false }, false, true },
  { "4217-10.2-below-rule-looser-below",
    { PER_TRANSFER, RULES(secret_optional_else_required), false }, UNKNOWN,
    { false, false, false, true }, false, true },
  { "4217-10.2-below-rules-of-either-kind",
    { PER_TRANSFER, RULES(secret_none), false }, UNKNOWN,
    { false, false, false, false }, false, false },
  { "4217-10.2-below-rule-on-the-place-alone",
    { PER_TRANSFER, RULES(top_none), true }, REQUIRED,
    { false, false, false, false }, false, false },
  { "4217-10.2-below-rule-on-all-below",
    { PER_TRANSFER, RULES(top_and_below_none), true }, REQUIRED,
    { false, false, true, true }, true, false },
  { "4217-10.2-below-no-rule-no-directory", { PER_TRANSFER, NO_RULES, true },
    UNKNOWN, { false, false, true, false }, false, true },
  { "4217-10.2-below-rules-that-are-not-asked",
    { OPTIONAL, RULES(never_asked), false }, UNKNOWN,
    { false, false, false, false }, true, true },
};

struct allow_case {
  enum tls4217_view view;
  bool want_clear;
  bool want_private;
};

static const struct allow_case allow_cases[] = {
  { NONE, true, false },
  { OPTIONAL, true, true },
  { REQUIRED, false, true },
  { PER_TRANSFER, false, false },
  { UNKNOWN, false, false },
  { (enum tls4217_view) 99, false, false },
  { (enum tls4217_view) - 1, false, false },
};

static void test_view(void **state) {
  const struct view_case *row = *state;

  assert_int_equal(
    tls4217_policy_view(&row->policy, &row->transfer), row->want_view);
}

/* PROT knows C and P only; no policy ever reaches anything else. */
static void test_reach(void **state) {
  const struct reach_case *row = *state;

  assert_int_equal(tls4217_policy_reachable(&row->policy, TLS4217_LEVEL_CLEAR),
    row->want_clear);
  assert_int_equal(
    tls4217_policy_reachable(&row->policy, TLS4217_LEVEL_PRIVATE),
    row->want_private);
  for (int i = TLS4217_LEVEL_SAFE; i <= TLS4217_LEVEL_UNKNOWN; i++) {
    assert_false(
      tls4217_policy_reachable(&row->policy, (enum tls4217_level) i));
  }
}

static void test_below(void **state) {
  const struct below_case *row = *state;
  const struct tls4217_transfer transfer = { "LIST", "/", row->top, false };

  assert_int_equal(tls4217_policy_allows_below(
                     &row->policy, &transfer, &row->below, TLS4217_LEVEL_CLEAR),
    row->want_clear);
  assert_int_equal(tls4217_policy_allows_below(&row->policy, &transfer,
                     &row->below, TLS4217_LEVEL_PRIVATE),
    row->want_private);
}

/* A rule leaves a part of a place to the client that is clear but for it; an
 * .ftpaccess above the place says "required". */
static void test_below_ftpaccess_above(void **unused) {
  static const struct tls4217_rule rules[] = {
    { OPTIONAL, match_secret, NULL, false },
  };
  const struct tls4217_data_policy policy = { PER_TRANSFER, RULES(rules),
    true };
  struct tls4217_transfer transfer = { "LIST", "/", NONE, true };
  const struct tls4217_views_below below = { false, true, false, false };

  (void) unused;

  assert_false(tls4217_policy_allows_below(
    &policy, &transfer, &below, TLS4217_LEVEL_CLEAR));

  /* A directory below that has a view of its own is past it. */
  transfer.command = "RETR";
  assert_true(tls4217_policy_allows_below(
    &(struct tls4217_data_policy){ NONE, NO_RULES, true }, &transfer, &below,
    TLS4217_LEVEL_CLEAR));
  transfer.tightened = false;
  assert_true(tls4217_policy_allows_below(
    &policy, &transfer, &below, TLS4217_LEVEL_CLEAR));
}

static void test_allows(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(allow_cases); i++) {
    enum tls4217_view view = allow_cases[i].view;

    assert_int_equal(tls4217_policy_allows(view, TLS4217_LEVEL_CLEAR),
      allow_cases[i].want_clear);
    assert_int_equal(tls4217_policy_allows(view, TLS4217_LEVEL_PRIVATE),
      allow_cases[i].want_private);
    for (int level = TLS4217_LEVEL_SAFE; level < 9; level++) {
      assert_false(tls4217_policy_allows(view, (enum tls4217_level) level));
    }
  }
}

int main(void) {
  static struct CMUnitTest
    tests[COUNT(view_cases) + COUNT(reach_cases) + COUNT(below_cases) + 2];
  size_t count = 0;

  for (size_t i = 0; i < COUNT(view_cases); i++) {
    tests[count++] = (struct CMUnitTest){ view_cases[i].name, test_view, NULL,
      NULL, (void *) &view_cases[i] };
  }

  for (size_t i = 0; i < COUNT(reach_cases); i++) {
    tests[count++] = (struct CMUnitTest){ reach_cases[i].name, test_reach, NULL,
      NULL, (void *) &reach_cases[i] };
  }

  for (size_t i = 0; i < COUNT(below_cases); i++) {
    tests[count++] = (struct CMUnitTest){ below_cases[i].name, test_below, NULL,
      NULL, (void *) &below_cases[i] };
  }

  tests[count++] = (struct CMUnitTest){ "4217-10.2-below-rule-ftpaccess-above",
    test_below_ftpaccess_above, NULL, NULL, NULL };
  tests[count] = (struct CMUnitTest){ "4217-10.2-allows", test_allows, NULL,
    NULL, NULL };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
