/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * See offload.h.  mod_xfer keeps its file to itself; a file system layer of
 * ours sees it being opened, read and closed.
 */

#include <sys/stat.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/data/fslayer.h"
#include "mod_tls4217/ftp/data/offload.h"
#include "mod_tls4217/tls/conn/kernel.h"

/* Below this many bytes the library needs one write(2), and the kernel would
 * have to be given its keys to save nothing. */
#define WORTH_IT (64 * 1024)

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

/* The errors after which the core, too, reads and writes. */
static bool is_unsupported(const struct tls4217_error *err) {
  return err->errnum == EINVAL || err->errnum == ENOSYS ||
    err->errnum == EOVERFLOW;
}

/* Goes on without sendfile(2) where this file is not for it. */
static int read_and_write(
  struct tls4217_offload *offload, struct tls4217_error *err) {
  if (is_unsupported(err) == false) {
    return -1;
  }

  pr_trace_msg("tls4217", 3,
    "data connection: %s; the file is read and written instead", err->text);
  tls4217_error_clear(err);
  offload->requested = false;
  return 0;
}

/* Asked again each time: this is what keeps a file from leaving in clear. */
static bool may_send(const struct tls4217_session *sess) {
  return session.d != NULL && sess->data.conn != NULL &&
    tls4217_connection_can_send_file(sess->data.conn);
}

/*
 * Sends what is left of the file.  Returns 0 when all is sent, or the core
 * shall go on from where the file stands now: there is a command to be read,
 * or sendfile(2) does not take this file; -1 with errno set when the transfer
 * has failed.
 */
static int send_rest(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;
  off_t begin = session.xfer.total_bytes, left, sent;
  enum tls4217_io outcome = TLS4217_IO_DONE;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  left = session.xfer.file_size - lseek(offload->fh->fh_fd, 0, SEEK_CUR);
  while (outcome == TLS4217_IO_DONE && left > 0 && may_send(sess) &&
    tls4217_control_has_command(sess) == false) {
    outcome = tls4217_connection_send_file(
      sess->data.conn, offload->fh->fh_fd, left, &sent, &err);
    if (sent > 0) {
      left -= sent;
      count(sent);
      show_progress(offload, left);
    }
  }

  pr_trace_msg("tls4217", 5,
    "%" PR_LU " bytes of the file were sent by the kernel",
    (pr_off_t) (session.xfer.total_bytes - begin));
  return tls4217_error_is_set(&err) && read_and_write(offload, &err) < 0 ?
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

  if (offload->fh == fh && offload->requested && send_rest(sess) < 0) {
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

void tls4217_offload_begin(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;

  if (sess->server->offload == false ||
    sess->settings.offload == TLS4217_OFFLOAD_OFF) {
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

/* A download that the core would send with sendfile(2) in clear, to its end.
 * Throttled ones it reads and writes piece by piece, as it does ASCII. */
static bool is_candidate(const struct tls4217_offload *offload) {
  return offload->fh != NULL && session.xfer.path != NULL &&
    strcmp(offload->fh->fh_path, session.xfer.path) == 0 &&
    session.xfer.direction == PR_NETIO_IO_WR &&
    session.xfer.file_size >= WORTH_IT && session.range_len == 0 &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0 &&
    pr_throttle_have_rate() == FALSE && is_sendfile_off() == false &&
    is_plain_file(offload);
}

void tls4217_offload_request(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;
  struct tls4217_error err;

  if (offload->retr_opening == false) {
    return;
  }

  offload->retr_opening = false;
  if (is_candidate(offload) == false) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_connection_request_kernel(sess->data.conn, &err) < 0) {
    tls4217_session_log(sess, "data connection: %s", err.text);
    return;
  }

  offload->requested = true;
}
