/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves that no data cross in clear where TLS is required
 *
 * RFC 4217, section 10.2, for any policy of up to three rules with any
 * conditions: a transfer that is accepted has the level that its view
 * demands; a level that a transfer may have is one that PROT takes; what is
 * allowed for all that is below a place is allowed for each of it.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/names.c"
#include "mod_tls4217/rfc4217/policy.c"
#include "mod_tls4217/rfc4217/state.c"

#define RULES 3

/* What a rule says of a place, of one target below it, of any of them, and of
 * all that there is. */
struct condition {
  bool place, target, some, all;
};

static const char place[] = "/p", target[] = "/p/t";

static bool meets(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  const struct condition *condition = rule->data;

  if (transfer->path == NULL) {
    return condition->all;
  }

  if (transfer->path == tls4217_policy_any_path) {
    return condition->some;
  }

  return transfer->path == target ? condition->target : condition->place;
}

static struct condition any_condition(void) {
  const struct condition condition = { nondet_bool(), nondet_bool(),
    nondet_bool(), nondet_bool() };

  /* What policy.h asks of a matcher. */
  suppose(condition.all == false || (condition.place && condition.target));
  suppose(condition.some || !(condition.place || condition.target));
  return condition;
}

static enum tls4217_view any_view(void) {
  return (enum tls4217_view) any_of(TLS4217_VIEW_UNKNOWN + 1);
}

static enum tls4217_level any_level(void) {
  return (enum tls4217_level) any_of(TLS4217_LEVEL_UNKNOWN + 1);
}

/* The directory of a target is the place's, or one below it; an .ftpaccess is
 * between the two. */
static struct tls4217_transfer below_of(const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below) {
  struct tls4217_transfer one = *transfer;

  one.path = target;
  if (nondet_bool()) {
    one.directory_view = any_view();
    one.tightened = false;
    suppose((one.directory_view == TLS4217_VIEW_NONE && below->none) ||
      (one.directory_view == TLS4217_VIEW_OPTIONAL && below->optional) ||
      (one.directory_view == TLS4217_VIEW_REQUIRED && below->required));
  }

  if (below->tightened && nondet_bool()) {
    one.tightened = true;
  }

  return one;
}

static void prove_transfer(const struct tls4217_data_policy *policy,
  const struct tls4217_transfer *transfer) {
  const struct tls4217_facts facts = { .data = policy };
  const struct tls4217_state state = {
    .control = (enum tls4217_control) any_of(TLS4217_CONTROL_CLEARED + 1),
    .level = nondet_bool() ? TLS4217_LEVEL_CLEAR : TLS4217_LEVEL_PRIVATE,
  };
  const enum tls4217_view view = tls4217_policy_view(policy, transfer);
  const struct tls4217_verdict verdict = tls4217_state_transfer(
    &state, &facts, transfer);

  prove(decides(view));
  prove(view != TLS4217_VIEW_OPTIONAL || transfer->tightened == false);
  if (verdict.accepted) {
    prove(verdict.level == TLS4217_LEVEL_PRIVATE ||
      (verdict.level == TLS4217_LEVEL_CLEAR && view != TLS4217_VIEW_REQUIRED));
    prove(verdict.level == TLS4217_LEVEL_CLEAR || view != TLS4217_VIEW_NONE);
    prove(verdict.level == TLS4217_LEVEL_CLEAR ||
      state.control != TLS4217_CONTROL_CLEAR);
  }

  /* What STAT and MLST show in clear, and RNFR moves away. */
  prove(view != TLS4217_VIEW_REQUIRED ||
    state.control == TLS4217_CONTROL_PROTECTED ||
    tls4217_state_reveal(&state, &facts, transfer, NULL).accepted == false);
  prove(view != TLS4217_VIEW_REQUIRED ||
    (state.control != TLS4217_CONTROL_CLEAR &&
      state.level == TLS4217_LEVEL_PRIVATE) ||
    tls4217_state_move(&state, &facts, transfer, NULL).accepted == false);
}

int main(void) {
  struct condition conditions[RULES] = { any_condition(), any_condition(),
    any_condition() };
  struct tls4217_rule rules[RULES];
  const struct tls4217_data_policy policy = { .view = any_view(),
    .rules = rules,
    .nrules = any_size(RULES),
    .directory_views = nondet_bool() };
  const struct tls4217_transfer transfer = { .command = "RETR",
    .path = place,
    .directory_view = any_view(),
    .tightened = nondet_bool() };
  const struct tls4217_views_below below = { .none = nondet_bool(),
    .optional = nondet_bool(),
    .required = nondet_bool(),
    .tightened = nondet_bool() };
  const enum tls4217_level level = any_level();
  struct tls4217_transfer one;

  for (size_t i = 0; i < RULES; i++) {
    rules[i] = (struct tls4217_rule){ .view = any_view(),
      .matches = nondet_bool() ? meets : NULL,
      .data = &conditions[i],
      .covers_below = nondet_bool() };
    suppose(rules[i].covers_below == false || conditions[i].place == false ||
      conditions[i].target);
  }

  prove_transfer(&policy, &transfer);

  one = below_of(&transfer, &below);
  prove(
    tls4217_policy_allows_below(&policy, &transfer, &below, level) == false ||
    tls4217_policy_allows(tls4217_policy_view(&policy, &one), level));

  suppose(policy.directory_views ||
    (decides(transfer.directory_view) == false && transfer.tightened == false));
  prove(tls4217_policy_allows(tls4217_policy_view(&policy, &transfer), level) ==
      false ||
    tls4217_policy_reachable(&policy, level));
  return 0;
}
