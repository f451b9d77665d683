/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the handshake of a data connection, and what must hold behind
 * it
 *
 * The server is always the TLS server, whoever connected (RFC 4217, section 7).
 * A handshake that has succeeded is not enough: the gates behind it
 * (data_gates.c) check whose connection this is.
 */

#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/data/data_handshake.h"
#include "mod_tls4217/ftp/data/data_gates.h"
#include "mod_tls4217/ftp/data/data_waiter.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/report/diagnostics.h"
#include "mod_tls4217/ftp/report/handshake_report.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/ftp/data/offload.h"
#include "mod_tls4217/ftp/data/upload.h"

/* Milliseconds; also never above the control connection's limit. */
#define HANDSHAKE_TIMEOUT 10000

static int handshake_timeout(const struct tls4217_session *sess) {
  int timeout = sess->settings.handshake_timeout * 1000;

  return timeout < HANDSHAKE_TIMEOUT ? timeout : HANDSHAKE_TIMEOUT;
}

/* Behind all gates: it changes the file. */
static int commit_upload(struct tls4217_session *sess) {
  if (tls4217_upload_commit(sess) == 0) {
    return 0;
  }

  tls4217_failure_set(sess, TLS4217_REPLY_UPLOAD_NOT_EMPTIED, strerror(errno));
  return -1;
}

/* Where a session must be resumed the key exchange is that of the control
 * connection, and this one adds to it.  Who may do without is given what the
 * groups say. */
static bool may_take_x25519(const struct tls4217_session *sess) {
  return sess->settings.options.session_reuse_required &&
    tls4217_parameters_have_x25519(&sess->settings.tls) &&
    tls4217_parameters_have_x25519(&sess->control.context->parameters);
}

static enum tls4217_io try_handshake(
  struct tls4217_session *sess, struct tls4217_error *err, bool is_unfiltered) {
  const struct tls4217_waiter waiter = tls4217_data_waiter_make(sess);

  sess->data.conn = tls4217_connection_new(sess->control.entry->ctx,
    TLS4217_CHANNEL_DATA, PR_NETIO_FD(sess->data.in),
    PR_NETIO_FD(sess->data.out), &sess->binding, &waiter, err);
  if (sess->data.conn == NULL) {
    return TLS4217_IO_FAILED;
  }

  tls4217_diagnostics_data(sess);
  if (sess->data.sends) {
    tls4217_connection_expect_output(sess->data.conn);
  }

  if (may_take_x25519(sess)) {
    tls4217_connection_take_x25519(sess->data.conn);
  }

  if (is_unfiltered) {
    tls4217_offload_request(sess);
  }

  if ((sess->control.context != sess->control.entry &&
        tls4217_context_switch_connection(
          sess->control.context, sess->data.conn, err) < 0) ||
    tls4217_session_apply_class(
      sess, sess->control.context, sess->data.conn, err) < 0) {
    return TLS4217_IO_FAILED;
  }

  tls4217_keychannel_set_time(handshake_timeout(sess));
  return tls4217_connection_handshake(
    sess->data.conn, handshake_timeout(sess), err);
}

/* What the client should know beside what OpenSSL has seen. */
static enum tls4217_reply_id choose_reply(const struct tls4217_session *sess) {
  if (sess->data.conn == NULL ||
    tls4217_connection_has_begun(sess->data.conn)) {
    return TLS4217_REPLY_DATA_HANDSHAKE;
  }

  return tls4217_state_without_tls(
    &sess->state, (session.sf_flags & SF_PASSIVE) == 0);
}

static void fail(struct tls4217_session *sess, enum tls4217_io outcome,
  const struct tls4217_error *err) {
  tls4217_notes_forget_data();
  if (outcome == TLS4217_IO_STOPPED) {
    tls4217_failure_set(sess, TLS4217_REPLY_DATA_ABORTED, NULL);

  } else if (tls4217_keychannel_is_spent() &&
    sess->settings.options.session_reuse_required) {
    /* A client that never resumes: its earlier handshakes were completed, so
     * that it could read why it is refused. */
    tls4217_failure_set(sess, TLS4217_REPLY_DATA_NOT_REUSED, NULL);

  } else {
    tls4217_failure_set(sess, choose_reply(sess), err->text);
  }
}

int tls4217_data_handshake_run(
  struct tls4217_session *sess, bool is_unfiltered) {
  enum tls4217_io outcome;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  outcome = try_handshake(sess, &err, is_unfiltered);
  if (outcome != TLS4217_IO_DONE) {
    tls4217_counters_failure(tls4217_shared_counters(), true);
    fail(sess, outcome, &err);
    return -1;
  }

  tls4217_handshake_report_data(sess);
  return tls4217_data_gates_pass(sess) < 0 ? -1 : commit_upload(sess);
}
