/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how a data connection ends
 *
 * RFC 5246, section 7.2.1, and RFC 8446, section 6.1: close_notify says that
 * the data is whole.
 */

#include <sys/socket.h>

#include "mod_tls4217/ftp/data/data_end.h"
#include "mod_tls4217/ftp/data/data_waiter.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/switches.h"
#include "mod_tls4217/tls/conn/kernel.h"

/* Milliseconds: close_notify waits for a client that is still reading, a
 * while for one that has asked for the end, and not at all where there is
 * no time. */
#define WHOLE_TIMEOUT   60000
#define ABORTED_TIMEOUT 300
#define NO_TIMEOUT      0

void tls4217_data_end_drop(struct tls4217_session *sess) {
  tls4217_connection_free(sess->data.conn);
  memset(&sess->data, 0, sizeof(sess->data));
}

/*
 * The core would linger for the client's close, up to ten seconds, before it
 * sends the reply; it does not where the stream has no descriptor.  It closes
 * the descriptor nevertheless: that is in its conn_t, too.
 */
static int end_socket(struct tls4217_session *sess, pr_netio_stream_t *strm) {
  int fd = PR_NETIO_FD(strm);

  strm->strm_fd = -1;
  return tls4217_linger_begin(&sess->linger, fd);
}

/* Whether a client could take what it has got for a whole file: not so one
 * that has sent ABOR, and waits for the end. */
static bool is_cut(const struct tls4217_session *sess) {
  return sess->data.sends &&
    (tls4217_failure_is_set(sess) || sess->control.ended);
}

enum ending {
  IN_ORDER, /* close_notify */
  CUT       /* an alert */
};

/* Of a transfer that is not whole; a failure changes nothing. */
static void say_end(
  struct tls4217_session *sess, enum ending ending, int timeout) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  tls4217_connection_wait_with(sess->data.conn, &tls4217_waiter_poll);
  if (ending == CUT) {
    (void) tls4217_connection_alert(sess->data.conn, timeout, &err);

  } else {
    (void) tls4217_connection_shutdown(sess->data.conn, false, timeout, &err);
  }

  if (tls4217_error_is_set(&err)) {
    pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
  }
}

/* Data that is with TCP is whole without close_notify for a client that has
 * seen its end, and gone; not for one that sends ABOR instead, nor where it is
 * we who cannot send it. */
static void say_whole(struct tls4217_session *sess) {
  struct tls4217_error err;
  enum tls4217_io outcome;

  tls4217_error_clear(&err);
  outcome = tls4217_connection_shutdown(
    sess->data.conn, false, WHOLE_TIMEOUT, &err);
  if (outcome == TLS4217_IO_DONE) {
    return;
  }

  pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
  if (outcome == TLS4217_IO_STOPPED || outcome == TLS4217_IO_FAILED ||
    sess->data.whole || tls4217_connection_kernel_sends(sess->data.conn)) {
    tls4217_failure_set(sess, TLS4217_REPLY_DATA_BROKEN, err.text);
    (void) tls4217_switches_turn_on(TLS4217_SWITCH_CUT);
  }
}

/* Where there was no descriptor left for one of the two streams, the core
 * keeps the socket open: the client would wait for its end. */
static pr_netio_stream_t *stream_with_socket(void) {
  return PR_NETIO_FD(session.d->outstrm) >= 0 ? session.d->outstrm :
                                                session.d->instrm;
}

void tls4217_data_end_refuse(struct tls4217_session *sess) {
  if (sess->data.conn != NULL) {
    say_end(sess, IN_ORDER, NO_TIMEOUT);
  }

  (void) end_socket(sess, stream_with_socket());
  tls4217_data_end_drop(sess);
}

int tls4217_data_end_shutdown(
  struct tls4217_session *sess, pr_netio_stream_t *strm) {
  if (sess->data.ended) {
    return 0;
  }

  /* The end of the data, close_notify and FIN: one segment, if they fit. */
  (void) pr_inet_set_proto_cork(PR_NETIO_FD(strm), 1);

  if (tls4217_data_waiter_is_aborted(sess) || tls4217_failure_is_set(sess)) {
    say_end(sess, is_cut(sess) ? CUT : IN_ORDER, ABORTED_TIMEOUT);

  } else {
    say_whole(sess);
  }

  sess->data.ended = true;
  return end_socket(sess, strm);
}

/* mod_proxy has transfers of its own, and closes what it has sent whole as the
 * core closes what is cut: without a shutdown. */
static bool is_of_core(void) {
  return (session.sf_flags & SF_XFER) != 0;
}

void tls4217_data_end_break_off(struct tls4217_session *sess) {
  if (sess->data.ended) {
    return;
  }

  if (is_of_core()) {
    say_end(sess, sess->data.sends ? CUT : IN_ORDER, NO_TIMEOUT);

  } else {
    say_end(sess, IN_ORDER, WHOLE_TIMEOUT);
  }
}
