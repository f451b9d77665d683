/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the life of a session process
 *
 * Starts with the process that serves one client and ends with it; HOST gives
 * it another server in between.  ProFTPD's events are heard here, and the
 * netio of both kinds of streams is registered.
 */

#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/handshake.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/control/rein.h"
#include "mod_tls4217/ftp/control/reset.h"
#include "mod_tls4217/ftp/control/supervisor.h"
#include "mod_tls4217/ftp/control/unknown.h"
#include "mod_tls4217/ftp/control/xferlevel.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/data/data.h"
#include "mod_tls4217/ftp/data/upload.h"
#include "mod_tls4217/ftp/lifecycle.h"
#include "mod_tls4217/ftp/logevents.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/session.h"

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

/* Makes main_server the session's server: at the start, and after HOST. */
static void adopt_server(struct tls4217_session *sess) {
  sess->server = tls4217_vhost_find(main_server);
  sess->core_chunk = main_server->tcp_sndbuf_len;
  if (sess->server != NULL) {
    sess->settings = sess->server->settings;
    if (tls4217_vhost_has_ifsession()) {
      tls4217_session_refresh(sess);
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
  adopt_server(sess);
  sess->xfer_level = -1;

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
    tls4217_session_refresh(sess);

  } else if (tls4217_vhost_has_ifsession()) {
    /* The class may have switched TLSEngine on. */
    adopt_server(sess);
  }

  if (sess->server != NULL) {
    tls4217_logevents_bring_forward();
  }

  tls4217_reset_remember(sess);

  if (sess->implicit) {
    if (sess->server->tls == NULL) {
      tls4217_session_log(sess, "the implicit TLS connection is closed: %s",
        sess->server->last_error.text);
      pr_log_pri(PR_LOG_WARNING,
        "warning: %s: an implicit TLS connection is closed: %s",
        MOD_TLS4217_VERSION, sess->server->last_error.text);
      pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BAD_CONFIG,
        "no usable certificate");
    }

    tls4217_handshake_protect(sess, TLS4217_LEVEL_PRIVATE);
    tls4217_certlogin_expect_user(sess);
    tls4217_xferlevel_tell(sess);
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
  tls4217_membership_leave(sess);
  tls4217_upload_end(sess);
  tls4217_linger_end(&sess->linger);
  tls4217_connection_free(sess->data.conn);
  sess->data.conn = NULL;
  tls4217_binding_clear(&sess->binding);
  tls4217_peer_forget(sess);
}

/* What follows is for the process that serves the client. */
static void start_supervisor(struct tls4217_supervisor *supervisor) {
  const struct tls4217_vhost *server = tls4217_vhost_find(main_server);

  if (server != NULL && server->settings.options.reinitialize &&
    server->settings.options.implicit == false) {
    tls4217_supervisor_start(supervisor);
  }
}

/*
 * How many signatures a session may need: for its control connection, once more
 * after each REIN, which is free before a login (RFC 4217, section 13), and for
 * a data connection that does not resume, whose client is to read what it
 * lacks.  Whoever takes the session over has no more than that.
 */
#define SIGNATURES (2 + TLS4217_REIN_LIMIT)

static unsigned int count_signatures(bool reuse_required) {
  return reuse_required ? SIGNATURES : TLS4217_KEYCLIENT_UNLIMITED;
}

/* All hosts that HOST or the client's SNI may choose here. */
struct neighbours {
  const server_rec *recs[TLS4217_MAX_HOSTS];
  size_t count;
  bool reuse_required;
};

/* First of all: a host that the daemon has not known is built of what they
 * have when it is looked for. */
static void find_neighbours(struct neighbours *found) {
  found->count = tls4217_vhost_list_neighbours(
    main_server, found->recs, TLS4217_MAX_HOSTS, &found->reuse_required);
  tls4217_vhost_lend(found->recs, found->count);
}

/* Before a byte of the client is read. */
static void join_key_process(const struct neighbours *found) {
  tls4217_keyprocess_join(
    found->recs, found->count, count_signatures(found->reuse_required));
  tls4217_vhost_keep_logs(found->recs, found->count);
}

/* How often, in seconds, it is looked whether the supervisor is still there.  A
 * signal at its death (prctl(2)) would not do: each change of identity cancels
 * it. */
#define WATCH_INTERVAL 30

static int watch_supervisor_cb(CALLBACK_FRAME) {
  const struct tls4217_session *sess = tls4217_session_get();

  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  if (sess != NULL) {
    tls4217_supervisor_end_alone(sess->supervisor);
  }

  return 1;
}

static void listen_to_core(struct tls4217_session *sess) {
  pr_event_register(&tls4217_module, "core.session-reinit", reinit_ev, sess);
  pr_event_register(&tls4217_module, "core.connected", connected_ev, sess);
  pr_event_register(&tls4217_module, "core.timeout-stalled", stalled_ev, sess);
  pr_event_register(&tls4217_module, "core.exit", exit_ev, sess);
  tls4217_unknown_listen(sess);

  if (sess->supervisor->page != NULL) {
    (void) pr_timer_add(WATCH_INTERVAL, -1, &tls4217_module,
      watch_supervisor_cb, "watch over the supervisor of the connection");
  }
}

int tls4217_lifecycle_start(void) {
  struct tls4217_supervisor *supervisor = pcalloc(
    session.pool, sizeof(*supervisor));
  struct tls4217_session *sess;
  struct neighbours found;
  struct tls4217_error err;

  tls4217_keyprocess_leave_daemon();
  find_neighbours(&found);
  start_supervisor(supervisor);
  join_key_process(&found);

  tls4217_error_clear(&err);
  sess = tls4217_session_new(session.pool, supervisor, &err);
  if (sess == NULL) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
    errno = EPERM;
    return -1;
  }

  tls4217_membership_prepare(sess);
  adopt_server(sess);
  sess->implicit = sess->server != NULL && sess->settings.options.implicit;
  if (sess->implicit) {
    /* mod_xfer decides about sendfile(2) from this word, if it starts its
     * session after us; if not, xferlevel.c informs it. */
    session.rfc2228_mech = "TLS";
    sess->xfer_level = -1;
  }

  listen_to_core(sess);
  return 0;
}
