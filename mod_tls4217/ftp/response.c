/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - turning a verdict into ProFTPD's answer
 *
 * See response.h.  The texts are in rfc4217/reply.c.
 */

#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/rfc4217/strangers.h"

const char *tls4217_response_remedy(pool *p, enum tls4217_reply_id id) {
  const char *remedy = tls4217_reply_remedy(id);
  const char *exception = tls4217_reply_exception(id);
  const char *user = session.user;

  if (exception == NULL) {
    return remedy;
  }

  if (user == NULL || tls4217_strangers_is_plain(user) == false) {
    return pstrcat(p, remedy != NULL ? remedy : exception,
      "; for some clients alone in <IfClass> of mod_ifsession", NULL);
  }

  return pstrcat(p, remedy != NULL ? remedy : "", remedy != NULL ? "; " : "",
    "for this user alone, three lines, with mod_ifsession: <IfUser ", user,
    "> | ", exception, " | </IfUser>", NULL);
}

modret_t *tls4217_response_refuse(cmd_rec *cmd,
  const struct tls4217_session *sess, enum tls4217_reply_id id,
  const char *about, const char *trouble) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);
  const char *why =
    trouble != NULL ? trouble : tls4217_response_remedy(cmd->tmp_pool, id);

  tls4217_session_log(sess,
    "control connection from %s: %s%s%s%s refused: %s %s%s%s%s",
    pr_netaddr_get_ipstr(session.c->remote_addr),
    tls4217_session_who(cmd->tmp_pool), (const char *) cmd->argv[0],
    about != NULL ? " " : "", about != NULL ? about : "", reply->code,
    reply->text, why != NULL ? " (" : "", why != NULL ? why : "",
    why != NULL ? ")" : "");

  tls4217_counters_refusal(tls4217_shared_counters(), id);
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

/* Behind the text: ": " and the reason, or nothing. */
static const char *separator(const char *reason) {
  return reason != NULL ? ": " : "";
}

static const char *or_nothing(const char *reason) {
  return reason != NULL ? reason : "";
}

/* The core may have the words in the client's language: those that are its
 * own. */
void tls4217_response_now(enum tls4217_reply_id id, const char *reason) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  pr_response_send(reply->code, "%s%s%s", _(reply->text), separator(reason),
    or_nothing(reason));
}

void tls4217_response_async(
  const struct tls4217_session *sess, enum tls4217_reply_id id) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  tls4217_session_log(sess, "%s %s", reply->code, reply->text);
  pr_response_send_async(reply->code, "%s", reply->text);
}

bool tls4217_response_replace(
  enum tls4217_reply_id id, const char *reason, bool refused) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);
  pr_response_t **list = refused ? &resp_err_list : &resp_list;

  if (*list == NULL) {
    return false;
  }

  pr_response_clear(list);
  if (refused) {
    pr_response_add_err(reply->code, "%s%s%s", reply->text, separator(reason),
      or_nothing(reason));

  } else {
    pr_response_add(reply->code, "%s%s%s", reply->text, separator(reason),
      or_nothing(reason));
  }

  return true;
}

void tls4217_response_tell(enum tls4217_reply_id id, const char *text) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);
  const pr_response_t *responses = resp_list;

  if (responses == NULL || responses->next == NULL) {
    return;
  }

  pr_response_clear(&resp_list);
  for (; responses != NULL; responses = responses->next) {
    if (responses->next == NULL) {
      pr_response_add(reply->code, "%s: %s", reply->text, text);
    }

    pr_response_add(responses->num, "%s", responses->msg);
  }
}

void tls4217_response_recode_login(void) {
  const pr_response_t *responses = resp_list;

  pr_response_clear(&resp_list);
  for (; responses != NULL; responses = responses->next) {
    pr_response_add(
      tls4217_reply_code_by_certificate(responses->num), "%s", responses->msg);
  }
}
