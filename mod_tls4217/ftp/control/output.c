/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - where a reply of the control connection goes
 *
 * See output.h.  RFC 4217, section 10.1: once TLS has been spoken, nothing
 * readable follows a handshake that failed.
 */

#include "mod_tls4217/ftp/control/output.h"

/* Milliseconds, for a client that does not read its replies. */
#define WRITE_TIMEOUT 60000

enum way {
  NO_WAY,
  IN_CLEAR,
  IN_TLS
};

static enum way find_way(const struct tls4217_session *sess) {
  switch (sess->control.stage) {
    case TLS4217_STAGE_HANDSHAKE:
      return sess->implicit ||
          tls4217_connection_has_spoken(sess->control.conn) ?
        NO_WAY :
        IN_CLEAR;

    case TLS4217_STAGE_PROTECTED:
      /* Not while a record is half written. */
      return sess->control.writing ? NO_WAY : IN_TLS;

    case TLS4217_STAGE_GOODBYE:
      return NO_WAY;

    default:
      return IN_CLEAR;
  }
}

/* OpenSSL writes a ticket by itself, ahead of the reply: one segment, not
 * two. */
static void cork_ticket(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm, int on) {
  if (sess->control.ticket_waits) {
    (void) pr_inet_set_proto_cork(PR_NETIO_FD(strm), on);
  }
}

/*
 * The core ignores that a reply could not be written, and reads the next
 * command.  QUIT ends the session by itself.
 */
static void end_session(
  const struct tls4217_session *sess, const struct tls4217_error *err) {
  if (session.curr_cmd != NULL && strcmp(session.curr_cmd, C_QUIT) == 0) {
    return;
  }

  tls4217_session_log(sess,
    "control connection from %s: a reply could not be sent, and the session "
    "ends: %s",
    pr_netaddr_get_ipstr(session.c->remote_addr), err->text);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "a reply could not be sent");
}

static int write_protected(struct tls4217_session *sess,
  const pr_netio_stream_t *strm, const char *buf, size_t size) {
  enum tls4217_io outcome;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  cork_ticket(sess, strm, 1);

  sess->control.writing = true;
  outcome = tls4217_connection_write(
    sess->control.conn, buf, size, WRITE_TIMEOUT, &err);
  sess->control.writing = false;

  cork_ticket(sess, strm, 0);
  sess->control.ticket_waits = false;

  if (outcome != TLS4217_IO_DONE) {
    end_session(sess, &err);
    errno = EPIPE;
    return -1;
  }

  return (int) size;
}

/* Also where TLS was never begun: the same client cannot read them. */
static int write_clear(struct tls4217_session *sess, pr_netio_stream_t *strm,
  char *buf, size_t size) {
  struct tls4217_error err;
  int res, errnum;

  res = sess->plain->write(strm, buf, size);
  errnum = errno;

  if (res < 0 && (errnum == EPIPE || errnum == ECONNRESET) &&
    session.c != NULL && strm == session.c->outstrm) {
    tls4217_error_clear(&err);
    tls4217_error_set_errno(&err, errnum, "write failed");
    end_session(sess, &err);
  }

  errno = errnum;
  return res;
}

int tls4217_output_write_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();

  if (tls4217_session_is_control(sess, strm) == false) {
    return write_clear(sess, strm, buf, size);
  }

  switch (find_way(sess)) {
    case IN_CLEAR:
      return write_clear(sess, strm, buf, size);

    case IN_TLS:
      return write_protected(sess, strm, buf, size);

    default:
      errno = EWOULDBLOCK;
      return -1;
  }
}
