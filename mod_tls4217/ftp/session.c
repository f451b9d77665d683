/*
 * mod_tls4217 - what one session process knows
 *
 * Starts with the process that serves one client and ends with it; HOST gives
 * it another server in between.  What the commands do to it is in the files
 * named beside its members.
 */

#include <stdarg.h>

#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/data/data.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/control/rein.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/ftp/data/transfers.h"
#include "mod_tls4217/ftp/data/upload.h"

/* ProFTPD's callbacks get no argument of ours. */
static struct tls4217_session *this_session = NULL;

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

static bool is_logged_in(void) {
  const unsigned char *authenticated;

  if (session.user != NULL) {
    return true;
  }

  authenticated = get_param_ptr(main_server->conf, "authenticated", FALSE);
  return authenticated != NULL && *authenticated == TRUE;
}

struct tls4217_facts tls4217_session_facts(const struct tls4217_session *sess) {
  struct tls4217_facts facts = {
    .logged_in = is_logged_in(),
    .certificate = sess->server->tls.context != NULL,
    .pbsz_required = !(sess->settings.options & TLS4217_OPT_NO_PBSZ_REQUIRED),
    .ccc_accepted = sess->settings.clear_command_channel,
    .control_required = sess->settings.control_view ==
      TLS4217_CONTROL_VIEW_REQUIRED,
    .data = &sess->settings.data,
  };

  tls4217_rein_facts(sess, &facts);
  return facts;
}

/* What FEAT says, before TLS and after it (RFC 4217, section 6). */
static void offer_features(const struct tls4217_session *sess) {
  static const char *const features[] = { "AUTH TLS", "PBSZ", "PROT" };

  for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
    if (sess->server != NULL) {
      (void) pr_feat_add(features[i]);

    } else {
      (void) pr_feat_remove(features[i]);
    }
  }

  if (sess->server != NULL && sess->settings.clear_command_channel) {
    (void) pr_feat_add(C_CCC);

  } else {
    (void) pr_feat_remove(C_CCC);
  }
}

static void offer_help(void) {
  pr_help_add(C_AUTH, _("<sp> TLS"), TRUE);
  pr_help_add(C_PBSZ, _("<sp> 0"), TRUE);
  pr_help_add(C_PROT, _("<sp> C|P"), TRUE);
  pr_help_add(C_REIN, _("(ends the session, not the connection)"), TRUE);
}

/* The netio of both kinds of streams, once: mod_deflate keeps a pointer to
 * what is registered. */
static int install_netio(struct tls4217_session *sess) {
  pr_netio_t *control, *data;

  sess->plain = pr_alloc_netio2(sess->pool, &tls4217_module, NULL);
  control = pr_alloc_netio2(sess->pool, &tls4217_module, NULL);
  data = pr_alloc_netio2(sess->pool, &tls4217_module, NULL);

  tls4217_control_install(control);
  tls4217_data_install(data);

  if (pr_register_netio(control, PR_NETIO_STRM_CTRL) < 0 ||
    pr_register_netio(data, PR_NETIO_STRM_DATA) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: netio cannot be registered: %s",
      MOD_TLS4217_VERSION, strerror(errno));
    return -1;
  }

  return 0;
}

static void refresh(struct tls4217_session *sess) {
  tls4217_settings_resolve(main_server->conf, &sess->settings);
  tls4217_policies_resolve(sess->pool, main_server->conf,
    session.anon_config != NULL ? session.anon_config->subset : NULL,
    &sess->settings);
}

void tls4217_session_refresh_after_login(struct tls4217_session *sess) {
  if (tls4217_vhost_has_ifsession() || session.anon_config != NULL) {
    refresh(sess);
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

  return tls4217_context_override(
    context, tls4217_connection_ssl(conn), own, err);
}

void tls4217_session_adopt_server(struct tls4217_session *sess) {
  sess->server = tls4217_vhost_find(main_server);
  sess->core_chunk = main_server->tcp_sndbuf_len;
  if (sess->server != NULL) {
    sess->settings = sess->server->settings;
    if (tls4217_vhost_has_ifsession()) {
      refresh(sess);
    }
  }

  if (sess->server != NULL && sess->plain == NULL && install_netio(sess) < 0) {
    sess->server = NULL;
  }

  offer_features(sess);
  if (sess->server != NULL) {
    offer_help();
  }
}

/* Listeners. */

static void reinit_ev(const void *event_data, void *user_data) {
  struct tls4217_session *sess = user_data;

  (void) event_data;
  tls4217_session_adopt_server(sess);
  sess->announced = -1;

  if (tls4217_peer_change_server(sess) < 0) {
    tls4217_session_log(sess,
      "the client's certificate was verified for another server: "
      "TLSVerifyClient "
      "is on, and the session ends");
    tls4217_peer_end_session(TLS4217_REPLY_PEER_OTHER_HOST, NULL);
  }
}

/* Before the banner, with the core's timers running. */
static void connected_ev(const void *event_data, void *user_data) {
  struct tls4217_session *sess = user_data;

  (void) event_data;
  if (sess->server != NULL && tls4217_vhost_has_ifsession()) {
    refresh(sess);

  } else if (tls4217_vhost_has_ifsession()) {
    /* The class may have switched TLSEngine on. */
    tls4217_session_adopt_server(sess);
  }

  tls4217_reset_remember(sess);

  if (sess->implicit) {
    if (sess->server->tls.context == NULL) {
      tls4217_session_log(sess, "the implicit TLS connection is closed: %s",
        sess->server->trouble);
      pr_log_pri(PR_LOG_WARNING,
        "warning: %s: an implicit TLS connection is closed: %s",
        MOD_TLS4217_VERSION, sess->server->trouble);
      pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BAD_CONFIG,
        "no usable certificate");
    }

    tls4217_handshake_protect(sess, TLS4217_LEVEL_PRIVATE);
    tls4217_certlogin_expect_user(sess);
    tls4217_transfers_announce_level(sess);
  }
}

/* TimeoutStalled: the core ends the session without a word. */
static void stalled_ev(const void *event_data, void *user_data) {
  const struct tls4217_session *sess = user_data;
  (void) event_data;
  if (sess->server != NULL) {
    tls4217_response_async(sess, TLS4217_REPLY_STALLED);
  }
}

static void exit_ev(const void *event_data, void *user_data) {
  struct tls4217_session *sess = user_data;

  (void) event_data;
  tls4217_upload_end(sess);
  tls4217_linger_end(&sess->linger);
  tls4217_connection_free(sess->data.conn);
  sess->data.conn = NULL;
  tls4217_binding_clear(&sess->binding);
  tls4217_peer_forget(sess);
}

/* First of all: what follows is for the process that serves the client. */
static void start_keeper(struct tls4217_supervisor *keeper) {
  const struct tls4217_vhost *server = tls4217_vhost_find(main_server);

  if (server != NULL &&
    (server->settings.options & TLS4217_OPT_ALLOW_REINITIALIZE) != 0 &&
    (server->settings.options & TLS4217_OPT_USE_IMPLICIT_SSL) == 0) {
    tls4217_supervisor_start(keeper);
  }
}

/* While nobody has said anything yet: for all hosts that HOST or the client's
 * SNI may choose here. */
static void join_key_process(void) {
  const server_rec *recs[TLS4217_MAX_HOSTS];
  size_t nrecs;
  bool many;

  nrecs = tls4217_vhost_list_neighbours(
    main_server, recs, TLS4217_MAX_HOSTS, &many);
  if (nrecs > 0) {
    tls4217_keyprocess_join(recs, nrecs, many);
  }
}

int tls4217_session_start(void) {
  struct tls4217_session *sess;
  struct tls4217_error err;

  sess = pcalloc(session.pool, sizeof(*sess));
  tls4217_keyprocess_leave_daemon();
  start_keeper(&sess->keeper);
  join_key_process();
  sess->pool = make_sub_pool(session.pool);
  pr_pool_tag(sess->pool, MOD_TLS4217_VERSION " session");

  tls4217_error_clear(&err);
  if (tls4217_binding_init(&sess->binding, &err) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
    errno = EPERM;
    return -1;
  }

  this_session = sess;
  tls4217_state_reset(&sess->state);
  sess->announced = TLS4217_LEVEL_CLEAR;
  tls4217_session_adopt_server(sess);

  sess->implicit = sess->server != NULL &&
    (sess->settings.options & TLS4217_OPT_USE_IMPLICIT_SSL) != 0;
  if (sess->implicit) {
    /* mod_xfer decides about sendfile(2) from this word, if it starts its
     * session after us; if not, it has to be told. */
    session.rfc2228_mech = "TLS";
    sess->announced = -1;
  }

  pr_event_register(&tls4217_module, "core.session-reinit", reinit_ev, sess);
  pr_event_register(&tls4217_module, "core.connected", connected_ev, sess);
  pr_event_register(&tls4217_module, "core.timeout-stalled", stalled_ev, sess);
  pr_event_register(&tls4217_module, "core.exit", exit_ev, sess);
  return 0;
}
