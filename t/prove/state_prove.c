/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves what rfc4217/state.c keeps, however long a session is
 *
 * By induction: what holds as after connect, and after each command if it held
 * before it, always holds.  RFC 4217, sections 4, 5, 9 and 13.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/names.c"
#include "mod_tls4217/rfc4217/policy.c"
#include "mod_tls4217/rfc4217/state.c"

#define WORD 7

struct step {
  struct tls4217_state before, after;
  struct tls4217_facts facts;
  struct tls4217_verdict verdict;
};

/* A protection level there is; without TLS there is nothing but clear. */
static bool holds(const struct tls4217_state *state) {
  if (state->control == TLS4217_CONTROL_CLEAR) {
    return state->level == TLS4217_LEVEL_CLEAR && state->pbsz == false &&
      state->prot == false;
  }

  return (state->control == TLS4217_CONTROL_PROTECTED ||
           state->control == TLS4217_CONTROL_CLEARED) &&
    (state->level == TLS4217_LEVEL_CLEAR ||
      state->level == TLS4217_LEVEL_PRIVATE);
}

static struct tls4217_facts any_facts(const struct tls4217_data_policy *data) {
  return (struct tls4217_facts){ .logged_in = nondet_bool(),
    .certificate = nondet_bool(),
    .pbsz_required = nondet_bool(),
    .ccc_accepted = nondet_bool(),
    .control_required = nondet_bool(),
    .login_undoable = nondet_bool(),
    .implicit = nondet_bool(),
    .rein_exhausted = nondet_bool(),
    .at_named_host = nondet_bool(),
    .data = data };
}

static struct tls4217_state any_state(void) {
  struct tls4217_state state = {
    .control = (enum tls4217_control) any_of(TLS4217_CONTROL_CLEARED + 1),
    .level = (enum tls4217_level) any_of(TLS4217_LEVEL_UNKNOWN + 1),
    .pbsz = nondet_bool(),
    .prot = nondet_bool(),
  };

  suppose(holds(&state));
  return state;
}

/* What is refused says so, and gives no level. */
static void prove_verdict(const struct step *step) {
  prove(step->verdict.accepted ||
    (step->verdict.reply != TLS4217_REPLY_NONE &&
      step->verdict.level == TLS4217_LEVEL_UNKNOWN));
}

static void do_auth(struct step *step, const char *word) {
  step->verdict = tls4217_state_auth(&step->before, &step->facts, word);
  if (step->verdict.accepted) {
    prove(step->before.control == TLS4217_CONTROL_CLEAR);
    prove(step->facts.logged_in == false && step->facts.certificate);
    prove(step->verdict.level == TLS4217_LEVEL_CLEAR ||
      step->verdict.level == TLS4217_LEVEL_PRIVATE);
    tls4217_state_protect(&step->after, step->verdict.level);
    prove(step->after.control == TLS4217_CONTROL_PROTECTED);
    prove(step->after.level == step->verdict.level);
    prove(step->after.pbsz == false && step->after.prot == false);
  }
}

static void do_pbsz(struct step *step, const char *word) {
  step->verdict = tls4217_state_pbsz(&step->before, word);
  prove(step->verdict.accepted == false ||
    step->before.control == TLS4217_CONTROL_PROTECTED);
  if (step->verdict.accepted) {
    tls4217_state_set_pbsz(&step->after);
    prove(step->after.pbsz && step->after.level == step->before.level);
  }
}

static void do_prot(struct step *step, const char *word) {
  step->verdict = tls4217_state_prot(&step->before, &step->facts, word);
  if (step->verdict.accepted) {
    prove(step->before.control == TLS4217_CONTROL_PROTECTED);
    prove(step->before.pbsz || step->facts.pbsz_required == false);
    prove(tls4217_policy_reachable(step->facts.data, step->verdict.level));
    tls4217_state_set_level(&step->after, step->verdict.level);
    prove(step->after.prot && step->after.level == step->verdict.level);
  }
}

static void do_ccc(struct step *step, const char *word) {
  step->verdict = tls4217_state_ccc(&step->before, &step->facts, word);
  if (step->verdict.accepted) {
    prove(step->before.control == TLS4217_CONTROL_PROTECTED);
    prove(step->facts.ccc_accepted && step->facts.logged_in);
    prove(step->facts.control_required == false);
    tls4217_state_clear(&step->after);
    prove(step->after.control == TLS4217_CONTROL_CLEARED);
    prove(step->after.level == step->before.level);
  }
}

static void do_rein(struct step *step, const char *word) {
  step->verdict = tls4217_state_rein(&step->before, &step->facts, word);
  if (step->verdict.accepted) {
    prove(step->facts.implicit == false && step->facts.rein_exhausted == false);
    prove(step->facts.login_undoable || step->facts.logged_in == false);
    tls4217_state_reset(&step->after);
    prove(step->after.control == TLS4217_CONTROL_CLEAR);
  }
}

/* Whoever calls them at the wrong moment: after CCC the level is frozen. */
static void do_setters(struct step *step) {
  step->verdict = allow(TLS4217_REPLY_NONE);
  tls4217_state_set_level(
    &step->after, (enum tls4217_level) any_of(TLS4217_LEVEL_UNKNOWN + 1));
  tls4217_state_set_pbsz(&step->after);
  if (nondet_bool()) {
    tls4217_state_clear(&step->after);
  }

  prove(step->before.control == TLS4217_CONTROL_PROTECTED ||
    (step->after.level == step->before.level &&
      step->after.control == step->before.control &&
      step->after.pbsz == step->before.pbsz));
}

int main(void) {
  const struct tls4217_data_policy data = {
    .view = (enum tls4217_view) any_of(TLS4217_VIEW_UNKNOWN + 1),
    .directory_views = nondet_bool(),
  };
  struct step step = { .before = any_state(), .facts = any_facts(&data) };
  struct tls4217_state connected;
  char word[WORD];

  tls4217_state_reset(&connected);
  prove(holds(&connected));

  any_text(word, sizeof(word));
  step.after = step.before;
  switch (any_of(6)) {
    case 0:
      do_auth(&step, word);
      break;
    case 1:
      do_pbsz(&step, word);
      break;
    case 2:
      do_prot(&step, word);
      break;
    case 3:
      do_ccc(&step, word);
      break;
    case 4:
      do_rein(&step, word);
      break;
    default:
      do_setters(&step);
      break;
  }

  prove_verdict(&step);
  prove(holds(&step.after));
  return 0;
}
