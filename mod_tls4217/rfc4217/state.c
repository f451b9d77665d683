/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the session state machine of RFC 4217
 *
 * Decides on AUTH, PBSZ, PROT, CCC, REIN and on every command that opens a
 * data connection (RFC 2228, section 3; RFC 4217, sections 4, 5, 8, 9, 10.2,
 * 13 and 15.3), and keeps the state that those commands change.  Words are
 * read in names.c, views are found in policy.c, texts are in reply.c; the
 * handshakes and the sending of replies belong to the caller.
 *
 * Where several reasons refuse a command, the reply names the one that the
 * client can least do about: first what is wrong with the command itself,
 * then what this session forbids for good, then what another command would
 * cure.
 */

#include "mod_tls4217/rfc4217/state.h"

#include <stddef.h>

/* Replies that depend on nothing but the control connection. */
typedef enum tls4217_reply_id control_replies[3];

static const control_replies auth_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_NONE,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_AUTH_TWICE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_AUTH_AFTER_CCC,
};

static const control_replies pbsz_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_PBSZ_BEFORE_AUTH,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_NONE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_PBSZ_AFTER_CCC,
};

static const control_replies prot_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_PROT_BEFORE_AUTH,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_NONE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_PROT_AFTER_CCC,
};

static const control_replies clear_data_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_DATA_NEEDS_AUTH,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_DATA_NEEDS_PRIVATE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_DATA_FROZEN_CLEAR,
};

static const control_replies private_data_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_DATA_NEEDS_CLEAR,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_DATA_NEEDS_CLEAR,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_DATA_FROZEN_PRIVATE,
};

static const control_replies reveal_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_REVEAL_NEEDS_AUTH,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_NONE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_REVEAL_AFTER_CCC,
};

static const control_replies move_refusals = {
  [TLS4217_CONTROL_CLEAR] = TLS4217_REPLY_MOVE_NEEDS_AUTH,
  [TLS4217_CONTROL_PROTECTED] = TLS4217_REPLY_MOVE_NEEDS_PRIVATE,
  [TLS4217_CONTROL_CLEARED] = TLS4217_REPLY_MOVE_AFTER_CCC,
};

/*
 * Section 8 names only TLS.  Clients of the drafts before it send SSL or
 * TLS-P and never PROT, because the data connection then started at P.
 */
static const enum tls4217_level start_levels[] = {
  [TLS4217_MECHANISM_UNKNOWN] = TLS4217_LEVEL_UNKNOWN,
  [TLS4217_MECHANISM_TLS] = TLS4217_LEVEL_CLEAR,
  [TLS4217_MECHANISM_TLS_C] = TLS4217_LEVEL_CLEAR,
  [TLS4217_MECHANISM_SSL] = TLS4217_LEVEL_PRIVATE,
  [TLS4217_MECHANISM_TLS_P] = TLS4217_LEVEL_PRIVATE,
};

static const enum tls4217_reply_id pbsz_replies[] = {
  [TLS4217_PBSZ_MALFORMED] = TLS4217_REPLY_PBSZ_MALFORMED,
  [TLS4217_PBSZ_ZERO] = TLS4217_REPLY_PBSZ_ZERO,
  [TLS4217_PBSZ_OTHER] = TLS4217_REPLY_PBSZ_OTHER,
};

/* Section 9: of the four levels of RFC 2228, TLS offers C and P. */
static const struct {
  bool offered;
  enum tls4217_reply_id accepted;
  enum tls4217_reply_id refused;
} prot_replies[] = {
  [TLS4217_LEVEL_CLEAR] = { true, TLS4217_REPLY_PROT_CLEAR,
    TLS4217_REPLY_PROT_CLEAR_EXCLUDED },
  [TLS4217_LEVEL_PRIVATE] = { true, TLS4217_REPLY_PROT_PRIVATE,
    TLS4217_REPLY_PROT_PRIVATE_EXCLUDED },
  [TLS4217_LEVEL_SAFE] = { false, TLS4217_REPLY_NONE,
    TLS4217_REPLY_PROT_UNSUPPORTED },
  [TLS4217_LEVEL_CONFIDENTIAL] = { false, TLS4217_REPLY_NONE,
    TLS4217_REPLY_PROT_UNSUPPORTED },
  [TLS4217_LEVEL_UNKNOWN] = { false, TLS4217_REPLY_NONE,
    TLS4217_REPLY_PROT_UNKNOWN },
};

static struct tls4217_verdict allow_at(
  enum tls4217_reply_id reply, enum tls4217_level level) {
  return (struct tls4217_verdict){ true, reply, level };
}

static struct tls4217_verdict allow(enum tls4217_reply_id reply) {
  return allow_at(reply, TLS4217_LEVEL_UNKNOWN);
}

static struct tls4217_verdict refuse(enum tls4217_reply_id reply) {
  return (struct tls4217_verdict){ false, reply, TLS4217_LEVEL_UNKNOWN };
}

static bool is_missing(const char *parameter) {
  return parameter == NULL || *parameter == '\0';
}

void tls4217_state_reset(struct tls4217_state *state) {
  state->control = TLS4217_CONTROL_CLEAR;
  state->pbsz = false;
  state->prot = false;
  state->level = TLS4217_LEVEL_CLEAR;
}

/*
 * The order of RFC 2228, section 3: 504 for what the server does not
 * understand, then 534 for what it will not do, then 431 for what it cannot do.
 * A mechanism that never works gets the same reply in every state, and the
 * transient 431 comes last, so that no client retries what stays refused.
 */
struct tls4217_verdict tls4217_state_auth(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *mechanism) {
  enum tls4217_mechanism named = tls4217_names_mechanism(mechanism);

  if (is_missing(mechanism)) {
    return refuse(TLS4217_REPLY_AUTH_NO_PARAMETER);
  }

  if (named == TLS4217_MECHANISM_UNKNOWN) {
    return refuse(TLS4217_REPLY_AUTH_UNKNOWN);
  }

  if (auth_refusals[state->control] != TLS4217_REPLY_NONE) {
    return refuse(auth_refusals[state->control]);
  }

  /*
   * Section 4.2 would have the user log in again after AUTH; a login (a
   * chroot, dropped privileges) cannot be taken back here.
   */
  if (facts->logged_in) {
    return refuse(TLS4217_REPLY_AUTH_AFTER_LOGIN);
  }

  if (!facts->certificate) {
    return refuse(TLS4217_REPLY_AUTH_NO_CERTIFICATE);
  }

  return allow_at(TLS4217_REPLY_AUTH_ACCEPTED, start_levels[named]);
}

void tls4217_state_protect(
  struct tls4217_state *state, enum tls4217_level level) {
  tls4217_state_reset(state);
  state->control = TLS4217_CONTROL_PROTECTED;
  tls4217_state_set_level(state, level);
  state->prot = false;
}

/*
 * 503 goes before 501: without a TLS session no size is right, and a client
 * that corrects its number would only meet the next refusal.
 */
struct tls4217_verdict tls4217_state_pbsz(
  const struct tls4217_state *state, const char *size) {
  enum tls4217_pbsz read = tls4217_names_pbsz(size);

  if (pbsz_refusals[state->control] != TLS4217_REPLY_NONE) {
    return refuse(pbsz_refusals[state->control]);
  }

  if (read == TLS4217_PBSZ_MALFORMED) {
    return refuse(pbsz_replies[read]);
  }

  return allow(pbsz_replies[read]);
}

void tls4217_state_set_pbsz(struct tls4217_state *state) {
  if (state->control == TLS4217_CONTROL_PROTECTED) {
    state->pbsz = true;
  }
}

/*
 * The order of RFC 2228, section 3: 504, 536, 503 for a missing PBSZ, 534.
 * A control connection without TLS goes before all of them, because what a
 * level means depends on the mechanism that AUTH would have chosen.
 */
struct tls4217_verdict tls4217_state_prot(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *level) {
  enum tls4217_level asked = tls4217_names_level(level);

  if (prot_refusals[state->control] != TLS4217_REPLY_NONE) {
    return refuse(prot_refusals[state->control]);
  }

  if (is_missing(level)) {
    return refuse(TLS4217_REPLY_PROT_NO_PARAMETER);
  }

  if (!prot_replies[asked].offered) {
    return refuse(prot_replies[asked].refused);
  }

  if (facts->pbsz_required && !state->pbsz) {
    return refuse(TLS4217_REPLY_PROT_BEFORE_PBSZ);
  }

  if (!tls4217_policy_reachable(facts->data, asked)) {
    return refuse(prot_replies[asked].refused);
  }

  return allow_at(prot_replies[asked].accepted, asked);
}

/*
 * Section 5: after CCC "all subsequent data transfers must be protected with
 * the current PROT settings".  Held here too, whatever a caller asks for.
 */
void tls4217_state_set_level(
  struct tls4217_state *state, enum tls4217_level level) {
  if (state->control != TLS4217_CONTROL_PROTECTED) {
    return;
  }

  if (level == TLS4217_LEVEL_CLEAR || level == TLS4217_LEVEL_PRIVATE) {
    state->level = level;
    state->prot = true;
  }
}

/*
 * The order of section 5: 500, 533, 534, 200.  Of the two 534, the policy
 * goes first: it is not cured by logging in (section 15.3).  A parameter,
 * which RFC 2228, section 8.1, does not give it, means that the client wants
 * something else than it would get: 501, where CCC is known at all.
 */
struct tls4217_verdict tls4217_state_ccc(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *parameter) {
  if (!facts->ccc_accepted) {
    return refuse(TLS4217_REPLY_CCC_OFF);
  }

  if (!is_missing(parameter)) {
    return refuse(TLS4217_REPLY_CCC_PARAMETER);
  }

  if (state->control != TLS4217_CONTROL_PROTECTED) {
    return refuse(TLS4217_REPLY_CCC_NOT_PROTECTED);
  }

  if (facts->control_required) {
    return refuse(TLS4217_REPLY_CCC_EXCLUDED);
  }

  if (!facts->logged_in) {
    return refuse(TLS4217_REPLY_CCC_BEFORE_LOGIN);
  }

  return allow(TLS4217_REPLY_CCC_ACCEPTED);
}

void tls4217_state_clear(struct tls4217_state *state) {
  if (state->control == TLS4217_CONTROL_PROTECTED) {
    state->control = TLS4217_CONTROL_CLEARED;
  }
}

/*
 * Section 13 has the connection "revert to unprotected, clear communications".
 * Where TLS is implicit nothing in clear is ever expected, and no AUTH could
 * follow; RFC 959, section 5.4, leaves 502.
 */
struct tls4217_verdict tls4217_state_rein(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const char *parameter) {
  (void) state;

  if (!is_missing(parameter)) {
    return refuse(TLS4217_REPLY_REIN_PARAMETER);
  }

  if (facts->implicit) {
    return refuse(TLS4217_REPLY_REIN_IMPLICIT);
  }

  if (facts->logged_in && !facts->login_undoable) {
    return refuse(TLS4217_REPLY_REIN_AFTER_LOGIN);
  }

  if (facts->at_named_host && !facts->login_undoable) {
    return refuse(TLS4217_REPLY_REIN_AFTER_HOST);
  }

  if (facts->rein_exhausted) {
    return refuse(TLS4217_REPLY_REIN_TOO_OFTEN);
  }

  return allow(TLS4217_REPLY_REIN_ACCEPTED);
}

/*
 * Section 9: "there is no facility for securing the Data connection with an
 * insecure Control connection".
 */
static enum tls4217_level get_data_level(const struct tls4217_state *state) {
  if (state->control == TLS4217_CONTROL_CLEAR) {
    return TLS4217_LEVEL_CLEAR;
  }

  return state->level;
}

static bool allows(const struct tls4217_facts *facts,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below, enum tls4217_level level) {
  if (below != NULL) {
    return tls4217_policy_allows_below(facts->data, transfer, below, level);
  }

  return tls4217_policy_allows(
    tls4217_policy_view(facts->data, transfer), level);
}

struct tls4217_verdict tls4217_state_transfer_below(
  const struct tls4217_state *state, const struct tls4217_facts *facts,
  const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below) {
  enum tls4217_level level = get_data_level(state);

  if (allows(facts, transfer, below, level)) {
    return allow_at(TLS4217_REPLY_NONE, level);
  }

  if (level == TLS4217_LEVEL_CLEAR) {
    return refuse(clear_data_refusals[state->control]);
  }

  return refuse(private_data_refusals[state->control]);
}

struct tls4217_verdict tls4217_state_transfer(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer) {
  return tls4217_state_transfer_below(state, facts, transfer, NULL);
}

/* Section 10.2 speaks of data connections; what crosses them is not to be had
 * by another door. */
struct tls4217_verdict tls4217_state_reveal(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below) {
  if (reveal_refusals[state->control] == TLS4217_REPLY_NONE ||
    allows(facts, transfer, below, TLS4217_LEVEL_CLEAR)) {
    return allow(TLS4217_REPLY_NONE);
  }

  return refuse(reveal_refusals[state->control]);
}

struct tls4217_verdict tls4217_state_move(const struct tls4217_state *state,
  const struct tls4217_facts *facts, const struct tls4217_transfer *transfer,
  const struct tls4217_views_below *below) {
  if (get_data_level(state) == TLS4217_LEVEL_PRIVATE ||
    allows(facts, transfer, below, TLS4217_LEVEL_CLEAR)) {
    return allow(TLS4217_REPLY_NONE);
  }

  return refuse(move_refusals[state->control]);
}

enum tls4217_reply_id tls4217_state_without_tls(
  const struct tls4217_state *state, bool active) {
  if (state->prot == false) {
    return TLS4217_REPLY_DATA_NO_TLS_NO_PROT;
  }

  return active ? TLS4217_REPLY_DATA_NO_TLS_ACTIVE : TLS4217_REPLY_DATA_NO_TLS;
}
