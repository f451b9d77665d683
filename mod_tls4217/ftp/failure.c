/*
 * mod_tls4217 - why a transfer failed
 *
 * See failure.h.
 */

#include "mod_tls4217/ftp/failure.h"

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

  tls4217_session_log(sess, "data connection from %s: %s %s",
    pr_netaddr_get_ipstr(session.c->remote_addr), code, sess->failure.text);
}

void tls4217_failure_set_reply(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  tls4217_failure_set(sess, reply->code, "%s%s%s", reply->text,
    reason != NULL ? ": " : "", reason != NULL ? reason : "");
}
