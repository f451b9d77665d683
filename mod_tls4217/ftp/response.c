/*
 * mod_tls4217 - turning a verdict into ProFTPD's answer
 *
 * See response.h.  The texts are in rfc4217/reply.c.
 */

#include "mod_tls4217/ftp/response.h"

modret_t *tls4217_response_refuse(cmd_rec *cmd,
  const struct tls4217_session *sess, enum tls4217_reply_id id,
  const char *about, const char *trouble) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);
  const char *why = trouble != NULL ? trouble : tls4217_reply_remedy(id);

  tls4217_session_log(sess, "%s%s%s%s refused: %s %s%s%s%s",
    tls4217_session_who(cmd->tmp_pool), (const char *) cmd->argv[0],
    about != NULL ? " " : "", about != NULL ? about : "", reply->code,
    reply->text, why != NULL ? " (" : "", why != NULL ? why : "",
    why != NULL ? ")" : "");

  pr_response_add_err(reply->code, "%s", reply->text);
  pr_cmd_set_errno(cmd, EPERM);
  errno = EPERM;
  return PR_ERROR(cmd);
}

modret_t *tls4217_response_accept(cmd_rec *cmd, enum tls4217_reply_id id) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  pr_response_add(reply->code, "%s", reply->text);
  return PR_HANDLED(cmd);
}

void tls4217_response_now(enum tls4217_reply_id id) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  pr_response_send(reply->code, "%s", reply->text);
}
