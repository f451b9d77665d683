/*
 * mod_tls4217 - the control connection: its netio
 *
 * The core polls and reads control streams as if they were sockets.  Here a
 * read waits until there is a whole command, and during a transfer a poll
 * answers for commands, not for bytes: a TLS record may hold half of one, or
 * several, or none (RFC 4217, section 14: no urgent data in TLS).
 */

#include <fcntl.h>

#include "mod_tls4217/ftp/control.h"
#include "mod_tls4217/ftp/keeper.h"
#include "mod_tls4217/ftp/wait.h"

/* Milliseconds: for a client that does not read its replies, and for our last
 * close_notify to leave. */
#define WRITE_TIMEOUT   60000
#define GOODBYE_TIMEOUT 1000

int tls4217_control_wait(void *user, int fd, short events, int timeout) {
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

/* What was said on a data connection that is over is read away meanwhile. */
static int poll_socket(struct tls4217_session *sess, pr_netio_stream_t *strm) {
  if (is_command_poll(strm)) {
    tls4217_linger_wait(&sess->linger, PR_NETIO_FD(strm));
  }

  return sess->plain->poll(strm);
}

static int poll_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (is_command_poll(strm)) {
    tls4217_keeper_before_command(&sess->keeper);
  }

  if (tls4217_control_owns(sess, strm) == false) {
    return poll_socket(sess, strm);
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

  return poll_socket(sess, strm);
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

void tls4217_control_drop(struct tls4217_session *sess) {
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

    tls4217_control_drop(sess);
  }

  return sess->plain->close(strm);
}

void tls4217_control_install(pr_netio_t *netio) {
  netio->poll = poll_cb;
  netio->read = read_cb;
  netio->write = write_cb;
  netio->close = close_cb;
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
