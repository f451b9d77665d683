/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a connection whose records the kernel makes
 *
 * See kernel_stream.h.  sendfile(2), tcp(7), and
 * Documentation/networking/tls.rst of Linux.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/conn/kernel.h"
#include "mod_tls4217/tls/conn/kernel_stream.h"

/* Sent at once, in bytes; then signals and the control connection are served.
 * Where there is no memory for a record of 16 KiB, there may be enough for a
 * small one. */
#define PIECE       (1024 * 1024)
#define SMALL_PIECE 1024

/* Milliseconds between two tries, where nothing says when to try again, and how
 * many tries are made at once before that. */
#define SHORT_PAUSE 1
#define LONG_PAUSE  256
#define TRIES       2

/* The longest time between two calls of the waiter, in milliseconds. */
#define SLICE 1000

/* Only Linux has the counters; elsewhere nothing is counted. */
#ifdef __linux__
# include <linux/sockios.h>
# include <linux/tcp.h>
# include <linux/tls.h>
# include <netinet/in.h>
# include <sys/sendfile.h>

# define SEND_FILE(out, in, size) sendfile((out), (in), NULL, (size))

/* Of old headers. */
# ifndef SOL_TLS
#  define SOL_TLS 282
# endif

/* Numbers that old headers do not have. */
# define AES_CCM_128       53
# define CHACHA20_POLY1305 54
# define VERSION_1_3       0x0304

/* What the kernel reports of its keys; the number of the next record is the end
 * of it, whatever the cipher. */
struct crypto {
  struct tls_crypto_info info;
  unsigned char rest[52];
};

/* A part of the nonce, the key, the rest of the nonce, and the number. */
static socklen_t crypto_size(unsigned int cipher) {
  switch (cipher) {
    case TLS_CIPHER_AES_GCM_128:
    case AES_CCM_128:
      return sizeof(struct tls_crypto_info) + 8 + 16 + 4 + 8;

    case TLS_CIPHER_AES_GCM_256:
      return sizeof(struct tls_crypto_info) + 8 + 32 + 4 + 8;

    case CHACHA20_POLY1305:
      return sizeof(struct tls_crypto_info) + 12 + 32 + 8;

    default:
      return 0;
  }
}

/* What a record has besides its plaintext: head, explicit nonce or type, and
 * tag (RFC 5246, section 6.2.3.3; RFC 7905; RFC 8446, section 5.2). */
static unsigned int record_overhead(const struct tls_crypto_info *info) {
  if (info->version == VERSION_1_3) {
    return 5 + 1 + 16;
  }

  return info->cipher_type == CHACHA20_POLY1305 ? 5 + 16 : 5 + 8 + 16;
}

/* How many records were made, and what each has besides its plaintext. */
static bool count_records(int fd, uint64_t *records, unsigned int *overhead) {
  struct crypto crypto;
  socklen_t len = sizeof(crypto.info);
  const unsigned char *number;

  if (getsockopt(fd, SOL_TLS, TLS_TX, &crypto, &len) < 0) {
    return false;
  }

  len = crypto_size(crypto.info.cipher_type);
  if (len == 0 || getsockopt(fd, SOL_TLS, TLS_TX, &crypto, &len) < 0) {
    return false;
  }

  number = (const unsigned char *) &crypto + len - 8;
  *records = 0;
  for (int i = 0; i < 8; i++) {
    *records = *records << 8 | number[i];
  }

  *overhead = record_overhead(&crypto.info);
  OPENSSL_cleanse(&crypto, sizeof(crypto));
  return true;
}

/* What TCP has accepted: acknowledged, or in its queue.  In this order: what is
 * acknowledged between the two calls is missed, and never counted twice. */
static bool count_taken(int fd, uint64_t *taken) {
  struct tcp_info info;
  socklen_t len = sizeof(info);
  int queued = 0;

  memset(&info, 0, sizeof(info));
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
    ioctl(fd, SIOCOUTQ, &queued) < 0) {
    return false;
  }

  *taken = info.tcpi_bytes_acked + (unsigned int) queued;
  return true;
}

/* Whether TCP still has something that the client has not acknowledged. */
static bool is_queued(int fd) {
  int queued = 0;

  return ioctl(fd, SIOCOUTQ, &queued) == 0 && queued > 0;
}

/* Has TCP send what it has, a part of a segment included, also where the
 * socket is corked (tcp(7)). */
static void push(int fd) {
  int on = 1;

  (void) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

#else
# define SEND_FILE(out, in, size) \
  ((void) (out), (void) (in), (void) (size), errno = ENOSYS, (ssize_t) -1)

static bool count_records(int fd, uint64_t *records, unsigned int *overhead) {
  (void) fd;
  *records = 0;
  *overhead = 0;
  return false;
}

static bool count_taken(int fd, uint64_t *taken) {
  (void) fd;
  *taken = 0;
  return false;
}

static bool is_queued(int fd) {
  (void) fd;
  return false;
}

static void push(int fd) {
  (void) fd;
}
#endif

/* Counting. */

void tls4217_kernel_stream_begin(struct tls4217_kernel_stream *ks, SSL *ssl) {
  unsigned int overhead;
  int fd = SSL_get_wfd(ssl);

  memset(ks, 0, sizeof(*ks));
  ks->counts = count_records(fd, &ks->records, &overhead) &&
    count_taken(fd, &ks->taken);
  ks->written = BIO_number_written(SSL_get_wbio(ssl));
}

/* Whether the kernel's TLS has bytes that TCP has not.  Where that cannot be
 * counted: whether the client has not acknowledged all. */
static bool holds_back(const struct tls4217_kernel_stream *ks, SSL *ssl) {
  uint64_t records, taken, all;
  unsigned int overhead;
  int fd = SSL_get_wfd(ssl);

  if (ks->counts == false || count_taken(fd, &taken) == false ||
    count_records(fd, &records, &overhead) == false) {
    return is_queued(fd);
  }

  all = ks->files + BIO_number_written(SSL_get_wbio(ssl)) - ks->written +
    (records - ks->records) * overhead;
  return taken - ks->taken < all;
}

/* Waiting. */

static bool has_room(int fd) {
  struct pollfd pfd = { .fd = fd, .events = POLLOUT };

  return poll(&pfd, 1, 0) > 0;
}

/* Also returns when timeout milliseconds are over. */
static enum tls4217_io wait_a_slice(const struct tls4217_waiter *waiter, int fd,
  short events, int timeout, int64_t deadline, struct tls4217_error *err) {
  int64_t now = tls4217_waiter_now();

  if (now >= deadline) {
    tls4217_error_set(err, ETIMEDOUT, "the client did not answer in time");
    return TLS4217_IO_LATE;
  }

  if (deadline - now < timeout) {
    timeout = (int) (deadline - now);
  }

  return tls4217_waiter_once(waiter, fd, events, timeout, err);
}

/*
 * After a try that sent nothing.  With a full buffer POLLOUT says when to try
 * again; for a kernel that lacks memory, or has a record of its own to send
 * first, there is no event.
 */
static enum tls4217_io wait_for_room(struct tls4217_kernel_stream *ks, int fd,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err) {
  int pause = SHORT_PAUSE;

  push(fd);
  if (has_room(fd) == false) {
    return wait_a_slice(waiter, fd, POLLOUT, SLICE, deadline, err);
  }

  ks->in_vain++;
  if (ks->in_vain <= TRIES) {
    return wait_a_slice(waiter, fd, POLLOUT, 0, deadline, err);
  }

  for (int i = TRIES + 1; i < ks->in_vain && pause < LONG_PAUSE; i++) {
    pause *= 2;
  }

  return wait_a_slice(waiter, fd, 0, pause, deadline, err);
}

static enum tls4217_io check_connected(int fd, struct tls4217_error *err) {
  if (tls4217_kernel_is_connected(fd) == false) {
    tls4217_error_set(err, EPIPE, "the client has closed the data connection");
    return TLS4217_IO_CUT;
  }

  return TLS4217_IO_DONE;
}

/* Sending. */

static off_t choose_size(const struct tls4217_kernel_stream *ks, off_t size) {
  off_t most = ks->in_vain < TRIES ? PIECE : SMALL_PIECE;

  return size < most ? size : most;
}

enum tls4217_io tls4217_kernel_stream_send_file(
  struct tls4217_kernel_stream *ks, SSL *ssl, int file, off_t size, off_t *sent,
  const struct tls4217_waiter *waiter, struct tls4217_error *err) {
  int fd = SSL_get_wfd(ssl);
  ssize_t res;

  *sent = 0;
  if (check_connected(fd, err) != TLS4217_IO_DONE) {
    return TLS4217_IO_CUT;
  }

  size = choose_size(ks, size);
  res = SEND_FILE(fd, file, (size_t) size);
  if (res > 0) {
    *sent = res;
    ks->files += (uint64_t) res;
    ks->in_vain = 0;
    if (res < size) {
      push(fd);
    }

    return tls4217_waiter_look(waiter, fd, POLLOUT, TLS4217_WAITER_NEVER, err);
  }

  if (res < 0 && (errno == EAGAIN || errno == EINTR)) {
    return wait_for_room(ks, fd, waiter, TLS4217_WAITER_NEVER, err);
  }

  if (res < 0) {
    tls4217_error_set_errno(err, errno, "the kernel could not send the file");
    return errno == EPIPE || errno == ECONNRESET ? TLS4217_IO_CUT :
                                                   TLS4217_IO_FAILED;
  }

  return TLS4217_IO_CLOSED;
}

/* Closing. */

/* OpenSSL marks close_notify as sent before it is: so SSL_shutdown(3) is not
 * called while there is no room. */
static enum tls4217_io give_close_notify(struct tls4217_kernel_stream *ks,
  SSL *ssl, const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err) {
  int fd = SSL_get_wfd(ssl);
  enum tls4217_io outcome;

  do {
    outcome = check_connected(fd, err);
    if (outcome != TLS4217_IO_DONE) {
      return outcome;
    }

    if (has_room(fd)) {
      ERR_clear_error();
      if (SSL_shutdown(ssl) >= 0) {
        return TLS4217_IO_DONE;
      }

      if (!BIO_should_retry(SSL_get_wbio(ssl))) {
        tls4217_error_set_openssl(err, "TLS could not be shut down");
        return TLS4217_IO_FAILED;
      }
    }

    outcome = wait_for_room(ks, fd, waiter, deadline, err);
  } while (outcome == TLS4217_IO_DONE);

  return outcome;
}

enum tls4217_io tls4217_kernel_stream_close_notify(
  struct tls4217_kernel_stream *ks, SSL *ssl,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err) {
  int fd = SSL_get_wfd(ssl);
  enum tls4217_io outcome;

  ks->in_vain = 0;
  outcome = give_close_notify(ks, ssl, waiter, deadline, err);

  ks->in_vain = 0;
  while (outcome == TLS4217_IO_DONE && holds_back(ks, ssl)) {
    outcome = check_connected(fd, err);
    if (outcome == TLS4217_IO_DONE) {
      outcome = wait_for_room(ks, fd, waiter, deadline, err);
    }
  }

  return outcome;
}
