/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - AUTH, PBSZ, PROT and CCC
 *
 * RFC 2228, section 3, as RFC 4217 uses it.  No decision is taken here.
 */

#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/limit.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/rfc2228.h"
#include "mod_tls4217/ftp/control/xferlevel.h"
#include "mod_tls4217/ftp/response.h"

/* Why TLS is not available is the administrator's to know, in any log. */
static modret_t *refuse_auth(cmd_rec *cmd, const struct tls4217_session *sess,
  enum tls4217_reply_id reply) {
  const char *trouble = NULL;

  if (reply == TLS4217_REPLY_AUTH_NO_CERTIFICATE) {
    trouble = sess->server->last_error.text;
    pr_log_pri(PR_LOG_WARNING, "warning: %s: AUTH refused: %s",
      MOD_TLS4217_VERSION, trouble);
  }

  return tls4217_response_refuse(cmd, sess, reply, NULL, trouble);
}

modret_t *tls4217_rfc2228_auth(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;
  size_t discarded;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_auth(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return refuse_auth(cmd, sess, verdict.reply);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

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

modret_t *tls4217_rfc2228_pbsz(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  verdict = tls4217_state_pbsz(&sess->state, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

  tls4217_state_set_pbsz(&sess->state);
  return tls4217_response_accept(cmd, verdict.reply);
}

/* Whether PORT, PASV or the like came before, for the next transfer. */
static bool has_data_address(void) {
  return (session.sf_flags & (SF_PASSIVE | SF_PORT)) != 0;
}

modret_t *tls4217_rfc2228_prot(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_prot(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

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

modret_t *tls4217_rfc2228_ccc(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_ccc(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

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
