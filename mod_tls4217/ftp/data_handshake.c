/*
 * mod_tls4217 - the handshake of a data connection, and what must hold behind
 * it
 *
 * The server is always the TLS server, whoever connected (RFC 4217, section
 * 7).  A handshake that has succeeded is not enough: the gates behind it ask
 * who this is.
 */

#include "mod_tls4217/ftp/data_handshake.h"
#include "mod_tls4217/ftp/data_waiter.h"
#include "mod_tls4217/ftp/failure.h"
#include "mod_tls4217/ftp/notes.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/ftp/peer.h"
#include "mod_tls4217/ftp/upload.h"

/* Milliseconds; also never above the control connection's limit. */
#define HANDSHAKE_TIMEOUT 10000

static int handshake_timeout(const struct tls4217_session *sess) {
  int timeout = sess->settings.handshake_timeout * 1000;

  return timeout < HANDSHAKE_TIMEOUT ? timeout : HANDSHAKE_TIMEOUT;
}

/*
 * The gates: each returns 0, or -1 with sess->failure set.
 */

/* RFC 4217, section 10.2: a server may insist on a cached session. */
static int check_reuse(struct tls4217_session *sess) {
  static const enum tls4217_reply_id refusals[] = {
    [TLS4217_REUSE_NONE] = TLS4217_REPLY_DATA_NOT_REUSED,
    [TLS4217_REUSE_FOREIGN] = TLS4217_REPLY_DATA_FOREIGN_SESSION,
    [TLS4217_REUSE_STALE] = TLS4217_REPLY_DATA_FOREIGN_SESSION,
    [TLS4217_REUSE_OTHER_HOST] = TLS4217_REPLY_DATA_OTHER_HOST,
  };
  enum tls4217_reuse reuse;

  if (sess->settings.options & TLS4217_OPT_NO_SESSION_REUSE_REQUIRED) {
    return 0;
  }

  reuse = tls4217_connection_reuse(sess->data.conn);
  if (reuse == TLS4217_REUSE_OWN) {
    return 0;
  }

  tls4217_failure_set_reply(sess, refusals[reuse], NULL);
  return -1;
}

/* RFC 4217, section 15.1.2. */
static int check_peer(struct tls4217_session *sess) {
  if (tls4217_peer_is_same(sess)) {
    return 0;
  }

  tls4217_failure_set_reply(sess, TLS4217_REPLY_DATA_OTHER_PEER, NULL);
  return -1;
}

/* The last one: it changes the file. */
static int commit_upload(struct tls4217_session *sess) {
  if (tls4217_upload_commit(sess) == 0) {
    return 0;
  }

  tls4217_failure_set(
    sess, R_451, "The file could not be emptied: %s", strerror(errno));
  return -1;
}

static int pass_gates(struct tls4217_session *sess) {
  static int (*const gates[])(
    struct tls4217_session * sess) = { check_reuse, check_peer, commit_upload };

  for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
    if (gates[i](sess) < 0) {
      return -1;
    }
  }

  return 0;
}

static int shake_hands(struct tls4217_session *sess, struct tls4217_error *err,
  int (*send)(struct tls4217_session *sess)) {
  const struct tls4217_waiter waiter = tls4217_data_waiter_make(sess);

  sess->data.conn = tls4217_connection_new(sess->control.context,
    TLS4217_CHANNEL_DATA, PR_NETIO_FD(sess->data.in),
    PR_NETIO_FD(sess->data.out), &sess->binding, &waiter, err);
  if (sess->data.conn == NULL) {
    return -1;
  }

  if (sess->data.sends) {
    tls4217_connection_expect_output(sess->data.conn);
  }

  if (send != NULL) {
    tls4217_offload_request(sess, send);
  }

  if (tls4217_session_apply_class(sess, sess->data.conn, err) < 0) {
    return -1;
  }

  return tls4217_connection_handshake(
    sess->data.conn, handshake_timeout(sess), err);
}

int tls4217_data_handshake_run(
  struct tls4217_session *sess, int (*send)(struct tls4217_session *sess)) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (shake_hands(sess, &err, send) < 0) {
    bool aborted = err.errnum == ECONNABORTED;

    tls4217_failure_set_reply(sess,
      aborted ? TLS4217_REPLY_DATA_ABORTED : TLS4217_REPLY_DATA_HANDSHAKE,
      aborted ? NULL : err.text);
    return -1;
  }

  tls4217_notes_data(sess);
  return pass_gates(sess);
}
