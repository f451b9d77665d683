/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - data connections: their netio
 *
 * The handshake follows the 150 (RFC 4217, section 10.2): in postopen.
 */

#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/data/data.h"
#include "mod_tls4217/ftp/data/data_end.h"
#include "mod_tls4217/ftp/data/data_gates.h"
#include "mod_tls4217/ftp/data/data_handshake.h"
#include "mod_tls4217/ftp/data/data_opening.h"
#include "mod_tls4217/ftp/data/data_waiter.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/report/notes.h"

static bool owns(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm) {
  return sess->data.conn != NULL &&
    (strm == sess->data.in || strm == sess->data.out);
}

/* Whether a stream belongs to the transfer, and not to another module that
 * has data connections of its own (mod_proxy). */
static bool is_of_transfer(const pr_netio_stream_t *strm) {
  return session.d != NULL &&
    (strm == session.d->instrm || strm == session.d->outstrm);
}

/*
 * Whether a stream that we do not own is to be TLS nevertheless: no byte may
 * pass then, whatever has failed before.
 */
static bool is_unprotected(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm) {
  return sess->state.level == TLS4217_LEVEL_PRIVATE && is_of_transfer(strm);
}

static int refuse_clear(struct tls4217_session *sess) {
  tls4217_failure_set(sess, TLS4217_REPLY_DATA_UNPROTECTED, NULL);
  errno = EPERM;
  return -1;
}

/* The transfer. */

static int poll_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm) == false) {
    return is_unprotected(sess, strm) ? refuse_clear(sess) :
                                        sess->plain->poll(strm);
  }

  /* The core calls neither read nor write of a transfer that was aborted, and
   * polls again and again, for ever. */
  if (tls4217_data_waiter_is_aborted(sess)) {
    errno = ECONNABORTED;
    return -1;
  }

  /* Reads and writes of ours wait by themselves, and see ABOR meanwhile. */
  return 1;
}

/* What an upload's end without close_notify means: a cut file must not look
 * whole. */
static int end_without_notify(struct tls4217_session *sess) {
  if (sess->settings.options.close_notify_required == false &&
    tls4217_connection_cut_between_records(sess->data.conn)) {
    return 0;
  }

  tls4217_failure_set(sess, TLS4217_REPLY_DATA_CUT, NULL);
  errno = ECONNRESET;
  return -1;
}

static int read_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  enum tls4217_io outcome;
  struct tls4217_error err;
  size_t done;

  if (owns(sess, strm) == false) {
    return is_unprotected(sess, strm) ? refuse_clear(sess) :
                                        sess->plain->read(strm, buf, size);
  }

  tls4217_error_clear(&err);
  outcome = tls4217_connection_read(sess->data.conn, buf, size, &done, &err);
  switch (outcome) {
    case TLS4217_IO_DONE:
      return (int) done;

    case TLS4217_IO_CLOSED:
      return 0;

    case TLS4217_IO_CUT:
      return end_without_notify(sess);

    default:
      tls4217_notes_failure(sess->data.conn);
      return tls4217_failure_give_up(sess, outcome, &err);
  }
}

/* Whether this is a small file, whole.  What ASCII makes of a file has
 * another size. */
static bool is_whole_file(size_t size) {
  return session.curr_cmd != NULL && strcmp(session.curr_cmd, C_RETR) == 0 &&
    session.xfer.total_bytes == 0 && session.xfer.file_size == (off_t) size &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0;
}

static enum tls4217_io write_data(struct tls4217_session *sess, const char *buf,
  size_t size, struct tls4217_error *err) {
  sess->data.whole = is_whole_file(size);
  return sess->data.whole ?
    tls4217_connection_write_all(sess->data.conn, buf, size, err) :
    tls4217_connection_write(sess->data.conn, buf, size, -1, err);
}

static int write_cb(pr_netio_stream_t *strm, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  enum tls4217_io outcome;
  struct tls4217_error err;

  if (owns(sess, strm) == false) {
    return is_unprotected(sess, strm) ? refuse_clear(sess) :
                                        sess->plain->write(strm, buf, size);
  }

  tls4217_error_clear(&err);
  outcome = write_data(sess, buf, size, &err);
  return outcome == TLS4217_IO_DONE ?
    (int) size :
    tls4217_failure_give_up(sess, outcome, &err);
}

/* The beginning. */

/* Whether what the core writes comes to us as it is in the file: mod_deflate
 * puts itself in between (MODE Z). */
static bool is_unfiltered(void) {
  const pr_netio_t *netio = pr_get_netio(PR_NETIO_STRM_DATA);

  return netio != NULL && netio->write == write_cb;
}

/* Closes session.d, for the reason in sess->failure. */
static int refuse(void) {
  tls4217_data_end_refuse(tls4217_session_get());
  session.d->xerrno = EPERM;
  errno = EPERM;
  return -1;
}

/* A data connection without TLS. */
static int open_clear(struct tls4217_session *sess, pr_netio_stream_t *strm) {
  if (sess->server != NULL && owns(sess, strm) == false && session.d != NULL &&
    strm == session.d->instrm) {
    tls4217_data_end_drop(sess);
    tls4217_failure_forget(sess);
    tls4217_notes_forget_data();
    if (tls4217_data_gates_pass(sess) < 0) {
      return refuse();
    }
  }

  return sess->plain->postopen(strm);
}

static int postopen_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  tls4217_data_opening_end(sess);

  /* Both streams of a data connection come here, one after the other. */
  if (owns(sess, strm) || is_unprotected(sess, strm) == false) {
    return open_clear(sess, strm);
  }

  /* What was left of another transfer protects nothing here. */
  tls4217_data_end_drop(sess);

  tls4217_failure_forget(sess);
  sess->data.in = session.d->instrm;
  sess->data.out = session.d->outstrm;
  sess->data.sends = (session.xfer.direction == PR_NETIO_IO_WR);

  /* The core corks data sockets: our flight must not wait for a full packet. */
  (void) pr_inet_set_proto_cork(PR_NETIO_FD(sess->data.out), 0);

  if (tls4217_data_handshake_run(sess, is_unfiltered()) < 0) {
    int code = TLS4217_ERROR_EVENT_CODE;

    pr_event_generate("mod_tls.data-handshake-failed", &code);
    return refuse();
  }

  tls4217_notes_stream(sess->data.in, sess->data.conn);
  tls4217_notes_stream(sess->data.out, sess->data.conn);
  return 0;
}

/* The end. */

static int shutdown_cb(pr_netio_stream_t *strm, int how) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm) == false) {
    return sess->plain->shutdown(strm, how);
  }

  return tls4217_data_end_shutdown(sess, strm);
}

static void count_transfer(const struct tls4217_session *sess) {
  tls4217_counters_transfer(tls4217_shared_counters(), sess->data.sends,
    (uint64_t) session.xfer.total_bytes,
    sess->data.sends && tls4217_connection_kernel_sends(sess->data.conn));
}

/* Called for both streams, and again by mod_deflate. */
static int close_cb(pr_netio_stream_t *strm) {
  struct tls4217_session *sess = tls4217_session_get();

  if (owns(sess, strm)) {
    tls4217_data_end_break_off(sess);
    count_transfer(sess);
    tls4217_data_end_drop(sess);
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
