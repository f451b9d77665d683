/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what is known of a handshake, collected once
 *
 * See handshake_report.h.
 */

#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/report/environment.h"
#include "mod_tls4217/ftp/report/handshake_facts.h"
#include "mod_tls4217/ftp/report/handshake_report.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/rfc4217/groups.h"

static struct tls4217_handshake_facts collect(
  const char *channel, const struct tls4217_connection *conn) {
  struct tls4217_handshake_facts facts = {
    .channel = channel,
    .remote = pr_netaddr_get_ipstr(session.c->remote_addr),
  };

  tls4217_connection_info(conn, &facts.info);
  return facts;
}

/* What was agreed on, into text of size bytes. */
static void describe(
  const struct tls4217_connection_info *info, char *text, size_t size) {
  (void) snprintf(text, size, "%s %s (%d bits), group %s%s, %s", info->version,
    info->cipher, info->cipher_bits, info->group != NULL ? info->group : "none",
    tls4217_groups_is_post_quantum(info->group) ? " (post-quantum)" : "",
    info->resumed ? "resumed" : "full handshake");
}

static void count(const struct tls4217_connection_info *info, bool data) {
  tls4217_counters_handshake(
    tls4217_shared_counters(), data, info->version, info->group, info->resumed);
}

static void log_handshake(const struct tls4217_session *sess,
  const struct tls4217_handshake_facts *facts, const char *agreed) {
  const struct tls4217_connection_info *info = &facts->info;

  tls4217_session_log(sess,
    "%s connection from %s: %s, SNI %s, ALPN %s, %u ms%s", facts->channel,
    facts->remote, agreed,
    info->server_name != NULL ? info->server_name : "none",
    info->alpn != NULL ? info->alpn : "none", info->handshake_ms,
    info->kernel_sends ? ", kernel TLS: send" : "");
}

void tls4217_handshake_report_control(struct tls4217_session *sess) {
  struct tls4217_handshake_facts facts = collect("control", sess->control.conn);
  char session_id[TLS4217_SESSIONID_SIZE];

  facts.identity = sess->peer.identity;
  facts.options = sess->settings.options;
  if (facts.options.standard_variables) {
    tls4217_connection_session_id(sess->control.conn, session_id);
    facts.session_id = session_id;
  }

  tls4217_environment_export(sess, &facts);
  tls4217_notes_control(&facts);
  describe(
    &facts.info, sess->summaries.control, sizeof(sess->summaries.control));
  log_handshake(sess, &facts, sess->summaries.control);
  count(&facts.info, false);
}

void tls4217_handshake_report_data(struct tls4217_session *sess) {
  const struct tls4217_handshake_facts facts = collect("data", sess->data.conn);

  tls4217_notes_data(&facts);
  describe(&facts.info, sess->summaries.data, sizeof(sess->summaries.data));
  log_handshake(sess, &facts, sess->summaries.data);
  count(&facts.info, true);
}

void tls4217_handshake_report_forget(struct tls4217_session *sess) {
  sess->summaries.control[0] = sess->summaries.data[0] = '\0';
  tls4217_notes_forget();
  tls4217_environment_forget(sess);
}
