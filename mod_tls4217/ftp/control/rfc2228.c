/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - AUTH, PBSZ, PROT and CCC
 *
 * RFC 2228, section 3, as RFC 4217 uses it.  No decision is taken here: see
 * verb.h for the order in which each is handled.
 */

#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/rfc2228.h"
#include "mod_tls4217/ftp/control/verb.h"
#include "mod_tls4217/ftp/control/xferlevel.h"
#include "mod_tls4217/ftp/response.h"

/* AUTH. */

static struct tls4217_verdict decide_auth(
  const struct tls4217_session *sess, const char *mechanism) {
  const struct tls4217_facts facts = tls4217_session_facts(sess);

  return tls4217_state_auth(&sess->state, &facts, mechanism);
}

/* Why TLS is not available is the administrator's to know, in any log. */
static const char *find_auth_trouble(
  const struct tls4217_session *sess, enum tls4217_reply_id reply) {
  if (reply != TLS4217_REPLY_AUTH_NO_CERTIFICATE) {
    return NULL;
  }

  pr_log_pri(PR_LOG_WARNING, "warning: %s: AUTH refused: %s",
    MOD_TLS4217_VERSION, sess->server->last_error.text);
  return sess->server->last_error.text;
}

static modret_t *carry_out_auth(
  cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict) {
  size_t discarded;

  discarded = tls4217_handshake_discard_clear(sess);
  if (discarded > 0) {
    tls4217_session_log(sess,
      "discarded %lu bytes that %s sent in clear after AUTH",
      (unsigned long) discarded, pr_netaddr_get_ipstr(session.c->remote_addr));
  }

  /* In clear, and now: the handshake follows. */
  tls4217_response_now(verdict.reply, NULL);

  tls4217_handshake_protect(sess, verdict.level);
  tls4217_certlogin_expect_user(sess);
  tls4217_reset_parameters(sess);
  tls4217_xferlevel_tell(sess);
  return PR_HANDLED(cmd);
}

modret_t *tls4217_rfc2228_auth(cmd_rec *cmd) {
  static const struct tls4217_verb verb = { decide_auth, carry_out_auth,
    find_auth_trouble };

  return tls4217_verb_handle(cmd, &verb);
}

/* PBSZ. */

static struct tls4217_verdict decide_pbsz(
  const struct tls4217_session *sess, const char *size) {
  return tls4217_state_pbsz(&sess->state, size);
}

static modret_t *carry_out_pbsz(
  cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict) {
  tls4217_state_set_pbsz(&sess->state);
  return tls4217_response_accept(cmd, verdict.reply);
}

modret_t *tls4217_rfc2228_pbsz(cmd_rec *cmd) {
  static const struct tls4217_verb verb = { decide_pbsz, carry_out_pbsz, NULL };

  return tls4217_verb_handle(cmd, &verb);
}

/* PROT. */

static struct tls4217_verdict decide_prot(
  const struct tls4217_session *sess, const char *level) {
  const struct tls4217_facts facts = tls4217_session_facts(sess);

  return tls4217_state_prot(&sess->state, &facts, level);
}

/* Whether PORT, PASV or the like came before, for the next transfer. */
static bool has_data_address(void) {
  return (session.sf_flags & (SF_PASSIVE | SF_PORT)) != 0;
}

static modret_t *carry_out_prot(
  cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict) {
  /* mod_xfer's handler, which comes after this one, compares it with "C" and
   * allows sendfile(2) then. */
  cmd->argv[1] = pstrdup(cmd->pool, tls4217_names_level_text(verdict.level));
  cmd->arg = cmd->argv[1];

  tls4217_state_set_level(&sess->state, verdict.level);
  sess->xfer_level = (int) verdict.level;
  if (verdict.level == TLS4217_LEVEL_PRIVATE && has_data_address()) {
    tls4217_control_issue_ticket(sess, false);
  }

  return tls4217_response_accept(cmd, verdict.reply);
}

modret_t *tls4217_rfc2228_prot(cmd_rec *cmd) {
  static const struct tls4217_verb verb = { decide_prot, carry_out_prot, NULL };

  return tls4217_verb_handle(cmd, &verb);
}

/* CCC. */

static struct tls4217_verdict decide_ccc(
  const struct tls4217_session *sess, const char *parameter) {
  const struct tls4217_facts facts = tls4217_session_facts(sess);

  return tls4217_state_ccc(&sess->state, &facts, parameter);
}

static modret_t *carry_out_ccc(
  cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict) {
  /* The last ticket that this connection can carry. */
  if (sess->state.level == TLS4217_LEVEL_PRIVATE) {
    tls4217_control_issue_ticket(sess, true);
  }

  /* Protected, and now: TLS ends behind it. */
  tls4217_response_now(verdict.reply, NULL);

  tls4217_state_clear(&sess->state);
  tls4217_handshake_clear(sess, C_CCC);
  return PR_HANDLED(cmd);
}

modret_t *tls4217_rfc2228_ccc(cmd_rec *cmd) {
  static const struct tls4217_verb verb = { decide_ccc, carry_out_ccc, NULL };

  return tls4217_verb_handle(cmd, &verb);
}
