/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which commands may come before TLS, and which users with it
 *
 * RFC 4217, sections 4.2 and 10.1.  The view itself comes from
 * TLSControlProtection, that of a user from TLSUserProtection.
 */

#include "mod_tls4217/rfc4217/admission.h"

#include <stddef.h>
#include <string.h>

/* Those that carry the identity of a user (RFC 959, section 4.1.1). */
static const char *const login_commands[] = { "USER", "PASS", "ACCT" };

/*
 * Those that a client needs in order to find out about TLS and to start it,
 * or to leave: they read nothing and change nothing that AUTH does not reset.
 */
static const char *const open_commands[] = {
  "AUTH",
  "CLNT",
  "FEAT",
  "HELP",
  "HOST",
  "NOOP",
  "OPTS",
  "QUIT",
  "SYST",
};

static bool is_one_of(
  const char *verb, const char *const *verbs, size_t count) {
  size_t len = strcspn(verb, "_");

  for (size_t i = 0; i < count; i++) {
    if (strlen(verbs[i]) == len && strncmp(verbs[i], verb, len) == 0) {
      return true;
    }
  }

  return false;
}

#define IS_ONE_OF(verb, verbs) \
 is_one_of(verb, verbs, sizeof(verbs) / sizeof((verbs)[0]))

static bool needs_tls(enum tls4217_control_view view, const char *verb) {
  switch (view) {
    case TLS4217_CONTROL_VIEW_LOGIN:
      return IS_ONE_OF(verb, login_commands);

    case TLS4217_CONTROL_VIEW_REQUIRED:
      return !IS_ONE_OF(verb, open_commands);

    default:
      return false;
  }
}

static struct tls4217_verdict refuse_if(
  bool refused, enum tls4217_reply_id reply) {
  const struct tls4217_verdict verdict = {
    .accepted = !refused,
    .reply = refused ? reply : TLS4217_REPLY_NONE,
    .level = TLS4217_LEVEL_UNKNOWN,
  };

  return verdict;
}

struct tls4217_verdict tls4217_admission_command(
  const struct tls4217_state *state, enum tls4217_control_view view,
  const char *verb) {
  return refuse_if(
    state->control == TLS4217_CONTROL_CLEAR && needs_tls(view, verb),
    TLS4217_REPLY_COMMAND_NOT_PROTECTED);
}

static struct tls4217_verdict check_user(const struct tls4217_state *state,
  enum tls4217_view view, enum tls4217_reply_id insecure,
  enum tls4217_reply_id secure) {
  bool is_protected = state->control == TLS4217_CONTROL_PROTECTED;

  if (view == TLS4217_VIEW_NONE) {
    return refuse_if(is_protected, secure);
  }

  return refuse_if(view == TLS4217_VIEW_REQUIRED && !is_protected, insecure);
}

struct tls4217_verdict tls4217_admission_user(
  const struct tls4217_state *state, enum tls4217_view view) {
  return check_user(state, view, TLS4217_REPLY_USER_NOT_PROTECTED,
    TLS4217_REPLY_USER_PROTECTED);
}

struct tls4217_verdict tls4217_admission_login(
  const struct tls4217_state *state, enum tls4217_view view) {
  return check_user(state, view, TLS4217_REPLY_LOGIN_NOT_PROTECTED,
    TLS4217_REPLY_LOGIN_PROTECTED);
}

enum tls4217_control_view tls4217_admission_command_view(
  enum tls4217_control_view server, enum tls4217_control_view section) {
  return section == TLS4217_CONTROL_VIEW_OPTIONAL ? section : server;
}

enum tls4217_view tls4217_admission_user_view(
  enum tls4217_view user, enum tls4217_control_view section) {
  bool demands = section == TLS4217_CONTROL_VIEW_LOGIN ||
    section == TLS4217_CONTROL_VIEW_REQUIRED;

  return user == TLS4217_VIEW_OPTIONAL && demands ? TLS4217_VIEW_REQUIRED :
                                                    user;
}

bool tls4217_admission_are_two_hosts(const void *one, const void *other) {
  return one != NULL && other != NULL && one != other;
}

struct tls4217_verdict tls4217_admission_host(
  const void *first, const void *current, const void *wanted) {
  return refuse_if(
    current != first && tls4217_admission_are_two_hosts(current, wanted),
    TLS4217_REPLY_HOST_AGAIN);
}

struct tls4217_verdict tls4217_admission_unknown(
  unsigned int count, bool logged_in) {
  return refuse_if(
    logged_in == false && count >= TLS4217_ADMISSION_MAX_UNKNOWN,
    TLS4217_REPLY_TOO_MANY_UNKNOWN);
}
