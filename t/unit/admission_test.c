/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - admission.c: which commands may come before TLS
 *
 * RFC 4217, sections 4.2 and 10.1.  A sweep over every command of RFC 959,
 * 2228, 2389, 2428, 3659 and 7151 against the table below, in every state of
 * the control connection, under every view.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/admission.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Refused in clear under login, under required. */
struct command_case {
  const char *verb;
  bool want_login;
  bool want_required;
};

static const struct command_case cases[] = {
  { "USER", true, true },
  { "PASS", true, true },
  { "ACCT", true, true },

  { "AUTH", false, false },
  { "FEAT", false, false },
  { "HELP", false, false },
  { "HOST", false, false },
  { "NOOP", false, false },
  { "QUIT", false, false },
  { "SYST", false, false },
  { "CLNT", false, false },
  { "OPTS", false, false },
  { "OPTS_UTF8", false, false },
  { "OPTS_MLST", false, false },

  { "ABOR", false, true },
  { "ADAT", false, true },
  { "ALLO", false, true },
  { "APPE", false, true },
  { "CCC", false, true },
  { "CDUP", false, true },
  { "CWD", false, true },
  { "DELE", false, true },
  { "EPRT", false, true },
  { "EPSV", false, true },
  { "LANG", false, true },
  { "LIST", false, true },
  { "MDTM", false, true },
  { "MFMT", false, true },
  { "MKD", false, true },
  { "MLSD", false, true },
  { "MLST", false, true },
  { "MODE", false, true },
  { "NLST", false, true },
  { "PASV", false, true },
  { "PBSZ", false, true },
  { "PORT", false, true },
  { "PROT", false, true },
  { "PWD", false, true },
  { "REIN", false, true },
  { "REST", false, true },
  { "RETR", false, true },
  { "RMD", false, true },
  { "RNFR", false, true },
  { "RNTO", false, true },
  { "SITE", false, true },
  { "SITE_CHMOD", false, true },
  { "SIZE", false, true },
  { "SMNT", false, true },
  { "STAT", false, true },
  { "STOR", false, true },
  { "STOU", false, true },
  { "STRU", false, true },
  { "TYPE", false, true },
  { "XPWD", false, true },

  /* Words that only look like one of the above. */
  { "", false, true },
  { "_", false, true },
  { "AUT", false, true },
  { "AUTHX", false, true },
  { "USERS", false, true },
  { "XUSER", false, true },
  { "QUITE", false, true },
};

static bool is_wanted_refusal(const struct command_case *row,
  enum tls4217_control control, enum tls4217_control_view view) {
  if (control != TLS4217_CONTROL_CLEAR) {
    return false;
  }

  return (view == TLS4217_CONTROL_VIEW_LOGIN && row->want_login) ||
    (view == TLS4217_CONTROL_VIEW_REQUIRED && row->want_required);
}

static void check_command(const struct command_case *row,
  enum tls4217_control control, enum tls4217_control_view view) {
  const struct tls4217_state state = { .control = control };
  struct tls4217_verdict got;
  bool refused;

  got = tls4217_admission_command(&state, view, row->verb);
  refused = is_wanted_refusal(row, control, view);

  if (got.accepted == refused ||
    got.reply !=
      (refused ? TLS4217_REPLY_COMMAND_NOT_PROTECTED : TLS4217_REPLY_NONE)) {
    fail_msg("%s, control %d, view %s: accepted %d, reply %d", row->verb,
      (int) control, tls4217_names_control_view_text(view), got.accepted,
      (int) got.reply);
  }
}

static void test_commands(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    for (int control = TLS4217_CONTROL_CLEAR;
         control <= TLS4217_CONTROL_CLEARED; control++) {
      for (int view = TLS4217_CONTROL_VIEW_OPTIONAL;
           view <= TLS4217_CONTROL_VIEW_UNKNOWN; view++) {
        check_command(&cases[i], (enum tls4217_control) control,
          (enum tls4217_control_view) view);
      }
    }
  }
}

/* A user about whom there is a view: the reply in each state. */
struct user_case {
  enum tls4217_view view;
  enum tls4217_reply_id want_clear, want_protected, want_cleared;
};

static const struct user_case users[] = {
  { TLS4217_VIEW_NONE, TLS4217_REPLY_NONE, TLS4217_REPLY_USER_PROTECTED,
    TLS4217_REPLY_NONE },
  { TLS4217_VIEW_OPTIONAL, TLS4217_REPLY_NONE, TLS4217_REPLY_NONE,
    TLS4217_REPLY_NONE },
  { TLS4217_VIEW_REQUIRED, TLS4217_REPLY_USER_NOT_PROTECTED, TLS4217_REPLY_NONE,
    TLS4217_REPLY_USER_NOT_PROTECTED },
  { TLS4217_VIEW_PER_TRANSFER, TLS4217_REPLY_NONE, TLS4217_REPLY_NONE,
    TLS4217_REPLY_NONE },
  { TLS4217_VIEW_UNKNOWN, TLS4217_REPLY_NONE, TLS4217_REPLY_NONE,
    TLS4217_REPLY_NONE },
};

/* What is said to PASS where want is said to USER. */
static enum tls4217_reply_id reply_to_pass(enum tls4217_reply_id want) {
  switch (want) {
    case TLS4217_REPLY_USER_NOT_PROTECTED:
      return TLS4217_REPLY_LOGIN_NOT_PROTECTED;

    case TLS4217_REPLY_USER_PROTECTED:
      return TLS4217_REPLY_LOGIN_PROTECTED;

    default:
      return want;
  }
}

static void check_user(enum tls4217_control control, enum tls4217_view view,
  enum tls4217_reply_id want) {
  const struct tls4217_state state = { .control = control };
  struct tls4217_verdict got = tls4217_admission_user(&state, view);

  assert_int_equal(got.reply, want);
  assert_int_equal(got.accepted, want == TLS4217_REPLY_NONE);

  got = tls4217_admission_login(&state, view);
  assert_int_equal(got.reply, reply_to_pass(want));
  assert_int_equal(got.accepted, want == TLS4217_REPLY_NONE);
}

static void test_users(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(users); i++) {
    check_user(TLS4217_CONTROL_CLEAR, users[i].view, users[i].want_clear);
    check_user(
      TLS4217_CONTROL_PROTECTED, users[i].view, users[i].want_protected);
    check_user(TLS4217_CONTROL_CLEARED, users[i].view, users[i].want_cleared);
  }
}

/* AllowPerUser: every view beside every section's. */
static void test_sections(void **unused) {
  static const enum tls4217_control_view sections[] = {
    TLS4217_CONTROL_VIEW_UNKNOWN, TLS4217_CONTROL_VIEW_OPTIONAL,
    TLS4217_CONTROL_VIEW_LOGIN, TLS4217_CONTROL_VIEW_REQUIRED
  };
  static const enum tls4217_view views[] = { TLS4217_VIEW_OPTIONAL,
    TLS4217_VIEW_NONE, TLS4217_VIEW_REQUIRED };

  (void) unused;
  for (size_t i = 0; i < COUNT(sections); i++) {
    for (size_t j = 0; j < COUNT(sections); j++) {
      enum tls4217_control_view want = i == 1 ? TLS4217_CONTROL_VIEW_OPTIONAL :
                                                sections[j];

      assert_int_equal(
        tls4217_admission_command_view(sections[j], sections[i]), want);
    }

    for (size_t j = 0; j < COUNT(views); j++) {
      enum tls4217_view want = j == 0 && i >= 2 ? TLS4217_VIEW_REQUIRED :
                                                  views[j];

      assert_int_equal(
        tls4217_admission_user_view(views[j], sections[i]), want);
    }
  }
}

static void test_two_hosts(void **unused) {
  const int hosts[2] = { 0 };

  (void) unused;

  assert_false(tls4217_admission_are_two_hosts(NULL, NULL));
  assert_false(tls4217_admission_are_two_hosts(&hosts[0], NULL));
  assert_false(tls4217_admission_are_two_hosts(NULL, &hosts[1]));
  assert_false(tls4217_admission_are_two_hosts(&hosts[0], &hosts[0]));
  assert_true(tls4217_admission_are_two_hosts(&hosts[0], &hosts[1]));
}

static void test_one_change_of_the_host(void **unused) {
  const int hosts[3] = { 0 };
  const void *const all[] = { &hosts[0], &hosts[1], &hosts[2], NULL };

  (void) unused;
  for (size_t current = 0; current < 3; current++) {
    for (size_t wanted = 0; wanted < COUNT(all); wanted++) {
      const struct tls4217_verdict verdict = tls4217_admission_host(
        all[0], all[current], all[wanted]);
      bool want = current == 0 || wanted == current || wanted == 3;

      assert_int_equal(verdict.accepted, want);
      assert_int_equal(
        verdict.reply, want ? TLS4217_REPLY_NONE : TLS4217_REPLY_HOST_AGAIN);
    }
  }
}

/* ALPACA: who has logged in is a client, whatever else he asks for. */
static void test_unknown_commands(void **state) {
  struct tls4217_verdict verdict;

  (void) state;
  assert_true(tls4217_admission_unknown(0, false).accepted);
  assert_true(tls4217_admission_unknown(9, false).accepted);
  verdict = tls4217_admission_unknown(10, false);
  assert_false(verdict.accepted);
  assert_int_equal(verdict.reply, TLS4217_REPLY_TOO_MANY_UNKNOWN);
  assert_false(tls4217_admission_unknown(11, false).accepted);
  assert_true(tls4217_admission_unknown(10, true).accepted);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
    { "4217-10.1-commands-before-tls", test_commands, NULL, NULL, NULL },
    { "4217-10.1-users", test_users, NULL, NULL, NULL },
    { "sections", test_sections, NULL, NULL, NULL },
    { "7151-3.2.2-one-change", test_one_change_of_the_host, NULL, NULL, NULL },
    { "7151-3.2.2-two-hosts", test_two_hosts, NULL, NULL, NULL },
    { "unknown-commands", test_unknown_commands, NULL, NULL, NULL },
  };

  return cmocka_run_group_tests_name("admission", tests, NULL, NULL);
}
