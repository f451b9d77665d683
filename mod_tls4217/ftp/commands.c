/*
 * mod_tls4217 - AUTH, PBSZ, PROT and CCC
 *
 * RFC 2228, section 3, as RFC 4217 uses it.  No decision is taken here.
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/commands.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/precmd.h"
#include "mod_tls4217/ftp/control/limit.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/ftp/control/rein.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/xferlevel.h"
#include "mod_tls4217/ftp/data/transfers.h"

/* Why TLS is not available is the administrator's to know, in any log. */
static modret_t *refuse_auth(cmd_rec *cmd, const struct tls4217_session *sess,
  enum tls4217_reply_id reply) {
  const char *trouble = NULL;

  if (reply == TLS4217_REPLY_AUTH_NO_CERTIFICATE) {
    trouble = sess->server->trouble;
    pr_log_pri(PR_LOG_WARNING, "warning: %s: AUTH refused: %s",
      MOD_TLS4217_VERSION, trouble);
  }

  return tls4217_response_refuse(cmd, sess, reply, NULL, trouble);
}

MODRET cmd_auth(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;
  size_t discarded;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_auth(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return refuse_auth(cmd, sess, verdict.reply);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

  discarded = tls4217_handshake_discard_clear(sess);
  if (discarded > 0) {
    tls4217_session_log(sess,
      "threw away %lu bytes that %s sent in clear "
      "behind AUTH",
      (unsigned long) discarded, pr_netaddr_get_ipstr(session.c->remote_addr));
  }

  /* In clear, and now: the handshake follows. */
  tls4217_response_now(verdict.reply, NULL);

  tls4217_handshake_protect(sess, verdict.level);
  tls4217_certlogin_expect_user(sess);
  tls4217_reset_parameters(sess);
  tls4217_xferlevel_tell(sess);
  return PR_HANDLED(cmd);
}

MODRET cmd_pbsz(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  verdict = tls4217_state_pbsz(&sess->state, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

  tls4217_state_set_pbsz(&sess->state);
  return tls4217_response_accept(cmd, verdict.reply);
}

/* Whether PORT, PASV or the like came before, for the next transfer. */
static bool has_data_address(void) {
  return (session.sf_flags & (SF_PASSIVE | SF_PORT)) != 0;
}

MODRET cmd_prot(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_prot(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

  /* mod_xfer's handler, which comes after this one, compares it with "C" and
   * allows sendfile(2) then. */
  cmd->argv[1] = pstrdup(cmd->pool, tls4217_names_level_text(verdict.level));
  cmd->arg = cmd->argv[1];

  tls4217_state_set_level(&sess->state, verdict.level);
  sess->announced = (int) verdict.level;
  if (verdict.level == TLS4217_LEVEL_PRIVATE && has_data_address()) {
    tls4217_control_issue_ticket(sess);
  }

  return tls4217_response_accept(cmd, verdict.reply);
}

MODRET cmd_ccc(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  struct tls4217_verdict verdict;
  modret_t *denial;
  struct tls4217_facts facts;

  if (sess == NULL) {
    return PR_DECLINED(cmd);
  }

  facts = tls4217_session_facts(sess);
  verdict = tls4217_state_ccc(
    &sess->state, &facts, cmd->argc > 1 ? cmd->arg : NULL);
  if (verdict.accepted == false) {
    return tls4217_response_refuse(cmd, sess, verdict.reply, NULL, NULL);
  }

  denial = tls4217_limit_check(cmd, sess);
  if (denial != NULL) {
    return denial;
  }

  /* The last ticket that this connection can carry. */
  if (sess->state.level == TLS4217_LEVEL_PRIVATE) {
    tls4217_control_issue_ticket(sess);
  }

  /* Protected, and now: TLS ends behind it. */
  tls4217_response_now(verdict.reply, NULL);

  tls4217_state_clear(&sess->state);
  tls4217_handshake_clear(sess, C_CCC);
  return PR_HANDLED(cmd);
}

static bool opens_port(cmd_rec *cmd) {
  return pr_cmd_cmp(cmd, PR_CMD_PASV_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_EPSV_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_PORT_ID) == 0 ||
    pr_cmd_cmp(cmd, PR_CMD_EPRT_ID) == 0;
}

static modret_t *pre_any(cmd_rec *cmd) {
  modret_t *refusal;

  tls4217_transfers_forget_failure();
  refusal = tls4217_precmd_pre(cmd);
  if (MODRET_ISERROR(refusal) == FALSE && opens_port(cmd)) {
    tls4217_transfers_announce();
  }

  return refusal;
}

/* mod_ifsession has merged the user's and the group's directives by now. */
MODRET log_pass(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();

  (void) cmd;
  if (sess != NULL) {
    tls4217_session_refresh_after_login(sess);
    tls4217_reset_after_login(sess);
  }

  return PR_DECLINED(cmd);
}

#define MAX_VERBS 8

/* One handler in one phase, for all the commands that it is for. */
struct handler {
  unsigned char phase;
  const char *verbs[MAX_VERBS]; /* NULL at the end */
  const char *group;
  modret_t *(*handle)(cmd_rec *cmd);
  unsigned char requires_auth;
  int class;
};

#define LISTINGS C_LIST, C_MLSD, C_NLST
#define UPLOADS  C_APPE, C_STOR, C_STOU

/*
 * The core updates its scoreboard for each CMD handler that declines, and
 * calls C_ANY handlers for everything: what can be an earlier phase, or a
 * list of commands, is.  Each handler costs the core 20,000 instructions and
 * more: what another handler can do as well has none of its own.
 */
static const struct handler handlers[] = {
  { CMD, { C_AUTH }, G_NONE, cmd_auth, FALSE, CL_SEC },
  { CMD, { C_PBSZ }, G_NONE, cmd_pbsz, FALSE, CL_SEC },
  { CMD, { C_PROT }, G_NONE, cmd_prot, FALSE, CL_SEC },
  { CMD, { C_CCC }, G_NONE, cmd_ccc, FALSE, CL_SEC },
  { CMD, { C_REIN }, G_NONE, tls4217_rein_rein, FALSE, CL_AUTH },

  { PRE_CMD, { C_ANY }, G_NONE, pre_any, FALSE, 0 },

  /* Behind all handlers for C_ANY: mod_rewrite's changes the arguments. */
  { PRE_CMD, { C_USER }, G_NONE, tls4217_precmd_pre_user, FALSE, 0 },
  { PRE_CMD, { LISTINGS, C_STOU }, G_NONE, tls4217_transfers_pre, TRUE, 0 },
  { PRE_CMD, { C_STAT, C_MLST, C_RNFR, C_SITE, "CPFR" }, G_NONE,
    tls4217_transfers_pre, FALSE, 0 },

  /* Group and class as mod_xfer's: the core takes those of the first. */
  { CMD, { UPLOADS }, G_WRITE, tls4217_transfers_begin, TRUE, CL_WRITE },
  { CMD, { C_RETR }, G_READ, tls4217_transfers_begin, TRUE, CL_READ },

  { POST_CMD, { C_PASS }, G_NONE, tls4217_precmd_post_pass, FALSE, 0 },
  { LOG_CMD, { C_PASS }, G_NONE, log_pass, FALSE, 0 },
  { LOG_CMD_ERR, { C_PASS }, G_NONE, tls4217_rein_failed_pass, FALSE, 0 },
  { POST_CMD, { C_HOST }, G_NONE, tls4217_reset_post_host, FALSE, 0 },
  { POST_CMD, { C_TYPE }, G_NONE, tls4217_reset_post_type, FALSE, 0 },

  { POST_CMD_ERR, { C_ANY }, G_NONE, tls4217_transfers_explain, FALSE, 0 },
};

#define NHANDLERS (sizeof(handlers) / sizeof(handlers[0]))

cmdtable *tls4217_commands_table(void) {
  static cmdtable table[NHANDLERS * MAX_VERBS + 1];
  cmdtable *row = table;

  for (size_t i = 0; i < NHANDLERS; i++) {
    for (int verb = 0; verb < MAX_VERBS && handlers[i].verbs[verb] != NULL;
         verb++) {
      row->cmd_type = handlers[i].phase;
      row->command = handlers[i].verbs[verb];
      row->group = handlers[i].group;
      row->handler = handlers[i].handle;
      row->requires_auth = handlers[i].requires_auth;
      row->cmd_class = handlers[i].class;
      row++;
    }
  }

  return table;
}
