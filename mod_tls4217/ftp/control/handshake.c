/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the control connection becomes protected, and clear again
 *
 * See handshake.h.  What passes between the two goes through control.c.
 */

#include <fcntl.h>

#include "mod_tls4217/ftp/report/diagnostics.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/hosts.h"
#include "mod_tls4217/ftp/report/handshake_report.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/tls/conn/unwrap.h"
#include "mod_tls4217/tls/warmup.h"

/* Milliseconds for the close_notify of CCC and REIN to be answered. */
#define CLEAR_TIMEOUT 5000

/* What the core has read and not used: a line that was too long for it. */
static size_t discard_core_buffer(void) {
  pr_buffer_t *pbuf = session.c->instrm->strm_buf;
  size_t unread;

  if (pbuf == NULL || pbuf->current == NULL) {
    return 0;
  }

  unread = pbuf->buflen - pbuf->remaining;
  pr_memscrub(pbuf->current, unread);
  pbuf->current = NULL;
  pbuf->remaining = pbuf->buflen;
  return unread;
}

size_t tls4217_handshake_discard_clear(struct tls4217_session *sess) {
  size_t unread = discard_core_buffer() + sess->control.input.len;

  tls4217_command_buffer_clear(&sess->control.input);
  return unread;
}

static void raise_failure(void) {
  int code = TLS4217_ERROR_EVENT_CODE;

  pr_event_generate("mod_tls.ctrl-handshake-failed", &code);
}

/* RFC 4217, section 10.1: "failed completely" or "failed during". */
static void end_after_failure(struct tls4217_session *sess, bool spoken,
  bool late, const struct tls4217_error *err) {
  tls4217_session_log(sess, "control connection from %s: %s%s",
    pr_netaddr_get_ipstr(session.c->remote_addr), err->text,
    late ? " (TLSTimeoutHandshake)" : "");
  raise_failure();
  if (tls4217_error_is_no_certificate(err)) {
    tls4217_peer_raise_failure(X509_V_ERR_APPLICATION_VERIFICATION);
  }

  if (spoken == false && sess->implicit == false) {
    tls4217_response_now(TLS4217_REPLY_HANDSHAKE_FAILED, NULL);
  }

  /* A client that has written first must still find the reply, or the alert. */
  tls4217_control_end_session("TLS handshake failed");
}

/*
 * The connection is the session's before the first wait: ProFTPD's timers and
 * signals are served there, and their replies must go through it.
 */
static enum tls4217_io try_handshake(
  struct tls4217_session *sess, struct tls4217_error *err) {
  const struct tls4217_waiter waiter = { tls4217_control_wait, sess };

  sess->control.entry = sess->server->tls->context;
  sess->control.conn = tls4217_connection_new(sess->control.entry->ctx,
    TLS4217_CHANNEL_CONTROL, PR_NETIO_FD(session.c->instrm),
    PR_NETIO_FD(session.c->outstrm), &sess->binding, &waiter, err);
  if (sess->control.conn == NULL) {
    return TLS4217_IO_FAILED;
  }

  sess->control.stage = TLS4217_STAGE_HANDSHAKE;
  tls4217_diagnostics_control(sess);
  tls4217_hosts_await_name(sess);
  if (tls4217_session_apply_class(
        sess, sess->control.entry, sess->control.conn, err) < 0 ||
    (sess->implicit == false &&
      tls4217_connection_hold_until_hello(sess->control.conn, err) < 0)) {
    return TLS4217_IO_FAILED;
  }

  tls4217_keychannel_set_time(sess->settings.handshake_timeout * 1000);
  return tls4217_connection_handshake(
    sess->control.conn, sess->settings.handshake_timeout * 1000, err);
}

static void complete_handshake(struct tls4217_session *sess) {
  enum tls4217_io outcome;
  struct tls4217_error err;
  bool spoken;

  tls4217_error_clear(&err);
  outcome = try_handshake(sess, &err);
  if (outcome == TLS4217_IO_DONE) {
    sess->control.stage = TLS4217_STAGE_PROTECTED;
    return;
  }

  /* OpenSSL reports only that a callback has refused. */
  if (tls4217_error_is_set(&sess->control.refusal)) {
    err = sess->control.refusal;
  }

  tls4217_counters_failure(tls4217_shared_counters(), false);
  spoken = sess->control.conn != NULL &&
    tls4217_connection_has_spoken(sess->control.conn);
  tls4217_control_drop(sess);
  end_after_failure(sess, spoken, outcome == TLS4217_IO_LATE, &err);
}

/* RFC 7151, section 3.2.2.  HOST behind TLS is compared by mod_core. */
static void end_where_hosts_differ(struct tls4217_session *sess) {
  if (tls4217_hosts_agree(sess)) {
    return;
  }

  tls4217_response_now(TLS4217_REPLY_TWO_HOSTS, NULL);
  tls4217_session_log(sess,
    "control connection from %s: HOST was '%s', and the TLS handshake "
    "(SNI) names another host of this server: the session ends",
    pr_netaddr_get_ipstr(session.c->remote_addr),
    (const char *) pr_table_get(session.notes, "mod_core.host", NULL));
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "HOST and SNI name different hosts");
}

static void end_where_peer_is_refused(struct tls4217_session *sess) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_peer_admit(sess, &err) < 0) {
    raise_failure();
    tls4217_peer_end_session(TLS4217_REPLY_PEER_REFUSED, err.text);
  }
}

/* Where the core and other modules look for it. */
static void tell_core(const struct tls4217_session *sess) {
  session.rfc2228_mech = "TLS";
  pr_session_set_protocol("ftps");
  tls4217_notes_stream(session.c->instrm, sess->control.conn);
  tls4217_notes_stream(session.c->outstrm, sess->control.conn);
}

void tls4217_handshake_protect(
  struct tls4217_session *sess, enum tls4217_level level) {
  /* Ahead of it, as with mod_tls: mod_ban counts those that fail, too. */
  pr_event_generate("mod_tls.ctrl-handshake", session.c);
  complete_handshake(sess);
  end_where_hosts_differ(sess);
  tell_core(sess);
  tls4217_hosts_follow_name(sess);
  end_where_peer_is_refused(sess);

  tls4217_state_protect(&sess->state, level);
  tls4217_membership_register(sess);
  tls4217_handshake_report_control(sess);
  tls4217_warmup_give_back();
}

static const char *const unwrap_words[] = {
  [TLS4217_UNWRAP_NOTIFIED] = "close_notify both ways",
  [TLS4217_UNWRAP_CLEAR] = "the client sent no close_notify",
  [TLS4217_UNWRAP_SILENT] = "the client has not answered close_notify",
  [TLS4217_UNWRAP_CLOSED] = "the client has closed it",
};

static void end_after_unwrap(struct tls4217_session *sess, const char *command,
  const struct tls4217_error *err) {
  tls4217_session_log(
    sess, "%s: TLS was not shut down cleanly: %s", command, err->text);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "TLS was not shut down cleanly");
}

static enum tls4217_unwrap part(
  struct tls4217_session *sess, size_t *discarded, struct tls4217_error *err) {
  const struct tls4217_waiter waiter = { tls4217_control_wait, sess };
  int64_t deadline = tls4217_waiter_deadline(CLEAR_TIMEOUT);

  sess->control.stage = TLS4217_STAGE_GOODBYE;
  if (tls4217_connection_shutdown(
        sess->control.conn, false, CLEAR_TIMEOUT, err) != TLS4217_IO_DONE) {
    return TLS4217_UNWRAP_FAILED;
  }

  sess->control.stage = TLS4217_STAGE_LEFT;
  return tls4217_unwrap_await(
    sess->control.conn, &waiter, deadline, discarded, err);
}

void tls4217_handshake_clear(
  struct tls4217_session *sess, const char *command) {
  size_t behind = sess->control.input.len, discarded = 0;
  enum tls4217_unwrap unwrapped;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  unwrapped = part(sess, &discarded, &err);
  tls4217_control_drop(sess);

  if (unwrapped == TLS4217_UNWRAP_FAILED) {
    end_after_unwrap(sess, command, &err);
  }

  /* Protected commands are not executed where their replies would be clear. */
  if (behind + discarded > 0) {
    tls4217_session_log(sess,
      "discarded %lu bytes that %s sent inside TLS after %s",
      (unsigned long) (behind + discarded),
      pr_netaddr_get_ipstr(session.c->remote_addr), command);
  }

  tls4217_session_log(sess, "%s: control connection from %s is in clear: %s",
    command, pr_netaddr_get_ipstr(session.c->remote_addr),
    unwrap_words[unwrapped]);

  /* session.rfc2228_mech stays: data connections may still be protected. */
  (void) fcntl(PR_NETIO_FD(session.c->instrm), F_SETOWN, getpid());
  tls4217_handshake_report_forget(sess);
  pr_session_set_protocol("ftp");
}
