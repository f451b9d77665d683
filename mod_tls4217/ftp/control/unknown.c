/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that no FTP server has
 *
 * See unknown.h.
 */

#include "mod_tls4217/ftp/control/unknown.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/rfc4217/admission.h"

static void end_session(const struct tls4217_session *sess,
  enum tls4217_reply_id id, const void *cmd) {
  tls4217_response_now(id, NULL);
  tls4217_session_log(sess,
    "control connection from %s: %u unknown commands and no login: the "
    "session ends",
    pr_netaddr_get_ipstr(session.c->remote_addr), sess->control.unknown);
  pr_event_generate("core.bad-protocol", cmd);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BAD_PROTOCOL,
    "too many unknown commands");
}

static void unknown_ev(const void *event_data, void *user_data) {
  struct tls4217_session *sess = user_data;
  struct tls4217_verdict verdict;

  if (sess->server == NULL) {
    return;
  }

  sess->control.unknown++;
  verdict = tls4217_admission_unknown(
    sess->control.unknown, tls4217_session_is_logged_in());
  if (verdict.accepted == false) {
    end_session(sess, verdict.reply, event_data);
  }
}

void tls4217_unknown_listen(struct tls4217_session *sess) {
  pr_event_register(
    &tls4217_module, "core.unhandled-command", unknown_ev, sess);
  pr_event_register(&tls4217_module, "core.invalid-command", unknown_ev, sess);
}
