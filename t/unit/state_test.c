/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - state.c: every command in every situation, against the RFCs
 *
 * RFC 2228, section 3; RFC 4217, sections 4, 5, 8, 9, 10.2, 13, 15.3 and 17.
 *
 * The oracle is a list of clauses: values per dimension, and the reply.  A test
 * for each visits its situations, one more proves that each situation has one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/state.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a clause may speak of.  A situation has one bit in each. */
enum dimension {
  COMMAND,
  WORD,
  CONTROL,
  PBSZ_SEEN,
  LEVEL,
  LOGIN,
  CERTIFICATE,
  NEEDS_PBSZ,
  CCC_ON,
  MUST_PROTECT,
  UNDOABLE,
  IMPLICIT,
  EXHAUSTED,
  NAMED_HOST,
  REACH,
  VIEW,
  DIMENSIONS,
};

/* The bits, by dimension. */
enum {
  NO = 1, /* of the flags */
  YES = 2,
  AUTH = 1, /* of COMMAND */
  PBSZ = 2,
  PROT = 4,
  CCC = 8,
  REIN = 16,
  TRANSFER = 32,
  MISSING = 1, /* of WORD, for every command */
  UNKNOWN = 2,
  TLS = 4, /* of WORD, for AUTH */
  TLS_OLD = 8,
  ZERO = 4, /* for PBSZ */
  SIZE = 8,
  C = 4, /* for PROT; C and P of LEVEL too */
  P = 8,
  SAFE = 16,
  CONFIDENTIAL = 32,
  CLEAR = 1, /* of CONTROL */
  PROTECTED = 2,
  CLEARED = 4,
  ONLY_C = 1, /* of REACH */
  ONLY_P = 2,
  BOTH = 4,
  NONE = 1, /* of VIEW */
  OPTIONAL = 2,
  REQUIRED = 4,
};

typedef unsigned int situation[DIMENSIONS];

struct clause {
  const char *name;
  situation when; /* no bit in a dimension: any value */
  enum tls4217_reply_id want;
  int want_level; /* C, P, or 0: not a level */
};

#define OF(command, word) [COMMAND] = (command), [WORD] = (word)
#define ANY_MECHANISM     (TLS | TLS_OLD)
#define CCC_IN(control)   OF(CCC, MISSING), [CCC_ON] = YES, [CONTROL] = control
#define SENT_AT(view, control) \
 OF(TRANSFER, 0), [VIEW] = (view), [CONTROL] = (control)
#define REIN_OF(login, undoable) \
 OF(REIN, MISSING), [IMPLICIT] = NO, [LOGIN] = (login), [UNDOABLE] = (undoable)

static const struct clause clauses[] = {
  { "2228-3-auth-no-parameter", { OF(AUTH, MISSING) },
    TLS4217_REPLY_AUTH_NO_PARAMETER, 0 },
  { "2228-3-auth-not-understood", { OF(AUTH, UNKNOWN) },
    TLS4217_REPLY_AUTH_UNKNOWN, 0 },
  { "2228-3-auth-not-willing-twice",
    { OF(AUTH, ANY_MECHANISM), [CONTROL] = PROTECTED },
    TLS4217_REPLY_AUTH_TWICE, 0 },
  { "2228-3-auth-not-willing-after-ccc",
    { OF(AUTH, ANY_MECHANISM), [CONTROL] = CLEARED },
    TLS4217_REPLY_AUTH_AFTER_CCC, 0 },
  { "4217-4.2-auth-after-login",
    { OF(AUTH, ANY_MECHANISM), [CONTROL] = CLEAR, [LOGIN] = YES },
    TLS4217_REPLY_AUTH_AFTER_LOGIN, 0 },
  { "2228-3-auth-not-able",
    { OF(AUTH, ANY_MECHANISM), [CONTROL] = CLEAR, [LOGIN] = NO,
      [CERTIFICATE] = NO },
    TLS4217_REPLY_AUTH_NO_CERTIFICATE, 0 },
  { "4217-9-auth-tls-starts-at-c",
    { OF(AUTH, TLS), [CONTROL] = CLEAR, [LOGIN] = NO, [CERTIFICATE] = YES },
    TLS4217_REPLY_AUTH_ACCEPTED, C },
  { "4217-17-auth-ssl-starts-at-p",
    { OF(AUTH, TLS_OLD), [CONTROL] = CLEAR, [LOGIN] = NO, [CERTIFICATE] = YES },
    TLS4217_REPLY_AUTH_ACCEPTED, P },

  { "4217-9-pbsz-before-auth", { OF(PBSZ, 0), [CONTROL] = CLEAR },
    TLS4217_REPLY_PBSZ_BEFORE_AUTH, 0 },
  { "4217-5-pbsz-after-ccc", { OF(PBSZ, 0), [CONTROL] = CLEARED },
    TLS4217_REPLY_PBSZ_AFTER_CCC, 0 },
  { "2228-3-pbsz-malformed",
    { OF(PBSZ, MISSING | UNKNOWN), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PBSZ_MALFORMED, 0 },
  { "4217-9-pbsz-zero", { OF(PBSZ, ZERO), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PBSZ_ZERO, 0 },
  { "2228-3-pbsz-smaller", { OF(PBSZ, SIZE), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PBSZ_OTHER, 0 },

  { "4217-9-prot-before-auth", { OF(PROT, 0), [CONTROL] = CLEAR },
    TLS4217_REPLY_PROT_BEFORE_AUTH, 0 },
  { "4217-5-prot-after-ccc", { OF(PROT, 0), [CONTROL] = CLEARED },
    TLS4217_REPLY_PROT_AFTER_CCC, 0 },
  { "2228-3-prot-no-parameter", { OF(PROT, MISSING), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PROT_NO_PARAMETER, 0 },
  { "2228-3-prot-not-understood", { OF(PROT, UNKNOWN), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PROT_UNKNOWN, 0 },
  { "4217-9-prot-s-e", { OF(PROT, SAFE | CONFIDENTIAL), [CONTROL] = PROTECTED },
    TLS4217_REPLY_PROT_UNSUPPORTED, 0 },
  { "4217-9-prot-before-pbsz",
    { OF(PROT, C | P), [CONTROL] = PROTECTED, [PBSZ_SEEN] = NO,
      [NEEDS_PBSZ] = YES },
    TLS4217_REPLY_PROT_BEFORE_PBSZ, 0 },
  { "4217-10.2-view1-prot-p",
    { OF(PROT, P), [CONTROL] = PROTECTED, [PBSZ_SEEN] = YES, [REACH] = ONLY_C },
    TLS4217_REPLY_PROT_PRIVATE_EXCLUDED, 0 },
  { "4217-10.2-view1-prot-p-no-pbsz",
    { OF(PROT, P), [CONTROL] = PROTECTED, [NEEDS_PBSZ] = NO, [REACH] = ONLY_C },
    TLS4217_REPLY_PROT_PRIVATE_EXCLUDED, 0 },
  { "4217-10.2-view3-prot-c",
    { OF(PROT, C), [CONTROL] = PROTECTED, [PBSZ_SEEN] = YES, [REACH] = ONLY_P },
    TLS4217_REPLY_PROT_CLEAR_EXCLUDED, 0 },
  { "4217-10.2-view3-prot-c-no-pbsz",
    { OF(PROT, C), [CONTROL] = PROTECTED, [NEEDS_PBSZ] = NO, [REACH] = ONLY_P },
    TLS4217_REPLY_PROT_CLEAR_EXCLUDED, 0 },
  { "4217-9-prot-c",
    { OF(PROT, C), [CONTROL] = PROTECTED, [PBSZ_SEEN] = YES,
      [REACH] = ONLY_C | BOTH },
    TLS4217_REPLY_PROT_CLEAR, C },
  { "4217-9-prot-c-no-pbsz",
    { OF(PROT, C), [CONTROL] = PROTECTED, [NEEDS_PBSZ] = NO,
      [REACH] = ONLY_C | BOTH },
    TLS4217_REPLY_PROT_CLEAR, C },
  { "4217-9-prot-p",
    { OF(PROT, P), [CONTROL] = PROTECTED, [PBSZ_SEEN] = YES,
      [REACH] = ONLY_P | BOTH },
    TLS4217_REPLY_PROT_PRIVATE, P },
  { "4217-9-prot-p-no-pbsz",
    { OF(PROT, P), [CONTROL] = PROTECTED, [NEEDS_PBSZ] = NO,
      [REACH] = ONLY_P | BOTH },
    TLS4217_REPLY_PROT_PRIVATE, P },

  { "4217-5-ccc-not-accepted", { [COMMAND] = CCC, [CCC_ON] = NO },
    TLS4217_REPLY_CCC_OFF, 0 },
  { "2228-3-ccc-parameter", { OF(CCC, UNKNOWN), [CCC_ON] = YES },
    TLS4217_REPLY_CCC_PARAMETER, 0 },
  { "4217-5-ccc-not-protected", { CCC_IN(CLEAR | CLEARED) },
    TLS4217_REPLY_CCC_NOT_PROTECTED, 0 },
  { "4217-5-ccc-excluded", { CCC_IN(PROTECTED), [MUST_PROTECT] = YES },
    TLS4217_REPLY_CCC_EXCLUDED, 0 },
  { "4217-15.3-ccc-before-login",
    { CCC_IN(PROTECTED), [MUST_PROTECT] = NO, [LOGIN] = NO },
    TLS4217_REPLY_CCC_BEFORE_LOGIN, 0 },
  { "4217-5-ccc-accepted",
    { CCC_IN(PROTECTED), [MUST_PROTECT] = NO, [LOGIN] = YES },
    TLS4217_REPLY_CCC_ACCEPTED, 0 },

  { "959-4-rein-parameter", { OF(REIN, UNKNOWN) }, TLS4217_REPLY_REIN_PARAMETER,
    0 },
  { "4217-13-rein-implicit", { OF(REIN, MISSING), [IMPLICIT] = YES },
    TLS4217_REPLY_REIN_IMPLICIT, 0 },
  { "4217-13-rein-before-login",
    { REIN_OF(NO, 0), [NAMED_HOST] = NO, [EXHAUSTED] = NO },
    TLS4217_REPLY_REIN_ACCEPTED, 0 },
  { "4217-13-rein-undoable", { REIN_OF(0, YES), [EXHAUSTED] = NO },
    TLS4217_REPLY_REIN_ACCEPTED, 0 },
  { "4217-13-rein-after-login", { REIN_OF(YES, NO) },
    TLS4217_REPLY_REIN_AFTER_LOGIN, 0 },
  { "7151-3.2.1-rein-at-a-host", { REIN_OF(NO, NO), [NAMED_HOST] = YES },
    TLS4217_REPLY_REIN_AFTER_HOST, 0 },
  { "4217-13-rein-too-often",
    { REIN_OF(NO, 0), [NAMED_HOST] = NO, [EXHAUSTED] = YES },
    TLS4217_REPLY_REIN_TOO_OFTEN, 0 },
  { "4217-13-rein-too-often-undoable", { REIN_OF(0, YES), [EXHAUSTED] = YES },
    TLS4217_REPLY_REIN_TOO_OFTEN, 0 },

  { "4217-9-transfer-without-tls", { SENT_AT(NONE | OPTIONAL, CLEAR) },
    TLS4217_REPLY_NONE, C },
  { "4217-10.2-view1-transfer-at-c",
    { SENT_AT(NONE, PROTECTED | CLEARED), [LEVEL] = C }, TLS4217_REPLY_NONE,
    C },
  { "4217-10.2-view1-transfer-at-p", { SENT_AT(NONE, PROTECTED), [LEVEL] = P },
    TLS4217_REPLY_DATA_NEEDS_CLEAR, 0 },
  { "4217-5-view1-transfer-frozen-at-p",
    { SENT_AT(NONE, CLEARED), [LEVEL] = P }, TLS4217_REPLY_DATA_FROZEN_PRIVATE,
    0 },
  { "4217-10.2-view2-transfer-at-c",
    { OF(TRANSFER, 0), [VIEW] = OPTIONAL, [LEVEL] = C }, TLS4217_REPLY_NONE,
    C },
  { "4217-10.2-view2-transfer-at-p",
    { SENT_AT(OPTIONAL, PROTECTED | CLEARED), [LEVEL] = P }, TLS4217_REPLY_NONE,
    P },
  { "4217-10.2-view3-transfer-without-tls", { SENT_AT(REQUIRED, CLEAR) },
    TLS4217_REPLY_DATA_NEEDS_AUTH, 0 },
  { "4217-10.2-view3-transfer-at-c",
    { OF(TRANSFER, 0), [VIEW] = REQUIRED, [CONTROL] = PROTECTED, [LEVEL] = C },
    TLS4217_REPLY_DATA_NEEDS_PRIVATE, 0 },
  { "4217-5-view3-transfer-frozen-at-c",
    { OF(TRANSFER, 0), [VIEW] = REQUIRED, [CONTROL] = CLEARED, [LEVEL] = C },
    TLS4217_REPLY_DATA_FROZEN_CLEAR, 0 },
  { "4217-10.2-view3-transfer-at-p",
    { SENT_AT(REQUIRED, PROTECTED | CLEARED), [LEVEL] = P }, TLS4217_REPLY_NONE,
    P },
};

/* What the client sends, and what the clauses call it. */
static const struct input {
  unsigned int command;
  const char *word; /* the parameter; the name of a transfer */
  unsigned int kind;
} inputs[] = {
  { AUTH, NULL, MISSING },
  { AUTH, "", MISSING },
  { AUTH, "TLS", TLS },
  { AUTH, "tls", TLS },
  { AUTH, "TLS-C", TLS },
  { AUTH, "SSL", TLS_OLD },
  { AUTH, "TLS-P", TLS_OLD },
  { AUTH, "GSSAPI", UNKNOWN },
  { AUTH, "TLS X", UNKNOWN },
  { PBSZ, NULL, MISSING },
  { PBSZ, "", MISSING },
  { PBSZ, "0", ZERO },
  { PBSZ, "16384", SIZE },
  { PBSZ, "4294967295", SIZE },
  { PBSZ, "4294967296", UNKNOWN },
  { PBSZ, "x", UNKNOWN },
  { PROT, NULL, MISSING },
  { PROT, "", MISSING },
  { PROT, "C", C },
  { PROT, "c", C },
  { PROT, "P", P },
  { PROT, "p", P },
  { PROT, "S", SAFE },
  { PROT, "E", CONFIDENTIAL },
  { PROT, "X", UNKNOWN },
  { PROT, "PP", UNKNOWN },
  { CCC, NULL, MISSING },
  { CCC, "now", UNKNOWN },
  { REIN, NULL, MISSING },
  { REIN, "now", UNKNOWN },
  { TRANSFER, "RETR", UNKNOWN },
  { TRANSFER, "STOR", UNKNOWN },
  { TRANSFER, "STOU", UNKNOWN },
  { TRANSFER, "APPE", UNKNOWN },
  { TRANSFER, "LIST", UNKNOWN },
  { TRANSFER, "NLST", UNKNOWN },
  { TRANSFER, "MLSD", UNKNOWN },
};

static bool match_list(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  return strcmp(transfer->command, "LIST") == 0;
}

static const struct tls4217_rule none[] = {
  { TLS4217_VIEW_NONE, match_list, NULL, false },
};

static const struct tls4217_rule none_closed[] = {
  { TLS4217_VIEW_NONE, match_list, NULL, false },
  { TLS4217_VIEW_REQUIRED, NULL, NULL, false },
};

static const struct tls4217_rule required_closed[] = {
  { TLS4217_VIEW_REQUIRED, match_list, NULL, false },
  { TLS4217_VIEW_REQUIRED, NULL, NULL, false },
};

#define V(name)      TLS4217_VIEW_##name
#define RULES(rules) rules, COUNT(rules)

/* Policies, what PROT may reach under them, and the view of a transfer. */
static const struct policy_case {
  struct tls4217_data_policy policy;
  enum tls4217_view directory_view;
  unsigned int reach;
  unsigned int view; /* of every transfer but LIST */
  unsigned int view_of_list;
} policies[] = {
  { { V(NONE), NULL, 0, false }, V(UNKNOWN), ONLY_C, NONE, NONE },
  { { V(OPTIONAL), NULL, 0, false }, V(UNKNOWN), BOTH, OPTIONAL, OPTIONAL },
  { { V(REQUIRED), NULL, 0, false }, V(UNKNOWN), ONLY_P, REQUIRED, REQUIRED },
  { { V(PER_TRANSFER), NULL, 0, false }, V(UNKNOWN), BOTH, OPTIONAL, OPTIONAL },
  { { V(NONE), NULL, 0, true }, V(UNKNOWN), BOTH, NONE, NONE },
  { { V(NONE), NULL, 0, true }, V(REQUIRED), BOTH, REQUIRED, REQUIRED },
  { { V(OPTIONAL), NULL, 0, true }, V(NONE), BOTH, NONE, NONE },
  { { V(REQUIRED), NULL, 0, true }, V(UNKNOWN), BOTH, REQUIRED, REQUIRED },
  { { V(REQUIRED), NULL, 0, true }, V(NONE), BOTH, NONE, NONE },
  { { V(REQUIRED), NULL, 0, true }, V(OPTIONAL), BOTH, OPTIONAL, OPTIONAL },
  { { V(PER_TRANSFER), NULL, 0, true }, V(REQUIRED), BOTH, REQUIRED, REQUIRED },
  { { V(PER_TRANSFER), RULES(none), true }, V(REQUIRED), BOTH, REQUIRED, NONE },
  { { V(PER_TRANSFER), RULES(none), false }, V(UNKNOWN), BOTH, OPTIONAL, NONE },
  { { V(PER_TRANSFER), RULES(none_closed), true }, V(OPTIONAL), BOTH, REQUIRED,
    NONE },
  { { V(PER_TRANSFER), RULES(required_closed), true }, V(NONE), ONLY_P,
    REQUIRED, REQUIRED },
};

struct call {
  const struct input *input;
  const struct policy_case *policy;
  struct tls4217_state state;
  struct tls4217_facts facts;
  situation is;
};

/* Takes the next digit of a number that counts through all situations. */
static unsigned int take_digit(size_t *number, size_t base) {
  unsigned int digit = (unsigned int) (*number % base);

  *number /= base;
  return digit;
}

static bool take_flag(size_t *number, unsigned int *is) {
  bool flag = take_digit(number, 2) == 1;

  *is = flag ? YES : NO;
  return flag;
}

static void make_state(struct call *call, size_t *number) {
  unsigned int control = take_digit(number, 3);

  call->state.control = (enum tls4217_control) control;
  call->is[CONTROL] = 1U << control;
  call->state.pbsz = take_flag(number, &call->is[PBSZ_SEEN]);
  call->state.level = (enum tls4217_level) take_digit(number, 2);
  call->is[LEVEL] = call->state.level == TLS4217_LEVEL_CLEAR ? C : P;
}

static void make_facts(struct call *call, size_t *number) {
  call->facts.logged_in = take_flag(number, &call->is[LOGIN]);
  call->facts.certificate = take_flag(number, &call->is[CERTIFICATE]);
  call->facts.pbsz_required = take_flag(number, &call->is[NEEDS_PBSZ]);
  call->facts.ccc_accepted = take_flag(number, &call->is[CCC_ON]);
  call->facts.control_required = take_flag(number, &call->is[MUST_PROTECT]);
  call->facts.login_undoable = take_flag(number, &call->is[UNDOABLE]);
  call->facts.implicit = take_flag(number, &call->is[IMPLICIT]);
  call->facts.rein_exhausted = take_flag(number, &call->is[EXHAUSTED]);
  call->facts.at_named_host = take_flag(number, &call->is[NAMED_HOST]);
  call->facts.data = &call->policy->policy;
}

/* Makes the situation of a number; false when there are no more. */
static bool make_call(struct call *call, size_t number) {
  memset(call, 0, sizeof(*call));
  call->input = &inputs[take_digit(&number, COUNT(inputs))];
  call->policy = &policies[take_digit(&number, COUNT(policies))];
  make_state(call, &number);
  make_facts(call, &number);

  call->is[COMMAND] = call->input->command;
  call->is[WORD] = call->input->kind;
  call->is[REACH] = call->policy->reach;
  call->is[VIEW] = call->policy->view;
  if (call->input->command == TRANSFER &&
    strcmp(call->input->word, "LIST") == 0) {
    call->is[VIEW] = call->policy->view_of_list;
  }

  return number == 0;
}

static struct tls4217_verdict ask(const struct call *call) {
  struct tls4217_transfer transfer = { call->input->word, "/srv/ftp/f",
    call->policy->directory_view, false };

  switch (call->input->command) {
    case AUTH:
      return tls4217_state_auth(&call->state, &call->facts, transfer.command);
    case PBSZ:
      return tls4217_state_pbsz(&call->state, transfer.command);
    case PROT:
      return tls4217_state_prot(&call->state, &call->facts, transfer.command);
    case CCC:
      return tls4217_state_ccc(&call->state, &call->facts, transfer.command);
    case REIN:
      return tls4217_state_rein(&call->state, &call->facts, transfer.command);
    default:
      return tls4217_state_transfer(&call->state, &call->facts, &transfer);
  }
}

static bool covers(const struct clause *clause, const struct call *call) {
  for (int i = 0; i < DIMENSIONS; i++) {
    if (clause->when[i] != 0 && (clause->when[i] & call->is[i]) == 0) {
      return false;
    }
  }

  return true;
}

/* Replies of the classes 4 and 5 refuse; no reply lets the core go on. */
static bool is_acceptance(enum tls4217_reply_id id) {
  return strchr("45", tls4217_reply_get(id)->code[0]) == NULL ||
    id == TLS4217_REPLY_NONE;
}

static void check_call(const struct clause *clause, const struct call *call) {
  static const enum tls4217_level levels[] = { [0] = TLS4217_LEVEL_UNKNOWN,
    [C] = TLS4217_LEVEL_CLEAR,
    [P] = TLS4217_LEVEL_PRIVATE };
  struct tls4217_verdict got = ask(call);

  if (got.reply == clause->want && got.level == levels[clause->want_level] &&
    got.accepted == is_acceptance(clause->want)) {
    return;
  }

  fail_msg("command %u \"%s\", control %u, pbsz %u, level %u, login %u, "
           "policy %zu: got %s \"%s\" (%d, level %s), want %s \"%s\"",
    call->is[COMMAND], call->input->word == NULL ? "" : call->input->word,
    call->is[CONTROL], call->is[PBSZ_SEEN], call->is[LEVEL], call->is[LOGIN],
    (size_t) (call->policy - policies), tls4217_reply_get(got.reply)->code,
    tls4217_reply_get(got.reply)->text, got.accepted,
    tls4217_names_level_text(got.level), tls4217_reply_get(clause->want)->code,
    tls4217_reply_get(clause->want)->text);
}

/* All digits of make_call: 3 * 2 * 2 states, 9 facts. */
#define SITUATIONS (COUNT(inputs) * COUNT(policies) * 12 * 512)

static void test_clause(void **state) {
  const struct clause *clause = *state;
  struct call call;
  size_t visited = 0;

  for (size_t number = 0; number < SITUATIONS; number++) {
    if ((inputs[number % COUNT(inputs)].command & clause->when[COMMAND]) != 0 &&
      make_call(&call, number) && covers(clause, &call)) {
      check_call(clause, &call);
      visited++;
    }
  }

  assert_int_not_equal(visited, 0);
}

static void test_every_situation_has_a_clause(void **unused) {
  struct call call;

  (void) unused;
  for (size_t number = 0; number < SITUATIONS; number++) {
    bool covered = false;

    assert_true(make_call(&call, number));
    for (size_t i = 0; i < COUNT(clauses) && !covered; i++) {
      covered = covers(&clauses[i], &call);
    }
    assert_true(covered);
  }

  assert_false(make_call(&call, SITUATIONS));
}

int main(void) {
  static struct CMUnitTest tests[COUNT(clauses) + 1];

  for (size_t i = 0; i < COUNT(clauses); i++) {
    tests[i] = (struct CMUnitTest){ clauses[i].name, test_clause, NULL, NULL,
      (void *) &clauses[i] };
  }

  tests[COUNT(clauses)] = (struct CMUnitTest){ "every-situation-has-a-clause",
    test_every_situation_has_a_clause, NULL, NULL, NULL };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
