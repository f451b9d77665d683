/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what STAT says of the client's own session
 *
 * See status.h.
 */

#include "mod_tls4217/ftp/report/status.h"
#include "mod_tls4217/ftp/response.h"

static const char *describe_data(pool *p, const struct tls4217_session *sess) {
  if (sess->state.level != TLS4217_LEVEL_PRIVATE) {
    return "in clear (PROT C)";
  }

  return sess->summaries.data[0] != '\0' ?
    pstrcat(
      p, "protected (PROT P), the last one with ", sess->summaries.data, NULL) :
    "protected (PROT P)";
}

modret_t *tls4217_status_post_stat(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_engine();

  if (sess == NULL || cmd->argc != 1) {
    return PR_DECLINED(cmd);
  }

  tls4217_response_tell(TLS4217_REPLY_STATUS_CONTROL,
    sess->control.conn != NULL ? sess->summaries.control : "in clear");
  tls4217_response_tell(
    TLS4217_REPLY_STATUS_DATA, describe_data(cmd->tmp_pool, sess));
  return PR_DECLINED(cmd);
}
