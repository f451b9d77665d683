/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - state.c: whole dialogues, and what no caller can undo
 *
 * Serves RFC 4217, sections 4.2, 5, 9, 12.1, 12.3 and 13.  A dialogue is a
 * list of commands; after each the reply and the state are checked, and what
 * an accepted command asks for is done as a server would do it.  Single
 * decisions in every situation are swept in state_test.c.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_STEPS    12

struct step {
  const char *command;
  const char *word;
  const char *want_code;  /* "" lets the core go on */
  const char *want_state; /* control, PBSZ and level: "clear -C" */
};

struct dialogue {
  const char *name;
  enum tls4217_view view;
  bool undoable;
  struct step steps[MAX_STEPS];
};

#define OPTIONAL TLS4217_VIEW_OPTIONAL
#define REQUIRED TLS4217_VIEW_REQUIRED
#define NONE     TLS4217_VIEW_NONE

static const struct dialogue dialogues[] = {
  { "4217-12.1-protected-session", REQUIRED, false,
    { { "LIST", NULL, "521", "clear -C" }, { "AUTH", "TLS", "234", "tls -C" },
      { "LIST", NULL, "521", "tls -C" }, { "PROT", "P", "503", "tls -C" },
      { "PBSZ", "0", "200", "tls 0C" }, { "PROT", "C", "534", "tls 0C" },
      { "PROT", "P", "200", "tls 0P" }, { "PASS", NULL, "230", "tls 0P" },
      { "LIST", NULL, "", "tls 0P" } } },
  { "4217-12.3-clear-command-channel", OPTIONAL, false,
    { { "CCC", NULL, "533", "clear -C" }, { "AUTH", "TLS", "234", "tls -C" },
      { "PBSZ", "0", "200", "tls 0C" }, { "PROT", "P", "200", "tls 0P" },
      { "CCC", NULL, "534", "tls 0P" }, { "PASS", NULL, "230", "tls 0P" },
      { "CCC", NULL, "200", "cleared 0P" },
      { "PROT", "C", "503", "cleared 0P" },
      { "PBSZ", "0", "503", "cleared 0P" },
      { "AUTH", "TLS", "534", "cleared 0P" },
      { "CCC", NULL, "533", "cleared 0P" },
      { "RETR", NULL, "", "cleared 0P" } } },
  { "4217-5-frozen-at-c", REQUIRED, false,
    { { "AUTH", "TLS", "234", "tls -C" }, { "PASS", NULL, "230", "tls -C" },
      { "CCC", NULL, "200", "cleared -C" },
      { "PBSZ", "0", "503", "cleared -C" },
      { "PROT", "P", "503", "cleared -C" },
      { "RETR", NULL, "521", "cleared -C" } } },
  { "4217-9-level-changes-any-time", OPTIONAL, false,
    { { "AUTH", "TLS-C", "234", "tls -C" },
      { "PBSZ", "16384", "200", "tls 0C" }, { "RETR", NULL, "", "tls 0C" },
      { "PROT", "P", "200", "tls 0P" }, { "RETR", NULL, "", "tls 0P" },
      { "PROT", "S", "536", "tls 0P" }, { "PROT", "X", "504", "tls 0P" },
      { "PROT", NULL, "501", "tls 0P" }, { "PBSZ", "x", "501", "tls 0P" },
      { "PROT", "C", "200", "tls 0C" } } },
  { "4217-17-auth-ssl-without-prot", REQUIRED, false,
    { { "AUTH", "SSL", "234", "tls -P" }, { "PASS", NULL, "230", "tls -P" },
      { "STOR", NULL, "", "tls -P" }, { "PROT", "P", "503", "tls -P" } } },
  { "4217-10.2-view1-auth-ssl", NONE, false,
    { { "AUTH", "TLS-P", "234", "tls -P" }, { "STOR", NULL, "521", "tls -P" },
      { "PBSZ", "0", "200", "tls 0P" }, { "PROT", "P", "534", "tls 0P" },
      { "PROT", "C", "200", "tls 0C" }, { "STOR", NULL, "", "tls 0C" } } },
  { "4217-13-rein-before-login", OPTIONAL, false,
    { { "REIN", NULL, "220", "clear -C" }, { "AUTH", "TLS", "234", "tls -C" },
      { "AUTH", "TLS", "534", "tls -C" }, { "PBSZ", "0", "200", "tls 0C" },
      { "PROT", "P", "200", "tls 0P" }, { "REIN", NULL, "220", "clear -C" },
      { "PROT", "P", "503", "clear -C" }, { "AUTH", "SSL", "234", "tls -P" },
      { "PROT", "C", "503", "tls -P" } } },
  { "4217-13-rein-after-login", OPTIONAL, false,
    { { "AUTH", "TLS", "234", "tls -C" }, { "PASS", NULL, "230", "tls -C" },
      { "REIN", NULL, "502", "tls -C" }, { "AUTH", "TLS", "534", "tls -C" } } },
  { "4217-13-rein-after-ccc-undoable", OPTIONAL, true,
    { { "AUTH", "TLS-P", "234", "tls -P" }, { "PASS", NULL, "230", "tls -P" },
      { "CCC", NULL, "200", "cleared -P" }, { "REIN", NULL, "220", "clear -C" },
      { "AUTH", "TLS", "234", "tls -C" } } },
  { "4217-4.2-login-in-clear", OPTIONAL, false,
    { { "PASS", NULL, "230", "clear -C" }, { "AUTH", "TLS", "534", "clear -C" },
      { "AUTH", "KERBEROS_V4", "504", "clear -C" },
      { "AUTH", NULL, "501", "clear -C" }, { "PBSZ", "0", "503", "clear -C" },
      { "PROT", "P", "503", "clear -C" }, { "RETR", NULL, "", "clear -C" } } },
};

struct session {
  struct tls4217_state state;
  struct tls4217_facts facts;
};

/* Each does what a server does with one command and returns the code. */
typedef const char *(*command_fn)(
  struct session *session, const struct step *step);

static const char *get_code(const struct tls4217_verdict *verdict) {
  return tls4217_reply_get(verdict->reply)->code;
}

static const char *do_auth(struct session *session, const struct step *step) {
  struct tls4217_verdict verdict = tls4217_state_auth(
    &session->state, &session->facts, step->word);

  if (verdict.accepted) {
    tls4217_state_protect(&session->state, verdict.level);
  }

  return get_code(&verdict);
}

static const char *do_pbsz(struct session *session, const struct step *step) {
  struct tls4217_verdict verdict = tls4217_state_pbsz(
    &session->state, step->word);

  if (verdict.accepted) {
    tls4217_state_set_pbsz(&session->state);
  }

  return get_code(&verdict);
}

static const char *do_prot(struct session *session, const struct step *step) {
  struct tls4217_verdict verdict = tls4217_state_prot(
    &session->state, &session->facts, step->word);

  if (verdict.accepted) {
    tls4217_state_set_level(&session->state, verdict.level);
  }

  return get_code(&verdict);
}

static const char *do_ccc(struct session *session, const struct step *step) {
  struct tls4217_verdict verdict = tls4217_state_ccc(
    &session->state, &session->facts, NULL);

  (void) step;
  if (verdict.accepted) {
    tls4217_state_clear(&session->state);
  }

  return get_code(&verdict);
}

static const char *do_rein(struct session *session, const struct step *step) {
  struct tls4217_verdict verdict = tls4217_state_rein(
    &session->state, &session->facts, NULL);

  (void) step;
  if (verdict.accepted) {
    tls4217_state_reset(&session->state);
    session->facts.logged_in = false;
  }

  return get_code(&verdict);
}

static const char *do_pass(struct session *session, const struct step *step) {
  (void) step;
  session->facts.logged_in = true;
  return "230";
}

static const char *do_transfer(
  struct session *session, const struct step *step) {
  struct tls4217_transfer transfer = { step->command, "/f",
    TLS4217_VIEW_UNKNOWN, false };
  struct tls4217_verdict verdict = tls4217_state_transfer(
    &session->state, &session->facts, &transfer);

  if (verdict.accepted) {
    assert_int_equal(verdict.level, session->state.level);
  }

  return get_code(&verdict);
}

static const struct {
  const char *command;
  command_fn run;
} commands[] = {
  { "AUTH", do_auth },
  { "PBSZ", do_pbsz },
  { "PROT", do_prot },
  { "CCC", do_ccc },
  { "REIN", do_rein },
  { "PASS", do_pass },
  { "RETR", do_transfer },
  { "STOR", do_transfer },
  { "LIST", do_transfer },
};

static command_fn find_command(const char *command) {
  for (size_t i = 0; i < COUNT(commands); i++) {
    if (strcmp(commands[i].command, command) == 0) {
      return commands[i].run;
    }
  }

  fail_msg("no such command: %s", command);
  return NULL;
}

static void assert_state(const struct tls4217_state *state, const char *want) {
  static const char *const controls[] = { "clear", "tls", "cleared" };
  char got[16];

  (void) snprintf(got, sizeof(got), "%s %c%s", controls[state->control],
    state->pbsz ? '0' : '-', tls4217_names_level_text(state->level));
  assert_string_equal(got, want);
}

static void test_dialogue(void **state) {
  const struct dialogue *dialogue = *state;
  const struct tls4217_data_policy policy = { dialogue->view, NULL, 0, false };
  struct session session = { .facts = { .certificate = true,
                               .pbsz_required = true,
                               .ccc_accepted = true,
                               .login_undoable = dialogue->undoable,
                               .data = &policy } };

  tls4217_state_reset(&session.state);
  assert_state(&session.state, "clear -C");

  for (size_t i = 0; i < MAX_STEPS; i++) {
    const struct step *step = &dialogue->steps[i];

    if (step->command == NULL) {
      break;
    }

    assert_string_equal(
      find_command(step->command)(&session, step), step->want_code);
    assert_state(&session.state, step->want_state);
  }
}

/* Section 7: what a client is told that does not begin TLS where it is due. */
static void test_without_tls(void **unused) {
  struct tls4217_state state;

  (void) unused;
  tls4217_state_reset(&state);
  tls4217_state_protect(&state, TLS4217_LEVEL_PRIVATE);
  assert_int_equal(tls4217_state_without_tls(&state, false),
    TLS4217_REPLY_DATA_NO_TLS_NO_PROT);
  assert_int_equal(
    tls4217_state_without_tls(&state, true), TLS4217_REPLY_DATA_NO_TLS_NO_PROT);

  tls4217_state_set_level(&state, TLS4217_LEVEL_PRIVATE);
  assert_int_equal(
    tls4217_state_without_tls(&state, false), TLS4217_REPLY_DATA_NO_TLS);
  assert_int_equal(
    tls4217_state_without_tls(&state, true), TLS4217_REPLY_DATA_NO_TLS_ACTIVE);

  tls4217_state_protect(&state, TLS4217_LEVEL_PRIVATE);
  assert_int_equal(tls4217_state_without_tls(&state, false),
    TLS4217_REPLY_DATA_NO_TLS_NO_PROT);
}

/* Section 9: a new security exchange starts from the defaults. */
static void test_protect_forgets(void **unused) {
  struct tls4217_state state = { TLS4217_CONTROL_CLEARED, true,
    TLS4217_LEVEL_PRIVATE, true };

  (void) unused;
  tls4217_state_reset(&state);
  assert_state(&state, "clear -C");
  assert_false(state.prot);
  state.control = TLS4217_CONTROL_CLEARED;
  state.pbsz = true;
  tls4217_state_protect(&state, TLS4217_LEVEL_CLEAR);
  assert_state(&state, "tls -C");
  tls4217_state_protect(&state, TLS4217_LEVEL_PRIVATE);
  assert_state(&state, "tls -P");
  tls4217_state_protect(&state, TLS4217_LEVEL_UNKNOWN);
  assert_state(&state, "tls -C");
}

/* Section 5: what is frozen stays so even when a caller errs. */
static void test_setters_keep_frozen_state(void **unused) {
  struct tls4217_state state;

  (void) unused;
  tls4217_state_reset(&state);
  tls4217_state_set_pbsz(&state);
  tls4217_state_set_level(&state, TLS4217_LEVEL_PRIVATE);
  tls4217_state_clear(&state);
  assert_state(&state, "clear -C");

  tls4217_state_protect(&state, TLS4217_LEVEL_PRIVATE);
  for (int i = TLS4217_LEVEL_SAFE; i <= TLS4217_LEVEL_UNKNOWN; i++) {
    tls4217_state_set_level(&state, (enum tls4217_level) i);
    assert_state(&state, "tls -P");
  }

  tls4217_state_clear(&state);
  tls4217_state_set_pbsz(&state);
  tls4217_state_set_level(&state, TLS4217_LEVEL_CLEAR);
  tls4217_state_clear(&state);
  assert_state(&state, "cleared -P");
}

int main(void) {
  static struct CMUnitTest tests[COUNT(dialogues) + 3];
  size_t count = 0;

  for (size_t i = 0; i < COUNT(dialogues); i++) {
    tests[count++] = (struct CMUnitTest){ dialogues[i].name, test_dialogue,
      NULL, NULL, (void *) &dialogues[i] };
  }

  tests[count++] = (struct CMUnitTest){ "4217-9-protect-forgets",
    test_protect_forgets, NULL, NULL, NULL };
  tests[count++] = (struct CMUnitTest){ "4217-7-without-tls", test_without_tls,
    NULL, NULL, NULL };
  tests[count] = (struct CMUnitTest){ "4217-5-setters-keep-frozen-state",
    test_setters_keep_frozen_state, NULL, NULL, NULL };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
