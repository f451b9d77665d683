/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - why a transfer failed
 *
 * See failure.h.
 */

#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/response.h"

/* NULL: none. */
static const char *reason_of(const struct tls4217_session *sess) {
  return sess->failure.has_reason ? sess->failure.reason : NULL;
}

static void log_failure(const struct tls4217_session *sess) {
  const struct tls4217_reply *reply = tls4217_reply_get(sess->failure.id);
  const char *reason = reason_of(sess);
  pool *tmp_pool = make_sub_pool(sess->pool);
  const char *remedy = tls4217_response_remedy(tmp_pool, sess->failure.id);

  tls4217_session_log(sess, "%sdata connection from %s: %s %s%s%s%s%s%s",
    tls4217_session_who(tmp_pool), pr_netaddr_get_ipstr(session.c->remote_addr),
    reply->code, reply->text, reason != NULL ? ": " : "",
    reason != NULL ? reason : "", remedy != NULL ? " (" : "",
    remedy != NULL ? remedy : "", remedy != NULL ? ")" : "");
  destroy_pool(tmp_pool);
}

void tls4217_failure_set(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason) {
  struct tls4217_failure *failure = &sess->failure;

  if (tls4217_failure_is_set(sess)) {
    return;
  }

  failure->id = id;
  failure->has_reason = (reason != NULL);
  if (reason != NULL) {
    (void) snprintf(failure->reason, sizeof(failure->reason), "%s", reason);
  }

  tls4217_counters_refusal(tls4217_shared_counters(), id);
  log_failure(sess);
}

bool tls4217_failure_is_set(const struct tls4217_session *sess) {
  return sess->failure.id != TLS4217_REPLY_NONE;
}

void tls4217_failure_forget(struct tls4217_session *sess) {
  sess->failure.id = TLS4217_REPLY_NONE;
}

/* Where nothing has been collected the client has its reply: 426, after
 * ABOR. */
void tls4217_failure_say(struct tls4217_session *sess, bool refused) {
  if (tls4217_failure_is_set(sess) &&
    tls4217_response_replace(sess->failure.id, reason_of(sess), refused)) {
    tls4217_failure_forget(sess);
  }
}

int tls4217_failure_give_up(struct tls4217_session *sess,
  enum tls4217_io outcome, const struct tls4217_error *err) {
  if (outcome != TLS4217_IO_STOPPED) {
    tls4217_failure_set(sess, TLS4217_REPLY_DATA_BROKEN, err->text);
  }

  errno = ECONNABORTED;
  return -1;
}
