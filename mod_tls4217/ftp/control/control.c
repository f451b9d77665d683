/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the control connection: its netio
 *
 * The core polls and reads control streams as if they were sockets.  Here a
 * read waits until there is a whole command, in TLS and in clear, and during
 * a transfer a poll answers for commands, not for bytes: a TLS record may hold
 * half of one, or several, or none (RFC 4217, section 14: no urgent data in
 * TLS), and most commands are to wait for the transfer's end.
 */

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/supervisor.h"
#include "mod_tls4217/ftp/report/notes.h"
#include "mod_tls4217/ftp/control/output.h"
#include "mod_tls4217/ftp/linger.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/wait.h"
#include "mod_tls4217/rfc4217/interrupt.h"

/* Milliseconds, for our last close_notify to leave. */
#define GOODBYE_TIMEOUT 1000

int tls4217_control_wait(void *user, int fd, short events, int timeout) {
  const struct tls4217_session *sess = user;

  /* The session is ending because of a signal, perhaps: no other now. */
  if (sess->control.closing) {
    return tls4217_waiter_poll.wait(NULL, fd, events, timeout);
  }

  if (sess->control.stage == TLS4217_STAGE_HANDSHAKE) {
    tls4217_wait_hurry(fd);
  }

  return tls4217_wait(fd, events, -1, timeout, NULL);
}

/* Reading commands. */

/* Both streams of a control connection may share a descriptor; commands come
 * over the one that reads. */
static bool brings_commands(const pr_netio_stream_t *strm) {
  return session.c != NULL && strm == session.c->instrm;
}

/* As tls4217_connection_read and its sister do it in TLS. */
static enum tls4217_io read_clear(
  char *buf, size_t size, size_t *done, bool wait, struct tls4217_error *err) {
  int fd = PR_NETIO_FD(session.c->instrm);

  for (;;) {
    ssize_t res = recv(fd, buf, size, MSG_DONTWAIT);

    if (res >= 0) {
      *done = (size_t) res;
      return res > 0 ? TLS4217_IO_DONE : TLS4217_IO_CLOSED;
    }

    if (errno == EAGAIN && wait == false) {
      return TLS4217_IO_AGAIN;
    }

    if (errno != EINTR && errno != EAGAIN) {
      enum tls4217_io outcome = errno == ECONNRESET ? TLS4217_IO_CUT :
                                                      TLS4217_IO_FAILED;

      tls4217_error_set_errno(err, errno, "read failed");
      return outcome;
    }

    if (tls4217_wait(fd, POLLIN, -1, -1, NULL) < 0) {
      tls4217_error_set_errno(err, errno, "gave up waiting for a command");
      return TLS4217_IO_FAILED;
    }
  }
}

static enum tls4217_io read_bytes(struct tls4217_session *sess, char *buf,
  size_t size, size_t *done, bool wait, struct tls4217_error *err) {
  struct tls4217_connection *conn = sess->control.conn;

  *done = 0;
  if (conn == NULL) {
    return read_clear(buf, size, done, wait, err);
  }

  return wait ? tls4217_connection_read(conn, buf, size, done, err) :
                tls4217_connection_read_now(conn, buf, size, done, err);
}

static void log_failure(
  const struct tls4217_session *sess, const struct tls4217_error *err) {
  tls4217_session_log(sess, "control connection from %s: %s",
    pr_netaddr_get_ipstr(session.c->remote_addr), err->text);
  if (sess->control.conn != NULL) {
    tls4217_notes_failure(sess->control.conn);
  }
}

void tls4217_control_end_session(const char *why) {
  tls4217_linger_before_close(
    PR_NETIO_FD(session.c->outstrm), TLS4217_LINGER_GOODBYE);
  pr_session_disconnect(
    &tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION, why);
}

/* A client that is set to implicit TLS waits for an answer to its ClientHello,
 * for up to minutes. */
static void refuse_implicit(struct tls4217_session *sess) {
  tls4217_session_log(sess,
    "control connection from %s: the client began TLS without AUTH; set it to "
    "explicit TLS, or to a port with TLSOptions UseImplicitSSL",
    pr_netaddr_get_ipstr(session.c->remote_addr));
  tls4217_command_buffer_clear(&sess->control.input);
  tls4217_response_now(TLS4217_REPLY_TLS_WITHOUT_AUTH, NULL);
  tls4217_control_end_session("TLS without AUTH");
}

/* What the client said first. */
static void look_at_first(struct tls4217_session *sess) {
  struct tls4217_control_channel *control = &sess->control;

  if (control->spoken == false && control->conn == NULL &&
    tls4217_line_is_tls(control->input.bytes, control->input.len)) {
    refuse_implicit(sess);
  }

  control->spoken = control->spoken || control->input.len > 0;
}

/* Reads what fits into the buffer.  Returns what came of it; AGAIN only where
 * wait is false. */
static enum tls4217_io fill_input(struct tls4217_session *sess, bool wait) {
  struct tls4217_control_channel *control = &sess->control;
  struct tls4217_error err;
  enum tls4217_io outcome;
  size_t size, done;
  char *room;

  room = tls4217_command_buffer_room(&control->input, &size);
  if (size == 0) {
    return TLS4217_IO_DONE;
  }

  tls4217_error_clear(&err);
  outcome = read_bytes(sess, room, size, &done, wait, &err);
  tls4217_command_buffer_add(&control->input, done);
  look_at_first(sess);

  if (outcome == TLS4217_IO_FAILED) {
    log_failure(sess, &err);
  }

  if (outcome != TLS4217_IO_DONE && outcome != TLS4217_IO_AGAIN) {
    control->ended = true;
  }

  return outcome;
}

/* Half a command at the end of TLS is none; in clear the core takes it. */
static size_t take_command(
  struct tls4217_session *sess, char *buf, size_t size) {
  struct tls4217_command_buffer *input = &sess->control.input;

  return sess->control.ended && sess->control.conn == NULL ?
    tls4217_command_buffer_take_rest(input, buf, size) :
    tls4217_command_buffer_take(input, buf, size);
}

/* What is there when a transfer's command leaves came together with it. */
static void note_early(struct tls4217_control_channel *control, size_t before) {
  size_t taken = before - control->input.len;

  if ((session.sf_flags & SF_XFER) == 0) {
    control->early = control->input.len;

  } else {
    control->early -= taken < control->early ? taken : control->early;
  }
}

static void sync_telnet(struct tls4217_command_buffer *input) {
  input->telnet.off = !TLS4217_CORE_READS_TELNET();
}

static int read_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  struct tls4217_control_channel *control = &sess->control;
  size_t before, taken;

  if (brings_commands(strm) == false) {
    return sess->plain->read(strm, buf, size);
  }

  while (tls4217_command_buffer_is_ready(&control->input) == false &&
    control->ended == false) {
    (void) fill_input(sess, true);
  }

  /* 0 is the end. */
  sync_telnet(&control->input);
  before = control->input.len;
  taken = take_command(sess, buf, size);
  note_early(control, before);
  return (int) taken;
}

/* During a transfer. */

static bool core_serves_commands(void) {
  return pr_version_get_number() < TLS4217_CORE_ABOR_ONLY;
}

static struct tls4217_interrupts classify_lines(struct tls4217_session *sess) {
  struct tls4217_command_buffer *input = &sess->control.input;
  struct tls4217_interrupts all = { .lines = 0 };
  struct tls4217_command_cursor cursor;
  struct tls4217_line line;
  size_t at;

  sync_telnet(input);
  cursor = tls4217_command_buffer_begin(input);
  for (at = cursor.at; tls4217_command_buffer_next(input, &cursor, &line);
       at = cursor.at) {
    tls4217_interrupt_add(&all, &line, at < sess->control.early);
  }

  return all;
}

static void abort_transfer(void) {
  session.sf_flags |= SF_ABORT;

  if (session.d != NULL) {
    pr_netio_abort(session.xfer.direction == PR_NETIO_IO_RD ?
        session.d->instrm :
        session.d->outstrm);
  }
}

bool tls4217_control_has_command(struct tls4217_session *sess) {
  return core_serves_commands() && classify_lines(sess).serve;
}

enum tls4217_control_news tls4217_control_look(struct tls4217_session *sess) {
  struct tls4217_interrupts lines;
  size_t size = 1;

  while (sess->control.ended == false && size > 0 &&
    fill_input(sess, false) == TLS4217_IO_DONE) {
    (void) tls4217_command_buffer_room(&sess->control.input, &size);
  }

  lines = classify_lines(sess);
  if (lines.abort || sess->control.ended) {
    abort_transfer();
    return lines.abort ? TLS4217_CONTROL_ABORT : TLS4217_CONTROL_ENDED;
  }

  return lines.serve && core_serves_commands() ? TLS4217_CONTROL_COMMAND :
                                                 TLS4217_CONTROL_NOTHING;
}

/* The core's look at the control connection from its transfer loop: a poll
 * that may not wait. */
static bool is_transfer_poll(const pr_netio_stream_t *strm) {
  return (session.sf_flags & SF_XFER) &&
    (strm->strm_flags & PR_NETIO_SESS_INTR) && strm->strm_interval == 0;
}

static bool is_command_poll(const pr_netio_stream_t *strm) {
  return brings_commands(strm) && (session.sf_flags & SF_XFER) == 0;
}

static bool has_input(const struct tls4217_control_channel *control) {
  return control->ended || tls4217_command_buffer_is_ready(&control->input) ||
    (control->conn != NULL && tls4217_connection_is_pending(control->conn));
}

/* Meanwhile, what a client still sends on a data connection that is over is
 * read and discarded. */
static int poll_socket(struct tls4217_session *sess, pr_netio_stream_t *strm) {
  if (is_command_poll(strm)) {
    tls4217_linger_wait(&sess->linger, PR_NETIO_FD(strm));
  }

  return sess->plain->poll(strm);
}

static int poll_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (is_command_poll(strm)) {
    tls4217_supervisor_before_command(sess->supervisor);
  }

  /* A write waits by itself, and has a time limit. */
  if (tls4217_session_is_control(sess, strm) &&
    strm->strm_mode == PR_NETIO_IO_WR) {
    return 1;
  }

  if (brings_commands(strm) == false) {
    return poll_socket(sess, strm);
  }

  if (is_transfer_poll(strm)) {
    return tls4217_control_look(sess) == TLS4217_CONTROL_NOTHING ? 0 : 1;
  }

  return has_input(&sess->control) ? 1 : poll_socket(sess, strm);
}

/* The end. */

void tls4217_control_drop(struct tls4217_session *sess) {
  tls4217_notes_stream(session.c->instrm, NULL);
  tls4217_notes_stream(session.c->outstrm, NULL);

  tls4217_connection_free(sess->control.conn);
  sess->control.conn = NULL;
  sess->control.stage = TLS4217_STAGE_CLEAR;
  sess->control.ended = false;
  tls4217_command_buffer_clear(&sess->control.input);
}

/* A record that is half written, or a handshake, leaves no room for it. */
static void say_goodbye(struct tls4217_session *sess) {
  struct tls4217_error err;

  if (sess->control.stage == TLS4217_STAGE_HANDSHAKE) {
    tls4217_session_log(sess,
      "control connection from %s: the session ended during the TLS handshake",
      pr_netaddr_get_ipstr(session.c->remote_addr));
  }

  if (sess->control.stage == TLS4217_STAGE_PROTECTED &&
    sess->control.writing == false) {
    tls4217_error_clear(&err);
    sess->control.closing = true;
    (void) tls4217_connection_shutdown(
      sess->control.conn, false, GOODBYE_TIMEOUT, &err);
  }
}

/* The core closes the reading stream first; both are still there then. */
static int close_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (tls4217_session_is_control(sess, strm)) {
    say_goodbye(sess);
    tls4217_control_drop(sess);
  }

  return sess->plain->close(strm);
}

void tls4217_control_install(pr_netio_t *netio) {
  netio->poll = poll_cb;
  netio->read = read_cb;
  netio->write = tls4217_output_write_cb;
  netio->close = close_cb;
}

/* The core's handler of SIGURG aborts a transfer whatever the command is.  It
 * makes itself the socket's owner after implicit TLS has begun. */
void tls4217_control_ignore_urgent(const struct tls4217_session *sess) {
  if (sess->control.conn != NULL) {
    (void) fcntl(PR_NETIO_FD(session.c->instrm), F_SETOWN, 0);
  }
}

void tls4217_control_issue_ticket(struct tls4217_session *sess, bool last) {
  struct tls4217_error err;
  int res;

  if (sess->control.conn == NULL ||
    (last == false &&
      tls4217_binding_needs_ticket(&sess->binding, (int64_t) time(NULL)) ==
        false)) {
    return;
  }

  tls4217_error_clear(&err);
  res = tls4217_connection_issue_ticket(sess->control.conn, &err);
  if (res < 0) {
    tls4217_session_log(sess, "control connection: %s", err.text);
  }

  sess->control.ticket_waits = res > 0;
}
