/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the one way to handle AUTH, PBSZ, PROT, CCC and REIN
 *
 * See verb.h.
 */

#include "mod_tls4217/ftp/control/limit.h"
#include "mod_tls4217/ftp/control/verb.h"
#include "mod_tls4217/ftp/response.h"

static modret_t *refuse(cmd_rec *cmd, const struct tls4217_session *sess,
  const struct tls4217_verb *verb, enum tls4217_reply_id reply) {
  const char *trouble = verb->find_trouble != NULL ?
    verb->find_trouble(sess, reply) :
    NULL;

  return tls4217_response_refuse(cmd, sess, reply, NULL, trouble);
}

modret_t *tls4217_verb_handle(cmd_rec *cmd, const struct tls4217_verb *verb) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  verdict = verb->decide(sess, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return refuse(cmd, sess, verb, verdict.reply);
  }

  denial = tls4217_limit_check(cmd, sess);
  return denial != NULL ? denial : verb->carry_out(cmd, sess, verdict);
}
