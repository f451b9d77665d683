/*
 * mod_tls4217 - data connections: their handshake and their netio
 *
 * The server is always the TLS server, whoever connected (RFC 4217, section
 * 7), and shakes hands after the 150 (section 10.2): in postopen.  While a
 * transfer waits for its client, the control connection is watched for ABOR
 * (section 14).
 */

#include <sys/socket.h>

#include "mod_tls4217/ftp/control.h"
#include "mod_tls4217/ftp/data.h"
#include "mod_tls4217/ftp/notes.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/ftp/peer.h"
#include "mod_tls4217/ftp/transfers.h"
#include "mod_tls4217/ftp/upload.h"
#include "mod_tls4217/ftp/wait.h"
#include "mod_tls4217/tls/kernel.h"

/* Milliseconds.  The handshake's limit is also never above the control
 * connection's; close_notify waits for a client that is still reading. */
#define HANDSHAKE_TIMEOUT 10000
#define SHUTDOWN_TIMEOUT  60000

/* How often a socket is read away before it is closed, a kibibyte each. */
#define MAX_LEFTOVERS 64

static bool owns(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm) {
  return sess->data.conn != NULL &&
    (strm == sess->data.in || strm == sess->data.out);
}

/* Waiting. */

static bool is_aborted(const struct tls4217_session *sess) {
  return (session.sf_flags & SF_ABORT) ||
    (sess->data.in->strm_flags & PR_NETIO_SESS_ABORT) ||
    (sess->data.out->strm_flags & PR_NETIO_SESS_ABORT);
}

/* The descriptor to watch for commands, or -1 when that is of no use now. */
static int watched_fd(const struct tls4217_session *sess) {
  if (!(session.sf_flags & SF_XFER) || session.c == NULL ||
    sess->control.conn == NULL || sess->control.ended ||
    sess->control.writing ||
    tls4217_command_buffer_is_ready(&sess->control.input)) {
    return -1;
  }

  return PR_NETIO_FD(session.c->instrm);
}

/* Looks at the control connection; the end of it ends the transfer too. */
static void look_at_control(struct tls4217_session *sess) {
  if (tls4217_control_look(sess) == TLS4217_CONTROL_ENDED) {
    session.sf_flags |= SF_ABORT;
  }
}

static int wait_data(void *user, int fd, short events, int timeout) {
  struct tls4217_session *sess = user;
  bool command = false;
  int res;

  if (!(session.sf_flags & SF_XFER)) {
    tls4217_wait_hurry(fd);
  }

  res = tls4217_wait(fd, events, watched_fd(sess), timeout, &command);
  if (command) {
    look_at_control(sess);
  }

  if (is_aborted(sess)) {
    errno = ECONNABORTED;
    return -1;
  }

  return res;
}

/* The handshake. */

static void fail_transfer(struct tls4217_session *sess, const char *code,
  const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void fail_transfer(
  struct tls4217_session *sess, const char *code, const char *fmt, ...) {
  va_list ap;

  if (sess->failure.code != NULL) {
    return;
  }

  sess->failure.code = code;
  va_start(ap, fmt);
  (void) vsnprintf(sess->failure.text, sizeof(sess->failure.text), fmt, ap);
  va_end(ap);

  tls4217_session_log(sess, "data connection from %s: %s %s",
    pr_netaddr_get_ipstr(session.c->remote_addr), code, sess->failure.text);
}

static void fail_with_reply(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason) {
  const struct tls4217_reply *reply = tls4217_reply_get(id);

  fail_transfer(sess, reply->code, "%s%s%s", reply->text,
    reason != NULL ? ": " : "", reason != NULL ? reason : "");
}

static int handshake_timeout(const struct tls4217_session *sess) {
  int timeout = sess->settings.handshake_timeout * 1000;

  return timeout < HANDSHAKE_TIMEOUT ? timeout : HANDSHAKE_TIMEOUT;
}

/* RFC 4217, section 10.2: a server may insist on a cached session. */
static int check_reuse(struct tls4217_session *sess) {
  enum tls4217_reuse reuse;

  if (sess->settings.options & TLS4217_OPT_NO_SESSION_REUSE_REQUIRED) {
    return 0;
  }

  reuse = tls4217_connection_reuse(sess->data.conn);
  if (reuse == TLS4217_REUSE_OWN) {
    return 0;
  }

  fail_with_reply(sess,
    reuse == TLS4217_REUSE_NONE ? TLS4217_REPLY_DATA_NOT_REUSED :
                                  TLS4217_REPLY_DATA_FOREIGN_SESSION,
    NULL);
  return -1;
}

static int write_cb(pr_netio_stream_t *strm, char *buf, size_t size);
static int send_by_kernel(struct tls4217_session *sess);

/* Whether what the core writes comes to us as it is in the file: mod_deflate
 * puts itself in between (MODE Z). */
static bool is_unfiltered(void) {
  const pr_netio_t *netio = pr_get_netio(PR_NETIO_STRM_DATA);

  return netio != NULL && netio->write == write_cb;
}

static int shake_hands(struct tls4217_session *sess) {
  const struct tls4217_waiter waiter = { wait_data, sess };
  struct tls4217_error err;

  tls4217_error_clear(&err);
  sess->data.conn = tls4217_connection_new(sess->control.context,
    TLS4217_CHANNEL_DATA, PR_NETIO_FD(sess->data.in),
    PR_NETIO_FD(sess->data.out), &sess->binding, &waiter, &err);

  if (sess->data.conn != NULL) {
    if (session.xfer.direction == PR_NETIO_IO_WR) {
      tls4217_connection_expect_output(sess->data.conn);
    }

    if (is_unfiltered()) {
      tls4217_offload_request(sess, send_by_kernel);
    }
  }

  if (sess->data.conn == NULL ||
    tls4217_session_apply_class(sess, sess->data.conn, &err) < 0 ||
    tls4217_connection_handshake(
      sess->data.conn, handshake_timeout(sess), &err) < 0) {
    fail_with_reply(sess, TLS4217_REPLY_DATA_HANDSHAKE, err.text);
    return -1;
  }

  tls4217_notes_data(sess);
  if (check_reuse(sess) < 0) {
    return -1;
  }

  /* RFC 4217, section 15.1.2. */
  if (tls4217_peer_is_same(sess) == false) {
    fail_with_reply(sess, TLS4217_REPLY_DATA_OTHER_PEER, NULL);
    return -1;
  }

  if (tls4217_upload_commit(sess) < 0) {
    fail_transfer(
      sess, R_451, "The file could not be emptied: %s", strerror(errno));
    return -1;
  }

  return 0;
}

static void drop_connection(struct tls4217_session *sess) {
  tls4217_connection_free(sess->data.conn);
  memset(&sess->data, 0, sizeof(sess->data));
}

/* Closes the data port at once.  Without this the core would linger for the
 * client's close before it sends the reply. */
static int refuse_connection(struct tls4217_session *sess) {
  int code = SSL_ERROR_SSL;

  pr_event_generate("mod_tls.data-handshake-failed", &code);

  (void) shutdown(PR_NETIO_FD(session.d->instrm), SHUT_RDWR);
  drop_connection(sess);
  session.d->xerrno = EPERM;
  errno = EPERM;
  return -1;
}

static int postopen_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();
  const SSL *ssl;

  /* Both streams of a data connection come here, one after the other. */
  if (sess->state.level != TLS4217_LEVEL_PRIVATE || sess->data.conn != NULL ||
    session.d == NULL) {
    return sess->plain->postopen(strm);
  }

  sess->failure.code = NULL;
  sess->data.in = session.d->instrm;
  sess->data.out = session.d->outstrm;

  /* The core corks data sockets: our flight must not wait for a full packet. */
  (void) pr_inet_set_proto_cork(PR_NETIO_FD(sess->data.out), 0);

  if (shake_hands(sess) < 0) {
    return refuse_connection(sess);
  }

  ssl = tls4217_connection_ssl(sess->data.conn);
  (void) pr_table_add(sess->data.in->notes, "mod_tls.SSL", ssl, sizeof(ssl));
  (void) pr_table_add(sess->data.out->notes, "mod_tls.SSL", ssl, sizeof(ssl));

  return 0;
}

/* The transfer. */

static int poll_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm) == false) {
    return sess->plain->poll(strm);
  }

  /* The core calls neither read nor write of a transfer that was aborted, and
   * polls again and again, for ever. */
  if (is_aborted(sess)) {
    errno = ECONNABORTED;
    return -1;
  }

  /* Reads and writes of ours wait by themselves, and see ABOR meanwhile. */
  return 1;
}

/* What an upload's end without close_notify means: a cut file must not look
 * whole. */
static int end_without_notify(struct tls4217_session *sess) {
  if ((sess->settings.options & TLS4217_OPT_NO_CLOSE_NOTIFY_REQUIRED) &&
    tls4217_connection_cut_between_records(sess->data.conn)) {
    return 0;
  }

  fail_transfer(sess, R_426,
    "Transfer aborted: the data connection ended "
    "without TLS close_notify, so the file may be cut short (the server "
    "accepts that with TLSOptions NoCloseNotifyRequired)");
  errno = ECONNRESET;
  return -1;
}

/* An abort has its reply already. */
static int give_up(
  struct tls4217_session *sess, const struct tls4217_error *err) {
  if (err->errnum != ECONNABORTED) {
    fail_transfer(sess, R_426, "Transfer aborted: %s", err->text);
  }

  errno = ECONNABORTED;
  return -1;
}

static int read_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_error err;
  ssize_t res;

  if (owns(sess, strm) == false) {
    return sess->plain->read(strm, buf, size);
  }

  tls4217_error_clear(&err);
  res = tls4217_connection_read(sess->data.conn, buf, size, &err);
  if (res >= 0) {
    return (int) res;
  }

  if (err.errnum == ECONNRESET) {
    return end_without_notify(sess);
  }

  return give_up(sess, &err);
}

/* Whether this is a small file, whole.  What ASCII makes of a file has
 * another size. */
static bool is_whole_file(size_t size) {
  return session.curr_cmd != NULL && strcmp(session.curr_cmd, C_RETR) == 0 &&
    session.xfer.total_bytes == 0 && session.xfer.file_size == (off_t) size &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0;
}

static int write_data(struct tls4217_session *sess, const char *buf,
  size_t size, struct tls4217_error *err) {
  sess->data.whole = is_whole_file(size);
  return sess->data.whole ?
    tls4217_connection_write_all(sess->data.conn, buf, size, err) :
    tls4217_connection_write(sess->data.conn, buf, size, -1, err);
}

static int write_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_error err;

  if (owns(sess, strm) == false) {
    return sess->plain->write(strm, buf, size);
  }

  tls4217_error_clear(&err);
  if (write_data(sess, buf, size, &err) < 0) {
    return give_up(sess, &err);
  }

  return (int) size;
}

/* In place of the core's reads and writes. */
static int send_by_kernel(struct tls4217_session *sess) {
  const struct tls4217_waiter waiter = { wait_data, sess };
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_offload_send(sess, &waiter, &err) < 0) {
    return give_up(sess, &err);
  }

  return 0;
}

/* The end. */

static void send_close_notify(struct tls4217_session *sess) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_connection_shutdown(
        sess->data.conn, false, SHUTDOWN_TIMEOUT, &err) == 0) {
    return;
  }

  pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
  if (sess->data.whole ||
    tls4217_kernel_sends(tls4217_connection_ssl(sess->data.conn))) {
    fail_transfer(sess, R_426, "Transfer aborted: %s", err.text);
    tls4217_transfers_correct();
  }
}

/*
 * Ends the connection in both directions, so that the core does not linger
 * for a client that closes only when it has the reply.  Our close_notify is
 * behind all data: whatever the client says in answer to it, it has read all.
 * What it said before is read away, because a socket that is closed with
 * unread bytes is reset, and a reset discards what is still to be sent.
 */
static int end_stream(int fd) {
  char scratch[1024];

  for (int i = 0; i < MAX_LEFTOVERS; i++) {
    if (recv(fd, scratch, sizeof(scratch), MSG_DONTWAIT) <= 0) {
      break;
    }
  }

  return shutdown(fd, SHUT_RDWR);
}

static int shutdown_cb(pr_netio_stream_t *strm, int how) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm) == false) {
    return sess->plain->shutdown(strm, how);
  }

  /* The end of the data, close_notify and FIN: one segment, if they fit. */
  (void) pr_inet_set_proto_cork(PR_NETIO_FD(strm), 1);

  /* A transfer that was cut must not look complete. */
  if (is_aborted(sess) == false && sess->failure.code == NULL) {
    send_close_notify(sess);
  }

  return end_stream(PR_NETIO_FD(strm));
}

/* Called for both streams, and again by mod_deflate. */
static int close_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm)) {
    drop_connection(sess);
  }

  return sess->plain->close(strm);
}

void tls4217_data_install(pr_netio_t *netio) {
  netio->postopen = postopen_cb;
  netio->poll = poll_cb;
  netio->read = read_cb;
  netio->write = write_cb;
  netio->shutdown = shutdown_cb;
  netio->close = close_cb;
}
