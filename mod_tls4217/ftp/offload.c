/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * See offload.h.  mod_xfer keeps its file to itself; a file system layer of
 * ours sees it being opened, read and closed.
 */

#include <poll.h>
#include <sys/stat.h>

/* Other systems have another sendfile(2), and no kernel that says it can. */
#ifdef __linux__
# include <sys/sendfile.h>
# define SEND_FILE(out, in, size) sendfile((out), (in), NULL, (size))
#else
# define SEND_FILE(out, in, size) (errno = ENOSYS, (ssize_t) -1)
#endif

#include "mod_tls4217/ftp/complaints.h"
#include "mod_tls4217/ftp/control.h"
#include "mod_tls4217/ftp/layer.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/tls/kernel.h"

/* Below this many bytes the library needs one write(2), and the kernel would
 * have to be given its keys to save nothing. */
#define WORTH_IT (64 * 1024)

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
  const server_rec *rec, enum tls4217_offload_mode mode) {
  struct tls4217_error err;

  if (mode == TLS4217_OFFLOAD_OFF) {
    return false;
  }

  if (ask_kernel(&err) == 0) {
    return true;
  }

  if (mode == TLS4217_OFFLOAD_ON) {
    tls4217_complaints_warning(
      rec, "TLSKernelOffload on cannot work here: %s", err.text);
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

static int read_cb(pr_fh_t *fh, int fd, char *buf, size_t size) {
  struct tls4217_session *sess = tls4217_session_get();
  const struct tls4217_offload *offload = &sess->offload;

  if (offload->fh == fh && offload->send != NULL && offload->send(sess) < 0) {
    return -1;
  }

  return tls4217_layer_read(offload->fs, fh, fd, buf, size);
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
    offload->fs = tls4217_layer_register(sess->pool, "tls4217-offload");
    if (offload->fs == NULL) {
      return;
    }

    offload->fs->open = open_cb;
    offload->fs->read = read_cb;
    offload->fs->close = close_cb;
  }

  offload->armed = true;
  offload->fh = NULL;
  offload->send = NULL;
}

/* Whether bytes are read from this file as they are on the disk: nobody but
 * us stands between the core and the system's read(2).  Since 1.3.9 a layer
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

void tls4217_offload_request(
  struct tls4217_session *sess, int (*send)(struct tls4217_session *sess)) {
  struct tls4217_offload *offload = &sess->offload;
  struct tls4217_error err;

  if (offload->armed == false) {
    return;
  }

  offload->armed = false;
  if (is_candidate(offload) == false) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_kernel_request(tls4217_connection_ssl(sess->data.conn), &err) <
    0) {
    pr_trace_msg("tls4217", 3, "data connection: %s", err.text);
    return;
  }

  offload->send = send;
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

/* Asked anew each time: this is what keeps a file from leaving in clear. */
static bool may_send(const struct tls4217_session *sess) {
  return session.d != NULL && sess->data.conn != NULL &&
    tls4217_kernel_sends(tls4217_connection_ssl(sess->data.conn));
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

  sent = SEND_FILE(fd, sess->offload.fh->fh_fd,
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

int tls4217_offload_send(struct tls4217_session *sess,
  const struct tls4217_waiter *waiter, struct tls4217_error *err) {
  off_t begin = session.xfer.total_bytes, left;

  if (may_send(sess) == false) {
    return 0;
  }

  left = session.xfer.file_size - lseek(sess->offload.fh->fh_fd, 0, SEEK_CUR);
  while (left > 0 && tls4217_control_has_command(sess) == false) {
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
