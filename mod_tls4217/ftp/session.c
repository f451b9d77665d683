/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one session process knows
 *
 * The struct and its accessors.  What happens to it is above: its beginning and
 * end in lifecycle.c, the commands in commands.c.
 */

#include <stdarg.h>

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/session.h"

/* ProFTPD's callbacks get no argument of ours. */
static struct tls4217_session *this_session = NULL;

struct tls4217_session *tls4217_session_new(
  pool *p, struct tls4217_supervisor *supervisor, struct tls4217_error *err) {
  struct tls4217_session *sess = pcalloc(p, sizeof(*sess));

  if (tls4217_binding_init(&sess->binding, err) < 0) {
    return NULL;
  }

  sess->pool = make_sub_pool(p);
  pr_pool_tag(sess->pool, MOD_TLS4217_VERSION " session");
  sess->supervisor = supervisor;
  tls4217_state_reset(&sess->state);
  sess->xfer_level = TLS4217_LEVEL_CLEAR;
  this_session = sess;
  return sess;
}

struct tls4217_session *tls4217_session_get(void) {
  return this_session;
}

struct tls4217_session *tls4217_session_engine(void) {
  return this_session != NULL && this_session->server != NULL ? this_session :
                                                                NULL;
}

void tls4217_session_log(
  const struct tls4217_session *sess, const char *fmt, ...) {
  char text[1024];
  va_list ap;

  if (sess->server == NULL) {
    return;
  }

  va_start(ap, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);

  tls4217_log_write(sess->server->log_fd, "%s", text);
}

const char *tls4217_session_who(pool *p) {
  const char *user = session.user;

  if (user == NULL) {
    user = pr_table_get(session.notes, "mod_auth.orig-user", NULL);
  }

  return user != NULL ? pstrcat(p, "user ", user, ": ", NULL) : "";
}

bool tls4217_session_is_control(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm) {
  return sess->control.conn != NULL && session.c != NULL &&
    (strm == session.c->instrm || strm == session.c->outstrm);
}

bool tls4217_session_is_logged_in(void) {
  const unsigned char *authenticated;

  if (session.user != NULL) {
    return true;
  }

  authenticated = get_param_ptr(main_server->conf, "authenticated", FALSE);
  return authenticated != NULL && *authenticated == TRUE;
}

struct tls4217_facts tls4217_session_facts(const struct tls4217_session *sess) {
  struct tls4217_facts facts = {
    .logged_in = tls4217_session_is_logged_in(),
    .certificate = sess->server->tls != NULL,
    .pbsz_required = sess->settings.options.pbsz_required,
    .ccc_accepted = sess->settings.clear_command_channel,
    .control_required = sess->settings.control_view ==
      TLS4217_CONTROL_VIEW_REQUIRED,
    .implicit = sess->implicit,
    .data = &sess->settings.data,
  };

  return facts;
}

void tls4217_session_refresh(struct tls4217_session *sess) {
  tls4217_resolve_settings(main_server->conf, &sess->settings);
  tls4217_policies_resolve(sess->pool, main_server->conf,
    session.anon_config != NULL ? session.anon_config->subset : NULL,
    &sess->settings);
}

void tls4217_session_refresh_after_login(struct tls4217_session *sess) {
  if (tls4217_vhost_has_ifsession() || session.anon_config != NULL) {
    tls4217_session_refresh(sess);
  }
}

int tls4217_session_apply_class(const struct tls4217_session *sess,
  const struct tls4217_context *context, const struct tls4217_connection *conn,
  struct tls4217_error *err) {
  const struct tls4217_parameters *own = &sess->settings.tls;

  if (sess->server == NULL ||
    tls4217_parameters_are_equal(own, &sess->server->settings.tls)) {
    return 0;
  }

  return tls4217_context_override_connection(context, conn, own, err);
}
