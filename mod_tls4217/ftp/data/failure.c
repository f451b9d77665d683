/*
 * mod_tls4217 - why a transfer failed
 *
 * See failure.h.
 */

#include "mod_tls4217/ftp/data/failure.h"

static void log_failure(
  const struct tls4217_session *sess, const char *remedy) {
  pool *tmp_pool = make_sub_pool(sess->pool);

  tls4217_session_log(sess, "%sdata connection from %s: %s %s%s%s%s",
    tls4217_session_who(tmp_pool), pr_netaddr_get_ipstr(session.c->remote_addr),
    sess->failure.code, sess->failure.text, remedy != NULL ? " (" : "",
    remedy != NULL ? remedy : "", remedy != NULL ? ")" : "");
  destroy_pool(tmp_pool);
}

void tls4217_failure_set(
  struct tls4217_session *sess, const char *code, const char *fmt, ...) {
  va_list ap;

  if (sess->failure.code != NULL) {
    return;
  }

  sess->failure.code = code;
  va_start(ap, fmt);
  (void) vsnprintf(sess->failure.text, sizeof(sess->failure.text), fmt, ap);
  va_end(ap);
  log_failure(sess, NULL);
}

void tls4217_failure_set_reply(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  if (sess->failure.code != NULL) {
    return;
  }

  sess->failure.code = reply->code;
  (void) snprintf(sess->failure.text, sizeof(sess->failure.text), "%s%s%s",
    reply->text, reason != NULL ? ": " : "", reason != NULL ? reason : "");
  log_failure(sess, tls4217_reply_remedy(id));
}
