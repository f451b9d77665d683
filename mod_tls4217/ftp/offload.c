/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * See offload.h.  sendfile(2) needs the descriptor of the file, which mod_xfer
 * keeps to itself; a file system layer of ours sees it being opened.
 */

#include <poll.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "mod_tls4217/ftp/layer.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/tls/kernel.h"

/* Of a file with fewer bytes the core's first piece is too large a part for
 * what it costs to give the kernel its keys. */
#define WORTH_IT (256 * 1024)

/* Sent at once, in bytes; then signals and the control connection have their
 * turn. */
#define PIECE (1024 * 1024)

/* Whether the kernel can, or why it cannot; asked once. */
static int ask_kernel(struct tls4217_error *err) {
  static bool asked = false;
  static int answer;
  static struct tls4217_error reason;

  if (asked == false) {
    tls4217_error_clear(&reason);

    /* As root, the kernel loads the module that it has. */
    pr_signals_block();
    PRIVS_ROOT
    answer = tls4217_kernel_probe(&reason);
    PRIVS_RELINQUISH
    pr_signals_unblock();
    asked = true;
  }

  *err = reason;
  return answer;
}

bool tls4217_offload_prepare(
  const char *server, enum tls4217_offload_mode mode) {
  struct tls4217_error err;

  if (mode == TLS4217_OFFLOAD_OFF) {
    return false;
  }

  if (ask_kernel(&err) == 0) {
    return true;
  }

  if (mode == TLS4217_OFFLOAD_ON) {
    tls4217_log_startup_warning(
      server, "TLSKernelOffload on cannot work here: %s", err.text);
  }

  return false;
}

/* Which file it is. */

static int open_cb(pr_fh_t *fh, const char *path, int flags) {
  struct tls4217_offload *offload = &tls4217_session_get()->offload;
  int fd;

  fd = tls4217_layer_open(offload->fs, fh, path, flags);
  if (fd >= 0 && offload->armed && (flags & O_ACCMODE) == O_RDONLY) {
    offload->fh = fh;
  }

  return fd;
}

static int close_cb(pr_fh_t *fh, int fd) {
  struct tls4217_offload *offload = &tls4217_session_get()->offload;

  if (offload->fh == fh) {
    offload->fh = NULL;
  }

  return tls4217_layer_close(offload->fs, fh, fd);
}

void tls4217_offload_begin(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;

  if (sess->server->offload == false ||
    sess->settings.offload == TLS4217_OFFLOAD_OFF) {
    return;
  }

  if (offload->fs == NULL) {
    offload->fs = pr_register_fs(sess->pool, "tls4217-offload", "/");
    if (offload->fs == NULL) {
      return;
    }

    offload->fs->open = open_cb;
    offload->fs->close = close_cb;
  }

  offload->armed = true;
  offload->fh = NULL;
}

/* Whether bytes are read from this file as they are on the disk. */
static bool is_plain_file(pr_fh_t *fh) {
  const pr_fs_t *fs = fh->fh_fs;
  struct stat st;

  while (fs->fs_next != NULL && fs->read == NULL) {
    fs = fs->fs_next;
  }

  return fs->fs_next == NULL && fstat(fh->fh_fd, &st) == 0 &&
    S_ISREG(st.st_mode);
}

static bool is_sendfile_off(void) {
  const config_rec *c = find_config(
    CURRENT_CONF, CONF_PARAM, "UseSendfile", FALSE);

  return c != NULL && *((unsigned char *) c->argv[0]) == FALSE;
}

/* A download that the core would send with sendfile(2) in clear, to its end.
 * Throttled ones it reads and writes piece by piece, as it does ASCII. */
static bool is_candidate(pr_fh_t *fh) {
  return session.curr_cmd != NULL && strcmp(session.curr_cmd, C_RETR) == 0 &&
    session.xfer.direction == PR_NETIO_IO_WR && session.xfer.path != NULL &&
    strcmp(fh->fh_path, session.xfer.path) == 0 &&
    session.xfer.file_size >= WORTH_IT && session.range_len == 0 &&
    (session.sf_flags & (SF_ASCII | SF_ASCII_OVERRIDE)) == 0 &&
    pr_throttle_have_rate() == FALSE && is_sendfile_off() == false &&
    is_plain_file(fh);
}

void tls4217_offload_request(struct tls4217_session *sess) {
  struct tls4217_offload *offload = &sess->offload;
  struct tls4217_error err;

  offload->wanted = false;
  if (offload->armed == false) {
    return;
  }

  offload->armed = false;
  if (offload->fh == NULL || is_candidate(offload->fh) == false) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_kernel_request(tls4217_connection_ssl(sess->data.conn), &err) <
    0) {
    pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
    return;
  }

  offload->wanted = true;
  offload->start = lseek(offload->fh->fh_fd, 0, SEEK_CUR);
}

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

/* Whether what comes next is in the file, where the file stands. */
static bool may_go_on(const struct tls4217_session *sess, off_t at) {
  const struct tls4217_offload *offload = &sess->offload;

  return offload->wanted && offload->fh != NULL && session.d != NULL &&
    tls4217_kernel_sends(tls4217_connection_ssl(sess->data.conn)) &&
    lseek(offload->fh->fh_fd, 0, SEEK_CUR) == at;
}

/* Sends what there is room for, and takes it from *left; nothing is left at
 * the end of a file that has become shorter. */
static int send_piece(
  struct tls4217_session *sess, off_t *left, struct tls4217_error *err) {
  int fd = PR_NETIO_FD(sess->data.out);
  ssize_t sent;

  if (tls4217_kernel_is_connected(fd) == false) {
    tls4217_error_set(err, EPIPE, "the client has closed the data connection");
    return -1;
  }

  sent = sendfile(fd, sess->offload.fh->fh_fd, NULL,
    *left < PIECE ? (size_t) *left : (size_t) PIECE);
  if (sent > 0) {
    *left -= sent;
    count(sent);

  } else if (sent == 0) {
    *left = 0;

  } else if (errno != EAGAIN && errno != EINTR) {
    tls4217_error_set_errno(err, errno, "the kernel could not send the file");
    return -1;
  }

  return 0;
}

/* Whether the core has a command to read.  Behind CCC it waits in the socket,
 * where nobody else looks for it. */
static bool has_command(const struct tls4217_session *sess) {
  struct pollfd pfd = { .events = POLLIN };

  if (sess->control.conn != NULL || session.c == NULL) {
    return tls4217_command_buffer_is_ready(&sess->control.input);
  }

  pfd.fd = PR_NETIO_FD(session.c->instrm);
  return poll(&pfd, 1, 0) > 0;
}

int tls4217_offload_send_rest(struct tls4217_session *sess, size_t size,
  const struct tls4217_waiter *waiter, struct tls4217_error *err) {
  off_t begin = session.xfer.total_bytes, at, left;

  at = sess->offload.start + begin + (off_t) size;
  left = session.xfer.file_size - at;
  if (left <= 0 || may_go_on(sess, at) == false) {
    return 0;
  }

  while (left > 0 && has_command(sess) == false) {
    if (tls4217_waiter_until(waiter, PR_NETIO_FD(sess->data.out), POLLOUT,
          TLS4217_WAITER_NEVER, err) < 0 ||
      send_piece(sess, &left, err) < 0) {
      return -1;
    }
  }

  pr_trace_msg("tls4217", 5,
    "%" PR_LU " bytes of the file were sent by the kernel",
    (pr_off_t) (session.xfer.total_bytes - begin));
  return 0;
}
