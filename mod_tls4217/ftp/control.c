/*
 * mod_tls4217 - the control connection: its handshake and its netio
 *
 * The core polls and reads control streams as if they were sockets.  Here a
 * read waits until there is a whole command, and during a transfer a poll
 * answers for commands, not for bytes: a TLS record may hold half of one, or
 * several, or none (RFC 4217, section 14: no urgent data in TLS).
 */

#include <fcntl.h>
#include <poll.h>

#include <openssl/err.h>

#include "mod_tls4217/ftp/control.h"
#include "mod_tls4217/ftp/keeper.h"
#include "mod_tls4217/ftp/environment.h"
#include "mod_tls4217/ftp/notes.h"
#include "mod_tls4217/ftp/peer.h"
#include "mod_tls4217/ftp/wait.h"
#include "mod_tls4217/tls/farewell.h"
#include "mod_tls4217/tls/footprint.h"

/* Milliseconds: for a client that does not read its replies, for the
 * close_notify of CCC and REIN to be answered, and for our last to leave. */
#define WRITE_TIMEOUT   60000
#define CLEAR_TIMEOUT   5000
#define GOODBYE_TIMEOUT 1000

static int wait_control(void *user, int fd, short events, int timeout) {
  const struct tls4217_session *sess = user;

  /* During the handshake the connection is not the session's yet. */
  if (sess->control.conn == NULL) {
    tls4217_wait_hurry(fd);
  }

  return tls4217_wait(fd, events, -1, timeout, NULL);
}

bool tls4217_control_owns(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm) {
  return sess->control.conn != NULL && session.c != NULL &&
    (strm == session.c->instrm || strm == session.c->outstrm);
}

/* Reading commands. */

/*
 * Reads what fits into the buffer.  Returns 1 when something was read, 0 when
 * there is nothing to read now (only where wait is false), -1 at the end.
 */
static int fill_input(struct tls4217_session *sess, bool wait) {
  struct tls4217_control_channel *control = &sess->control;
  struct tls4217_error err;
  ssize_t res;
  size_t size;
  char *room;

  room = tls4217_command_buffer_room(&control->input, &size);
  if (size == 0) {
    return 1;
  }

  tls4217_error_clear(&err);
  res = wait == true ?
    tls4217_connection_read(control->conn, room, size, &err) :
    tls4217_connection_read_now(control->conn, room, size, &err);

  if (res > 0) {
    tls4217_command_buffer_add(&control->input, (size_t) res);
    return 1;
  }

  if (res < 0 && err.errnum == EAGAIN) {
    return 0;
  }

  if (res < 0 && err.errnum != ECONNRESET) {
    tls4217_session_log(sess, "control connection: %s", err.text);
  }

  control->ended = true;
  return -1;
}

static int read_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_command_buffer *input;

  if (tls4217_control_owns(sess, strm) == false) {
    return sess->plain->read(strm, buf, size);
  }

  input = &sess->control.input;
  while (tls4217_command_buffer_is_ready(input) == false &&
    sess->control.ended == false) {
    (void) fill_input(sess, true);
  }

  /* 0 is the end; half a command at the end is none. */
  return (int) tls4217_command_buffer_take(input, buf, size);
}

enum tls4217_control_news tls4217_control_look(struct tls4217_session *sess) {
  const struct tls4217_command_buffer *input = &sess->control.input;
  bool abor_only;
  size_t size = 1;

  while (
    sess->control.ended == false && size > 0 && fill_input(sess, false) > 0) {
    (void) tls4217_command_buffer_room(&sess->control.input, &size);
  }

  /* Where the core serves other commands during a transfer, those before an
   * ABOR come first; where it does not, they would hide it. */
  abor_only = pr_version_get_number() >= TLS4217_CORE_ABOR_ONLY;
  if (tls4217_command_buffer_has(input, C_ABOR,
        abor_only ? TLS4217_COMMAND_ANYWHERE : TLS4217_COMMAND_FIRST) ||
    (abor_only &&
      tls4217_command_buffer_has(input, C_QUIT, TLS4217_COMMAND_FIRST))) {
    session.sf_flags |= SF_ABORT;

    if (session.d != NULL) {
      pr_netio_abort(session.xfer.direction == PR_NETIO_IO_RD ?
          session.d->instrm :
          session.d->outstrm);
    }

    return TLS4217_CONTROL_ABORT;
  }

  if (tls4217_command_buffer_is_ready(input)) {
    return TLS4217_CONTROL_COMMAND;
  }

  return sess->control.ended ? TLS4217_CONTROL_ENDED : TLS4217_CONTROL_NOTHING;
}

/* The core's look at the control connection from its transfer loop: a poll
 * that may not wait. */
static bool is_transfer_poll(const pr_netio_stream_t *strm) {
  return (session.sf_flags & SF_XFER) &&
    (strm->strm_flags & PR_NETIO_SESS_INTR) && strm->strm_interval == 0;
}

/* RFC 959, section 4.1.1: REIN allows "any transfer in progress to be
 * completed"; CCC is as well off behind it. */
static bool ends_tls(const struct tls4217_command_buffer *input) {
  return tls4217_command_buffer_has(input, C_REIN, TLS4217_COMMAND_FIRST) ||
    tls4217_command_buffer_has(input, C_CCC, TLS4217_COMMAND_FIRST);
}

static int poll_transfer(struct tls4217_session *sess) {
  switch (tls4217_control_look(sess)) {
    case TLS4217_CONTROL_ABORT:
    case TLS4217_CONTROL_ENDED:
      return 1;

    case TLS4217_CONTROL_COMMAND:
      /* A core that takes only ABOR would wait a second for it, for each
       * chunk; the command is read when the transfer is over. */
      return pr_version_get_number() >= TLS4217_CORE_ABOR_ONLY ||
          ends_tls(&sess->control.input) ?
        0 :
        1;

    default:
      return 0;
  }
}

static bool is_command_poll(const pr_netio_stream_t *strm) {
  return session.c != NULL && strm == session.c->instrm &&
    (session.sf_flags & SF_XFER) == 0;
}

static int poll_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (is_command_poll(strm)) {
    tls4217_keeper_before_command(&sess->keeper);
  }

  if (tls4217_control_owns(sess, strm) == false) {
    return sess->plain->poll(strm);
  }

  /* A write waits by itself, and has a time limit. */
  if (strm->strm_mode == PR_NETIO_IO_WR) {
    return 1;
  }

  if (is_transfer_poll(strm)) {
    return poll_transfer(sess);
  }

  if (sess->control.ended ||
    tls4217_command_buffer_is_ready(&sess->control.input) ||
    tls4217_connection_is_pending(sess->control.conn)) {
    return 1;
  }

  return sess->plain->poll(strm);
}

/* Writing replies. */

/* OpenSSL writes a ticket by itself, ahead of the reply: one segment, not
 * two. */
static void cork_ticket(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm, int on) {
  if (sess->control.ticket_waits) {
    (void) pr_inet_set_proto_cork(PR_NETIO_FD(strm), on);
  }
}

static int write_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_error err;
  int res;

  if (tls4217_control_owns(sess, strm) == false) {
    return sess->plain->write(strm, buf, size);
  }

  /* A timer of the core's wants to say 421 while a record is half written. */
  if (sess->control.writing) {
    errno = EWOULDBLOCK;
    return -1;
  }

  tls4217_error_clear(&err);
  cork_ticket(sess, strm, 1);

  sess->control.writing = true;
  res = tls4217_connection_write(
    sess->control.conn, buf, size, WRITE_TIMEOUT, &err);
  sess->control.writing = false;

  cork_ticket(sess, strm, 0);
  sess->control.ticket_waits = false;

  if (res < 0) {
    pr_trace_msg("tls4217", 3, "control connection: %s", err.text);
    errno = EPIPE;
    return -1;
  }

  return (int) size;
}

/* The end. */

static void drop_connection(struct tls4217_session *sess) {
  (void) pr_table_remove(session.c->instrm->notes, "mod_tls.SSL", NULL);
  (void) pr_table_remove(session.c->outstrm->notes, "mod_tls.SSL", NULL);

  tls4217_connection_free(sess->control.conn);
  sess->control.conn = NULL;
  sess->control.ended = false;
  tls4217_command_buffer_clear(&sess->control.input);
}

/* The core closes the reading stream first; both are still there then. */
static int close_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (tls4217_control_owns(sess, strm)) {
    struct tls4217_error err;

    tls4217_error_clear(&err);
    if (sess->control.writing == false) {
      (void) tls4217_connection_shutdown(
        sess->control.conn, false, GOODBYE_TIMEOUT, &err);
    }

    drop_connection(sess);
  }

  return sess->plain->close(strm);
}

void tls4217_control_install(pr_netio_t *netio) {
  netio->poll = poll_cb;
  netio->read = read_cb;
  netio->write = write_cb;
  netio->close = close_cb;
}

/* Becoming protected, and clear again. */

size_t tls4217_control_discard_clear(void) {
  pr_buffer_t *pbuf = session.c->instrm->strm_buf;
  size_t unread;

  if (pbuf == NULL || pbuf->current == NULL) {
    return 0;
  }

  unread = pbuf->buflen - pbuf->remaining;
  pr_memscrub(pbuf->current, unread);
  pbuf->current = NULL;
  pbuf->remaining = pbuf->buflen;
  return unread;
}

/* RFC 4217, section 10.1: "failed completely" or "failed during". */
static void end_after_failure(
  struct tls4217_session *sess, bool spoken, const struct tls4217_error *err) {
  int code = SSL_ERROR_SSL;

  tls4217_session_log(sess, "control connection from %s: %s%s",
    pr_netaddr_get_ipstr(session.c->remote_addr), err->text,
    err->errnum == ETIMEDOUT ? " (TLSTimeoutHandshake)" : "");
  pr_event_generate("mod_tls.ctrl-handshake-failed", &code);
  if (ERR_GET_LIB(err->code) == ERR_LIB_SSL &&
    ERR_GET_REASON(err->code) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
    tls4217_peer_announce_failure(X509_V_ERR_APPLICATION_VERIFICATION);
  }

  if (spoken == false && sess->implicit == false) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      TLS4217_REPLY_HANDSHAKE_FAILED);

    pr_response_send(reply->code, "%s", reply->text);
  }

  pr_session_disconnect(
    &tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION, "TLS handshake failed");
}

static struct tls4217_connection *shake_hands(struct tls4217_session *sess) {
  const struct tls4217_waiter waiter = { wait_control, sess };
  struct tls4217_connection *conn;
  struct tls4217_error err;
  bool spoken;

  tls4217_error_clear(&err);
  conn = tls4217_connection_new(sess->server->context, TLS4217_CHANNEL_CONTROL,
    PR_NETIO_FD(session.c->instrm), PR_NETIO_FD(session.c->outstrm),
    &sess->binding, &waiter, &err);

  if (conn != NULL && tls4217_session_apply_class(sess, conn, &err) == 0 &&
    tls4217_connection_handshake(
      conn, sess->settings.handshake_timeout * 1000, &err) == 0) {
    return conn;
  }

  spoken = conn != NULL && tls4217_connection_has_spoken(conn);
  tls4217_connection_free(conn);
  end_after_failure(sess, spoken, &err);
  return NULL;
}

void tls4217_control_protect(
  struct tls4217_session *sess, enum tls4217_level level) {
  struct tls4217_connection *conn;
  struct tls4217_error err;
  SSL *ssl;

  conn = shake_hands(sess);
  if (conn == NULL) {
    return;
  }

  sess->control.conn = conn;
  sess->control.context = sess->server->context;
  tls4217_error_clear(&err);
  if (tls4217_peer_admit(sess, &err) < 0) {
    tls4217_peer_end_session(err.text);
    return;
  }

  tls4217_state_protect(&sess->state, level);

  session.rfc2228_mech = "TLS";
  pr_session_set_protocol("ftps");

  ssl = tls4217_connection_ssl(conn);
  (void) pr_table_add(
    session.c->instrm->notes, "mod_tls.SSL", ssl, sizeof(ssl));
  (void) pr_table_add(
    session.c->outstrm->notes, "mod_tls.SSL", ssl, sizeof(ssl));

  tls4217_environment_export(sess);
  tls4217_notes_control(sess);
  tls4217_footprint_give_back();
}

static const char *const farewells[] = {
  [TLS4217_FAREWELL_NOTIFIED] = "close_notify both ways",
  [TLS4217_FAREWELL_CLEAR] = "the client went on without close_notify",
  [TLS4217_FAREWELL_SILENT] = "the client has not answered close_notify",
  [TLS4217_FAREWELL_CLOSED] = "the client has closed it",
};

static void end_after_farewell(struct tls4217_session *sess,
  const char *command, const struct tls4217_error *err) {
  tls4217_session_log(
    sess, "%s: TLS was not ended in order: %s", command, err->text);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "TLS was not ended in order");
}

void tls4217_control_clear(struct tls4217_session *sess, const char *command) {
  const struct tls4217_waiter waiter = { wait_control, sess };
  size_t behind = sess->control.input.len, discarded = 0;
  enum tls4217_farewell farewell;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  farewell = tls4217_farewell_exchange(
    sess->control.conn, &waiter, CLEAR_TIMEOUT, &discarded, &err);
  drop_connection(sess);

  if (farewell == TLS4217_FAREWELL_FAILED) {
    end_after_farewell(sess, command, &err);
  }

  /* Protected commands are not executed where their replies would be clear. */
  if (behind + discarded > 0) {
    tls4217_session_log(sess,
      "threw away %lu bytes that %s sent inside TLS behind %s",
      (unsigned long) (behind + discarded),
      pr_netaddr_get_ipstr(session.c->remote_addr), command);
  }

  tls4217_session_log(sess, "%s: control connection from %s is in clear: %s",
    command, pr_netaddr_get_ipstr(session.c->remote_addr), farewells[farewell]);

  /* session.rfc2228_mech stays: data connections may still be protected. */
  (void) fcntl(PR_NETIO_FD(session.c->instrm), F_SETOWN, getpid());
  tls4217_notes_forget();
  tls4217_environment_forget(sess);
  pr_session_set_protocol("ftp");
}

/* The core's handler of SIGURG aborts a transfer whatever the command is.  It
 * makes itself the socket's owner after implicit TLS has begun. */
void tls4217_control_ignore_urgent(const struct tls4217_session *sess) {
  if (sess->control.conn != NULL) {
    (void) fcntl(PR_NETIO_FD(session.c->instrm), F_SETOWN, 0);
  }
}

void tls4217_control_issue_ticket(struct tls4217_session *sess) {
  struct tls4217_error err;
  int res;

  if (sess->control.conn == NULL) {
    return;
  }

  tls4217_error_clear(&err);
  res = tls4217_connection_issue_ticket(sess->control.conn, &err);
  if (res < 0) {
    tls4217_session_log(sess, "control connection: %s", err.text);
  }

  sess->control.ticket_waits = res > 0;
}
