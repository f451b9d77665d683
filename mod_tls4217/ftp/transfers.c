/*
 * mod_tls4217 - commands that open a data connection, and those around them
 *
 * The level is judged when the transfer command arrives, never at PORT or
 * PASV (RFC 4217, section 10.2); the decision itself is in rfc4217/state.c.
 */

#include "mod_tls4217/ftp/control.h"
#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/ftp/transfers.h"
#include "mod_tls4217/ftp/upload.h"

static bool is_protected(const struct tls4217_session *sess) {
  return sess != NULL && sess->server != NULL &&
    sess->state.level == TLS4217_LEVEL_PRIVATE;
}

modret_t *tls4217_transfers_pre(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_transfer transfer = {
    .command = cmd->argv[0],
    .directory_view = TLS4217_VIEW_UNKNOWN,
  };
  const struct tls4217_reply *reply;
  struct tls4217_verdict verdict;
  struct tls4217_facts facts;

  if (sess == NULL || sess->server == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_transfer(&sess->state, &facts, &transfer);
  if (verdict.accepted) {
    return PR_DECLINED(cmd);
  }

  reply = tls4217_reply_get(verdict.reply);
  tls4217_session_log(sess, "%s refused: %s %s (TLSDataProtection %s)",
    (const char *) cmd->argv[0], reply->code, reply->text,
    tls4217_names_view_text(sess->settings.data.view));

  /* Without this the core would take the next LIST for a passive one that has
   * lost its socket, and not answer it. */
  pr_data_reset();

  pr_response_add_err(reply->code, "%s", reply->text);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}

modret_t *tls4217_transfers_store(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  if (is_protected(sess)) {
    tls4217_upload_begin(sess, cmd);
  }

  return PR_DECLINED(cmd);
}

/* The client reads the ticket with the reply, ahead of its own handshake on
 * the data connection; some clients use a ticket only once. */
modret_t *tls4217_transfers_announce(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  if (is_protected(sess)) {
    tls4217_control_issue_ticket(sess);
  }

  return PR_DECLINED(cmd);
}

modret_t *tls4217_transfers_explain(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  /* An empty list means that the client has its reply: 426, after ABOR. */
  if (sess != NULL && sess->failure.code != NULL && resp_err_list != NULL) {
    pr_response_clear(&resp_err_list);
    pr_response_add_err(sess->failure.code, "%s", sess->failure.text);
  }

  return PR_DECLINED(cmd);
}

modret_t *tls4217_transfers_finish(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  /* Commands may be handled while a transfer goes on. */
  if (sess != NULL && !(session.sf_flags & SF_XFER)) {
    sess->failure.code = NULL;
    tls4217_upload_end(sess);
  }

  return PR_DECLINED(cmd);
}
