/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the table of commands
 *
 * Every handler that this module has, of every phase.  What runs at PASS, and
 * in which order, can be read here.
 */

#include "mod_tls4217/ftp/commands.h"
#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/control/precmd.h"
#include "mod_tls4217/ftp/control/preferences.h"
#include "mod_tls4217/ftp/control/rein.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/rfc2228.h"
#include "mod_tls4217/ftp/data/transfers.h"
#include "mod_tls4217/ftp/report/status.h"
#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/ftp/switches.h"

static bool opens_port(cmd_rec *cmd) {
  return pr_cmd_cmp(cmd, PR_CMD_PASV_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_EPSV_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_PORT_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_EPRT_ID) == 0;
}

/* Long before a login, or never: programs that say who they are, and what they
 * prefer. */
static void note_client(const cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();

  if (sess == NULL) {
    return;
  }

  tls4217_preferences_before(sess, cmd);
  if (cmd->arg != NULL && strcmp(cmd->argv[0], C_CLNT) == 0) {
    tls4217_membership_name_client(sess, cmd->arg);
  }
}

static modret_t *pre_any(cmd_rec *cmd) {
  modret_t *refusal;

  note_client(cmd);
  tls4217_transfers_forget_failure();
  refusal = tls4217_precmd_pre(cmd);
  if (MODRET_ISERROR(refusal) == FALSE && opens_port(cmd)) {
    tls4217_transfers_issue_ticket();
  }

  return refusal;
}

/* mod_ifsession has merged the user's and the group's directives by now. */
static modret_t *log_pass(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();

  (void) cmd;
  if (sess != NULL) {
    const server_rec *const own = main_server;

    tls4217_vhost_keep_logs(&own, 1);
    tls4217_session_refresh_after_login(sess);
    tls4217_precmd_check_protocols(sess);
    tls4217_membership_join(sess);
    tls4217_reset_after_login(sess);
  }

  return PR_DECLINED(cmd);
}

#define MAX_VERBS 8

/* One handler in one phase, for all the commands that it is for. */
struct handler {
  enum tls4217_switch when;
  unsigned char phase;
  const char *verbs[MAX_VERBS]; /* NULL at the end */
  const char *group;
  modret_t *(*handle)(cmd_rec *cmd);
  unsigned char requires_auth;
  int class;
};

#define LISTINGS    C_LIST, C_MLSD, C_NLST
#define UPLOADS     C_APPE, C_STOR, C_STOU

#define ALWAYS      TLS4217_SWITCH_ALWAYS
#define CERTIFICATE TLS4217_SWITCH_CERTIFICATE
#define GRANT       TLS4217_SWITCH_GRANT
#define CUT         TLS4217_SWITCH_CUT

/*
 * In the order of the phases.  Within one, the core calls what is for a
 * command by name behind what is for all of them (C_ANY), and our handlers
 * ahead of those of other modules.  It updates its scoreboard for each CMD
 * handler that declines, and calls C_ANY handlers for everything: what can be
 * an earlier phase, or a list of commands, is.  Each handler costs the core
 * 20,000 instructions and more: what another handler can do as well has none
 * of its own, and what is seldom needed waits for its switch (switches.h).
 */
static const struct handler handlers[] = {
  /* May it come at all?  The names of files behind mod_rewrite's handler. */
  { ALWAYS, PRE_CMD, { C_ANY }, G_NONE, pre_any, FALSE, 0 },
  { ALWAYS, PRE_CMD, { C_HOST }, G_NONE, tls4217_precmd_pre_host, FALSE, 0 },
  { ALWAYS, PRE_CMD, { C_USER }, G_NONE, tls4217_precmd_pre_user, FALSE, 0 },
  { ALWAYS, PRE_CMD, { LISTINGS, C_STOU }, G_NONE, tls4217_transfers_pre, TRUE,
    0 },
  { ALWAYS, PRE_CMD, { C_STAT, C_MLST, C_RNFR, C_SITE, "CPFR" }, G_NONE,
    tls4217_transfers_pre, FALSE, 0 },

  /* Our own commands. */
  { ALWAYS, CMD, { C_AUTH }, G_NONE, tls4217_rfc2228_auth, FALSE, CL_SEC },
  { ALWAYS, CMD, { C_PBSZ }, G_NONE, tls4217_rfc2228_pbsz, FALSE, CL_SEC },
  { ALWAYS, CMD, { C_PROT }, G_NONE, tls4217_rfc2228_prot, FALSE, CL_SEC },
  { ALWAYS, CMD, { C_CCC }, G_NONE, tls4217_rfc2228_ccc, FALSE, CL_SEC },
  { ALWAYS, CMD, { C_REIN }, G_NONE, tls4217_rein_rein, FALSE, CL_AUTH },

  /* Group and class as mod_xfer's: the core takes those of the first. */
  { ALWAYS, CMD, { UPLOADS }, G_WRITE, tls4217_transfers_begin, TRUE,
    CL_WRITE },
  { ALWAYS, CMD, { C_RETR }, G_READ, tls4217_transfers_begin, TRUE, CL_READ },

  /* It is done. */
  { CERTIFICATE, POST_CMD, { C_USER }, G_NONE, tls4217_certlogin_post_user,
    FALSE, 0 },
  { ALWAYS, POST_CMD, { C_PASS }, G_NONE, tls4217_precmd_post_pass, FALSE, 0 },
  { ALWAYS, POST_CMD, { C_HOST }, G_NONE, tls4217_reset_post_host, FALSE, 0 },
  { ALWAYS, POST_CMD, { C_TYPE }, G_NONE, tls4217_reset_post_type, FALSE, 0 },
  { ALWAYS, POST_CMD, { C_STAT }, G_NONE, tls4217_status_post_stat, FALSE, 0 },
  { CUT, POST_CMD, { C_RETR }, G_NONE, tls4217_transfers_post_retr, FALSE, 0 },

  /* It has failed. */
  { ALWAYS, POST_CMD_ERR, { C_ANY }, G_NONE, tls4217_transfers_end_failed,
    FALSE, 0 },

  /* Its replies leave.  GRANT is PASS alone: see certlogin.h. */
  { GRANT, LOG_CMD, { C_ANY }, G_NONE, tls4217_certlogin_log_any, FALSE, 0 },
  { ALWAYS, LOG_CMD, { C_PASS }, G_NONE, log_pass, FALSE, 0 },
  { ALWAYS, LOG_CMD_ERR, { C_PASS }, G_NONE, tls4217_rein_failed_pass, FALSE,
    0 },
};

#define NHANDLERS (sizeof(handlers) / sizeof(handlers[0]))

static cmdtable make_row(const struct handler *handler, const char *verb) {
  const cmdtable row = {
    .cmd_type = handler->phase,
    .command = verb,
    .group = handler->group,
    .handler = handler->handle,
    .requires_auth = handler->requires_auth,
    .cmd_class = handler->class,
  };

  return row;
}

cmdtable *tls4217_commands_table(void) {
  static cmdtable table[NHANDLERS * MAX_VERBS + 1];
  cmdtable *next = table;

  for (size_t i = 0; i < NHANDLERS; i++) {
    const struct handler *handler = &handlers[i];

    for (int verb = 0; verb < MAX_VERBS && handler->verbs[verb] != NULL;
         verb++) {
      const cmdtable row = make_row(handler, handler->verbs[verb]);

      if (handler->when == ALWAYS) {
        *next++ = row;

      } else {
        tls4217_switches_keep(handler->when, &row);
      }
    }
  }

  return table;
}
