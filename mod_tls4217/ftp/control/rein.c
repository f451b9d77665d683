/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - REIN
 *
 * See rein.h.  Whether it is accepted is decided in rfc4217/state.c.
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/control/rein.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/supervisor.h"
#include "mod_tls4217/ftp/control/verb.h"
#include "mod_tls4217/ftp/control/xferlevel.h"

#define DEFAULT_MAX_LOGIN_ATTEMPTS 3

static unsigned int count_reins(const struct tls4217_session *sess) {
  return sess->supervisor->page != NULL ? sess->supervisor->page->reins :
                                          sess->reins;
}

static void add_rein(struct tls4217_session *sess) {
  sess->reins++;
  if (sess->supervisor->page != NULL) {
    sess->supervisor->page->reins++;
  }
}

static struct tls4217_facts find_facts(const struct tls4217_session *sess) {
  struct tls4217_facts facts = tls4217_session_facts(sess);

  facts.at_named_host = main_server != sess->origin.server;
  facts.rein_exhausted = count_reins(sess) >= TLS4217_REIN_LIMIT;
  facts.login_undoable = sess->settings.options.reinitialize &&
    tls4217_supervisor_is_there(sess->supervisor);
  return facts;
}

/* Earlier sessions must not open the data connections of the next user. */
static void renew_binding(struct tls4217_session *sess) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  tls4217_membership_leave(sess);
  tls4217_binding_clear(&sess->binding);
  if (tls4217_binding_init(&sess->binding, &err) < 0) {
    tls4217_session_log(sess, "%s", err.text);
    pr_session_disconnect(
      &tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION, "no random numbers");
  }
}

/* mod_xfer assumes TLS until session.rfc2228_mech is NULL and it has seen a
 * PROT C: the order matters. */
static void start_over(struct tls4217_session *sess) {
  tls4217_state_reset(&sess->state);
  renew_binding(sess);
  tls4217_peer_forget(sess);

  session.rfc2228_mech = NULL;
  tls4217_reset_named_host(sess);
  tls4217_reset_parameters(sess);
  tls4217_xferlevel_tell(sess);
  (void) pr_table_remove(session.notes, "clnt", NULL);
}

/* What the client sent in clear behind REIN is read by a process that is
 * about to end. */
static void leave(struct tls4217_session *sess) {
  size_t discarded = tls4217_handshake_discard_clear(sess);

  if (discarded > 0) {
    tls4217_session_log(sess, "discarded %lu bytes that %s sent after REIN",
      (unsigned long) discarded, pr_netaddr_get_ipstr(session.c->remote_addr));
  }

  tls4217_supervisor_leave(sess->supervisor);
}

static struct tls4217_verdict decide_rein(
  const struct tls4217_session *sess, const char *parameter) {
  const struct tls4217_facts facts = find_facts(sess);

  return tls4217_state_rein(&sess->state, &facts, parameter);
}

static modret_t *carry_out_rein(
  cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict) {
  const struct tls4217_facts facts = find_facts(sess);

  add_rein(sess);
  tls4217_response_now(verdict.reply, NULL);
  if (sess->control.conn != NULL) {
    tls4217_handshake_clear(sess, C_REIN);
  }

  if (facts.logged_in || facts.at_named_host) {
    leave(sess);

  } else {
    start_over(sess);
  }

  return PR_HANDLED(cmd);
}

modret_t *tls4217_rein_rein(cmd_rec *cmd) {
  static const struct tls4217_verb verb = { decide_rein, carry_out_rein, NULL };

  return tls4217_verb_handle(cmd, &verb);
}

modret_t *tls4217_rein_failed_pass(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();
  const unsigned int *limit;

  (void) cmd;
  /* Without USER there was no guess. */
  if (sess != NULL &&
    pr_table_get(session.notes, "mod_auth.orig-user", NULL) != NULL) {
    limit = get_param_ptr(main_server->conf, "MaxLoginAttempts", FALSE);
    tls4217_supervisor_count_failure(
      sess->supervisor, limit != NULL ? *limit : DEFAULT_MAX_LOGIN_ATTEMPTS);
  }

  return PR_DECLINED(cmd);
}
