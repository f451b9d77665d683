/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - downloads that do not go through the core
 *
 * See offload.h.  mod_xfer keeps its file to itself; a file system layer of
 * ours sees it being opened, read and closed.
 */

#include <poll.h>
#include <sys/stat.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/data/data_waiter.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/data/fslayer.h"
#include "mod_tls4217/ftp/data/offload.h"
#include "mod_tls4217/tls/conn/kernel.h"

/* Below this many bytes the core reads once, the library needs one write(2),
 * and the kernel would have to be given its keys to save nothing. */
#define WORTH_IT (64 * 1024)

/* What the library encrypts at once, at most: what the write buffer of the
 * connection holds (connection.c), and the core's buffer (transfers.c). */
#define PIECE (112 * 1024)

/* How often the progress of a download is entered in the scoreboard, in
 * milliseconds. */
#define PROGRESS_INTERVAL 250

/* Sending. */

/* As the core counts what it has sent. */
static void count(off_t size) {
  session.xfer.total_bytes += size;
  session.total_bytes += size;
  session.total_bytes_out += size;
  session.total_raw_out += size;

  if (pr_data_get_timeout(PR_DATA_TIMEOUT_STALLED) > 0) {
    (void) pr_timer_reset(PR_TIMER_STALLED, ANY_MODULE);
  }

  if (pr_data_get_timeout(PR_DATA_TIMEOUT_IDLE) > 0) {
    (void) pr_timer_reset(PR_TIMER_IDLE, ANY_MODULE);
  }
}

/* What ftpwho(1) and ftptop(1) show: DONE for the per cent, the others for
 * the speed. */
static void show_progress(struct tls4217_offload *offload, off_t left) {
  struct timeval now;
  int64_t elapsed;

  if (tls4217_waiter_now() < offload->next_progress) {
    return;
  }

  offload->next_progress = tls4217_waiter_now() + PROGRESS_INTERVAL;
  (void) gettimeofday(&now, NULL);
  elapsed = (int64_t) (now.tv_sec - session.xfer.start_time.tv_sec) * 1000 +
    (now.tv_usec - session.xfer.start_time.tv_usec) / 1000;
  (void) pr_scoreboard_entry_update(session.pid, PR_SCORE_XFER_DONE,
    session.xfer.file_size - left, PR_SCORE_XFER_LEN, session.xfer.total_bytes,
    PR_SCORE_XFER_ELAPSED, (unsigned long) (elapsed > 0 ? elapsed : 0), NULL);
}

/* Asked again each time: this is what keeps a file from leaving in clear. */
static bool may_kernel_send(const struct tls4217_session *sess) {
  return sess->offload.requested && sess->data.conn != NULL &&
    tls4217_connection_can_send_file(sess->data.conn);
}

/* The errors after which the core, too, reads and writes. */
static bool is_unsupported(const struct tls4217_error *err) {
  return err->errnum == EINVAL || err->errnum == ENOSYS ||
    err->errnum == EOVERFLOW;
}

/* Goes on without sendfile(2) where this file is not for it. */
static int read_and_write(
  struct tls4217_session *sess, struct tls4217_error *err) {
  if (may_kernel_send(sess) == false || is_unsupported(err) == false) {
    return -1;
  }

  pr_trace_msg("tls4217", 3,
    "data connection: %s; the file is read and written instead", err->text);
  tls4217_error_clear(err);
  sess->offload.requested = false;
  return 0;
}

/* Where a piece of the file is read to: the core's buffer. */
struct room {
  char *buf;
  size_t size;
};

/*
 * Reads a piece and encrypts it.  Puts into *sent how many bytes that were.
 * The waiter has its turn each time: a client that is fast enough never leaves
 * the server waiting.  Returns DONE; CLOSED where nothing can be read, and the
 * core is to find out why; or else with err filled.
 */
static enum tls4217_io send_by_library(struct tls4217_session *sess,
  const struct room *room, off_t left, off_t *sent, struct tls4217_error *err) {
  const struct tls4217_waiter waiter = tls4217_data_waiter_make(sess);
  size_t size = room->size < PIECE ? room->size : PIECE;
  enum tls4217_io outcome;
  ssize_t got;

  *sent = 0;
  outcome = tls4217_waiter_once(
    &waiter, PR_NETIO_FD(sess->data.out), POLLOUT, 0, err);
  if (outcome != TLS4217_IO_DONE) {
    return outcome;
  }

  if ((off_t) size > left) {
    size = (size_t) left;
  }

  got = read(sess->offload.fh->fh_fd, room->buf, size);
  if (got <= 0) {
    return TLS4217_IO_CLOSED;
  }

  outcome = tls4217_connection_write(
    sess->data.conn, room->buf, (size_t) got, -1, err);
  *sent = outcome == TLS4217_IO_DONE ? got : 0;
  return outcome;
}

static enum tls4217_io send_piece(struct tls4217_session *sess,
  const struct room *room, off_t left, off_t *sent, struct tls4217_error *err) {
  return may_kernel_send(sess) ?
    tls4217_connection_send_file(
      sess->data.conn, sess->offload.fh->fh_fd, left, sent, err) :
    send_by_library(sess, room, left, sent, err);
}

/*
 * Sends what is left of the file.  Returns 0 when all is sent, or the core
 * shall go on from where the file stands now: there is a command to be read,
 * or the file cannot be; -1 with errno set when the transfer has failed.
 */
static int send_rest(struct tls4217_session *sess, const struct room *room) {
  struct tls4217_offload *offload = &sess->offload;
  off_t begin = session.xfer.total_bytes, left, sent;
  enum tls4217_io outcome = TLS4217_IO_DONE;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  left = session.xfer.file_size - lseek(offload->fh->fh_fd, 0, SEEK_CUR);
  while (outcome == TLS4217_IO_DONE && left > 0 && session.d != NULL &&
    sess->data.conn != NULL && tls4217_control_has_command(sess) == false) {
    outcome = send_piece(sess, room, left, &sent, &err);
    if (sent > 0) {
      left -= sent;
      count(sent);
      show_progress(offload, left);
    }
  }

  pr_trace_msg("tls4217", 5, "%" PR_LU " bytes of the file were sent%s",
    (pr_off_t) (session.xfer.total_bytes - begin),
    may_kernel_send(sess) ? " by the kernel" : "");
  return tls4217_error_is_set(&err) && read_and_write(sess, &err) < 0 ?
    tls4217_failure_give_up(sess, outcome, &err) :
    0;
}

/* Which file it is. */

static int open_cb(pr_fh_t *fh, const char *path, int flags) {
  struct tls4217_offload *offload = &tls4217_session_get()->offload;
  int fd;

  fd = tls4217_fslayer_open(offload->fs, fh, path, flags);
  if (fd >= 0 && offload->retr_opening && (flags & O_ACCMODE) == O_RDONLY) {
    offload->fh = fh;
  }

  return fd;
}

static int read_cb(pr_fh_t *fh, int fd, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  const struct tls4217_offload *offload = &sess->offload;
  const struct room room = { buf, size };

  if (offload->fh == fh && offload->takes_over && send_rest(sess, &room) < 0) {
    return -1;
  }

  return tls4217_fslayer_read(offload->fs, fh, fd, buf, size);
}

static int close_cb(pr_fh_t *fh, int fd) {
  struct tls4217_offload *offload = &tls4217_session_get()->offload;

  if (offload->fh == fh) {
    offload->fh = NULL;
  }

  return tls4217_fslayer_close(offload->fs, fh, fd);
}

void tls4217_offload_begin(struct tls4217_session *sess, off_t size) {
  struct tls4217_offload *offload = &sess->offload;

  offload->retr_opening = false;
  offload->takes_over = false;
  if (size < WORTH_IT) {
    return;
  }

  if (offload->fs == NULL) {
    offload->fs = tls4217_fslayer_register(sess->pool, "tls4217-offload");
    if (offload->fs == NULL) {
      return;
    }

    offload->fs->open = open_cb;
    offload->fs->read = read_cb;
    offload->fs->close = close_cb;
  }

  offload->retr_opening = true;
  offload->fh = NULL;
  offload->requested = false;
  offload->next_progress = 0;
}

/* Whether bytes are read from this file as they are on the disk: no other
 * layer is between the core and the system's read(2).  Since 1.3.9 a layer
 * inherits that of the layer below. */
static bool is_plain_file(const struct tls4217_offload *offload) {
  const pr_fs_t *system = offload->fs, *fs;
  struct stat st;

  while (system->fs_next != NULL) {
    system = system->fs_next;
  }

  for (fs = offload->fh->fh_fs; fs != NULL; fs = fs->fs_next) {
    if (fs != offload->fs && fs->read != NULL && fs->read != system->read) {
      return false;
    }
  }

  return fstat(offload->fh->fh_fd, &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_sendfile_off(void) {
  const config_rec *c = find_config(
    CURRENT_CONF, CONF_PARAM, "UseSendfile", FALSE);

  return c != NULL && *((unsigned char *) c->argv[0]) == FALSE;
}

/* mod_digest sees a file in the core's hands, or not at all. */
static bool has_listeners(void) {
  return pr_event_listening("core.data-write") > 0;
}

/* A download that the core would send with sendfile(2) in clear, to its end.
 * Throttled ones it reads and writes piece by piece, as it does ASCII. */
static bool is_candidate(const struct tls4217_offload *offload) {
  return offload->fh != NULL && session.xfer.path != NULL &&
    strcmp(offload->fh->fh_path, session.xfer.path) == 0 &&
    session.xfer.direction == PR_NETIO_IO_WR &&
    session.xfer.file_size >= WORTH_IT && session.range_len == 0 &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0 &&
    pr_throttle_have_rate() == FALSE && has_listeners() == false &&
    is_plain_file(offload);
}

static bool may_use_kernel(const struct tls4217_session *sess) {
  return sess->server->offload &&
    sess->settings.offload != TLS4217_OFFLOAD_OFF && is_sendfile_off() == false;
}

void tls4217_offload_request(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;
  struct tls4217_error err;

  if (offload->retr_opening == false) {
    return;
  }

  offload->retr_opening = false;
  offload->takes_over = is_candidate(offload);
  if (offload->takes_over == false || may_use_kernel(sess) == false) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_connection_request_kernel(sess->data.conn, &err) < 0) {
    tls4217_session_log(sess, "data connection: %s", err.text);
    return;
  }

  offload->requested = true;
}
