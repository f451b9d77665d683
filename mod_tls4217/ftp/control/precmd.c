/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - refuses commands that may not come without TLS
 *
 * A password that has crossed in clear cannot be taken back, so users are
 * checked at USER; and once more when they have logged in, because a database
 * may take another spelling for the same user.
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/precmd.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/rfc4217/admission.h"

/* Commands of the core's own making (CONNECT, DISCONNECT) and those of other
 * protocols come this way too. */
static bool is_ftp_command(const cmd_rec *cmd) {
  const char *protocol = pr_session_get_protocol(0);

  return (cmd->cmd_class & (CL_CONNECT | CL_DISCONNECT)) == 0 &&
    (strcmp(protocol, "ftp") == 0 || strcmp(protocol, "ftps") == 0);
}

/* AllowPerUser: what the sections say about who logs in now. */
static enum tls4217_control_view find_section_view(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  const char *user = NULL;

  if (sess->settings.options.per_user &&
    tls4217_session_is_logged_in() == false) {
    user = strcmp(cmd->argv[0], "USER") == 0 ?
      cmd->arg :
      pr_table_get(session.notes, "mod_auth.orig-user", NULL);
  }

  return user != NULL ?
    tls4217_policies_section_view(cmd->tmp_pool, main_server->conf, user) :
    TLS4217_CONTROL_VIEW_UNKNOWN;
}

/* To find out who a user is costs more than all else here. */
static enum tls4217_view find_user_view(
  cmd_rec *cmd, const struct tls4217_session *sess, const char *user) {
  return sess->settings.user_views ?
    tls4217_policies_user_view(cmd->tmp_pool, main_server->conf, user) :
    TLS4217_VIEW_OPTIONAL;
}

/* A user is checked before the password comes, and so are his sections. */
static struct tls4217_verdict check_user(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  const enum tls4217_view view = find_user_view(cmd, sess, cmd->arg);

  return tls4217_admission_user(&sess->state,
    tls4217_admission_user_view(view, find_section_view(cmd, sess)));
}

/* The sections are looked at only where they could change the view. */
static enum tls4217_control_view find_view(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  const enum tls4217_control_view view = sess->settings.control_view;

  return view == TLS4217_CONTROL_VIEW_OPTIONAL ?
    view :
    tls4217_admission_command_view(view, find_section_view(cmd, sess));
}

/* Whom USER has named before is forgotten, too. */
static void forget_user(const cmd_rec *cmd) {
  if (strcmp(cmd->argv[0], "USER") == 0 &&
    tls4217_session_is_logged_in() == false) {
    tls4217_reset_refused_user();
  }
}

modret_t *tls4217_precmd_pre(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;

  if (sess == NULL || is_ftp_command(cmd) == false) {
    return PR_DECLINED(cmd);
  }

  verdict = tls4217_admission_command(
    &sess->state, find_view(cmd, sess), cmd->argv[0]);
  if (verdict.accepted == false) {
    forget_user(cmd);
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  return PR_DECLINED(cmd);
}

modret_t *tls4217_precmd_pre_user(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;

  if (sess == NULL || is_ftp_command(cmd) == false || cmd->argc < 2) {
    return PR_DECLINED(cmd);
  }

  verdict = check_user(cmd, sess);
  if (verdict.accepted == false) {
    forget_user(cmd);
    return tls4217_response_refuse(cmd, sess, verdict.reply, cmd->arg, NULL);
  }

  return PR_DECLINED(cmd);
}

modret_t *tls4217_precmd_pre_host(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_verdict verdict;

  if (sess == NULL || sess->origin.server == NULL || cmd->argc != 2 ||
    sess->state.control == TLS4217_CONTROL_PROTECTED ||
    tls4217_session_is_logged_in()) {
    return PR_DECLINED(cmd);
  }

  verdict = tls4217_admission_host(sess->origin.server, main_server,
    pr_namebind_get_server(
      cmd->argv[1], main_server->addr, session.c->local_port));
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, cmd->arg, NULL);
  }

  return PR_DECLINED(cmd);
}

static bool has_protocol(const array_header *protocols, const char *name) {
  char **names = protocols->elts;

  for (unsigned int i = 0; i < protocols->nelts; i++) {
    if (names[i] != NULL && strcasecmp(names[i], name) == 0) {
      return true;
    }
  }

  return false;
}

static bool is_denied_by_protocols(const struct tls4217_session *sess) {
  const config_rec *c;

  if (sess->control.conn == NULL) {
    return false;
  }

  c = find_config(main_server->conf, CONF_PARAM, "Protocols", FALSE);
  return c != NULL && has_protocol(c->argv[0], "ftps") == false;
}

static struct tls4217_verdict check_login(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  const char *typed = pr_table_get(session.notes, "mod_auth.orig-user", NULL);

  return tls4217_admission_login(&sess->state,
    find_user_view(cmd, sess, typed != NULL ? typed : session.user));
}

void tls4217_precmd_check_protocols(const struct tls4217_session *sess) {
  if (is_denied_by_protocols(sess)) {
    tls4217_session_log(sess, "login refused: Protocols does not include ftps");
    tls4217_response_now(TLS4217_REPLY_LOGIN_PROTOCOL, NULL);
    pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_CONFIG_ACL,
      "Denied by Protocols setting");
  }
}

modret_t *tls4217_precmd_post_pass(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;

  if (sess == NULL || tls4217_session_is_logged_in() == false) {
    return PR_DECLINED(cmd);
  }

  tls4217_precmd_check_protocols(sess);
  verdict = check_login(cmd, sess);
  if (verdict.accepted == false) {
    (void) tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
    tls4217_response_now(verdict.reply, NULL);
    pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_CONFIG_ACL,
      "Denied by TLSUserProtection");
  }

  return PR_DECLINED(cmd);
}
