/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves which commands rfc4217/admission.c takes before TLS
 *
 * RFC 4217, section 10.1: no password in clear where TLS is required, whatever
 * a verb looks like; no section of a user's is laxer than the rule for it.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/admission.c"

#define VERB 7

static const char *const harmless[] = { "AUTH", "CLNT", "FEAT", "HELP", "HOST",
  "NOOP", "OPTS", "QUIT", "SYST" };

static bool begins_with(const char *verb, const char *word) {
  const size_t len = strlen(word);

  return strncmp(verb, word, len) == 0 &&
    (verb[len] == '\0' || verb[len] == '_');
}

static bool is_harmless(const char *verb) {
  for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++) {
    if (begins_with(verb, harmless[i])) {
      return true;
    }
  }

  return false;
}

static struct tls4217_state any_state(void) {
  return (struct tls4217_state){
    .control = (enum tls4217_control) any_of(TLS4217_CONTROL_CLEARED + 1),
  };
}

static void prove_command(const char *verb) {
  const enum tls4217_control_view view = (enum tls4217_control_view) any_of(
    TLS4217_CONTROL_VIEW_UNKNOWN + 1);
  const struct tls4217_state state = any_state();
  const struct tls4217_verdict verdict = tls4217_admission_command(
    &state, view, verb);
  const bool clear = state.control == TLS4217_CONTROL_CLEAR;
  const bool login = begins_with(verb, "USER") || begins_with(verb, "PASS") ||
    begins_with(verb, "ACCT");

  prove(clear || verdict.accepted);
  prove(clear == false || login == false || verdict.accepted == false ||
    (view != TLS4217_CONTROL_VIEW_LOGIN &&
      view != TLS4217_CONTROL_VIEW_REQUIRED));
  prove(clear == false || view != TLS4217_CONTROL_VIEW_REQUIRED ||
    verdict.accepted == is_harmless(verb));
  prove(verdict.accepted == (verdict.reply == TLS4217_REPLY_NONE));
}

static void prove_user(void) {
  const enum tls4217_view view = (enum tls4217_view) any_of(
    TLS4217_VIEW_UNKNOWN + 1);
  const enum tls4217_control_view section = (enum tls4217_control_view) any_of(
    TLS4217_CONTROL_VIEW_UNKNOWN + 1);
  const enum tls4217_view both = tls4217_admission_user_view(view, section);
  const struct tls4217_state state = any_state();
  const bool is_protected = state.control == TLS4217_CONTROL_PROTECTED;

  prove(both == view ||
    (view == TLS4217_VIEW_OPTIONAL && both == TLS4217_VIEW_REQUIRED));
  prove(view != TLS4217_VIEW_REQUIRED || is_protected ||
    (tls4217_admission_user(&state, view).accepted == false &&
      tls4217_admission_login(&state, view).accepted == false));
  prove(view != TLS4217_VIEW_NONE || is_protected == false ||
    tls4217_admission_login(&state, view).accepted == false);

  /* USER and PASS are decided alike. */
  prove(tls4217_admission_user(&state, view).accepted ==
    tls4217_admission_login(&state, view).accepted);
}

static void prove_hosts(void) {
  static const char hosts[3];
  const char *const first = &hosts[any_of(3)],
                    *const current = &hosts[any_of(3)],
                    *const wanted = &hosts[any_of(3)];
  const bool accepted = tls4217_admission_host(first, current, wanted).accepted;

  /* From the first one to any, from there to itself. */
  prove(accepted == (current == first || current == wanted));
}

int main(void) {
  const unsigned int count = (unsigned int) nondet_int();
  char verb[VERB];

  any_text(verb, sizeof(verb));
  prove_command(verb);
  prove_user();
  prove_hosts();
  prove(tls4217_admission_unknown(count, true).accepted);
  prove(tls4217_admission_unknown(count, false).accepted == (count < 10));
  return 0;
}
