/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSOptions EnableDiags: handshake messages in TLSLog
 *
 * See diagnostics.h.
 */

#include "mod_tls4217/ftp/report/diagnostics.h"

static void say_control(void *user, const char *text) {
  tls4217_session_log(user, "control connection: %s", text);
}

static void say_data(void *user, const char *text) {
  tls4217_session_log(user, "data connection: %s", text);
}

static void watch(struct tls4217_session *sess, struct tls4217_connection *conn,
  void (*say)(void *user, const char *text)) {
  const struct tls4217_trace trace = { say, sess };

  if (sess->settings.options.diagnostics) {
    tls4217_connection_trace(conn, &trace);
  }
}

void tls4217_diagnostics_control(struct tls4217_session *sess) {
  watch(sess, sess->control.conn, say_control);
}

void tls4217_diagnostics_data(struct tls4217_session *sess) {
  watch(sess, sess->data.conn, say_data);
}
