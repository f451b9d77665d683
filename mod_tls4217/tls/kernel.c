/*
 * mod_tls4217 - TLS records that the kernel makes
 *
 * See kernel.h.  OpenSSL's side is BIO_get_ktls_send(3).
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/kernel.h"

#ifdef OPENSSL_NO_KTLS
# define BUILT_IN false
#else
# define BUILT_IN true
#endif

/* Linux alone has it; -1 is an option that no system knows. */
#ifdef TCP_ULP
# define UPPER_LAYER TCP_ULP
#else
# define UPPER_LAYER (-1)
#endif

/* Connects two sockets over loopback.  Returns 0, or -1 with errno set; the
 * descriptors that are not -1 are the caller's to close. */
static int connect_pair(int fds[3]) {
  struct sockaddr_in addr = { .sin_family = AF_INET,
    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
  socklen_t len = sizeof(addr);

  fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  fds[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fds[0] < 0 || fds[1] < 0 ||
    bind(fds[0], (struct sockaddr *) &addr, len) < 0 || listen(fds[0], 1) < 0 ||
    getsockname(fds[0], (struct sockaddr *) &addr, &len) < 0 ||
    connect(fds[1], (struct sockaddr *) &addr, len) < 0) {
    return -1;
  }

  fds[2] = accept(fds[0], NULL, NULL);
  return fds[2] < 0 ? -1 : 0;
}

int tls4217_kernel_probe(struct tls4217_error *err) {
  int fds[3] = { -1, -1, -1 };
  int ret = -1;

  if (BUILT_IN == false) {
    tls4217_error_set(
      err, ENOSYS, "this OpenSSL was built without kernel TLS (enable-ktls)");
    return -1;
  }

  if (connect_pair(fds) < 0) {
    tls4217_error_set_errno(
      err, errno, "kernel TLS cannot be tried on the loopback interface");

  } else if (setsockopt(
               fds[1], IPPROTO_TCP, UPPER_LAYER, "tls", sizeof("tls")) < 0) {
    tls4217_error_set_errno(
      err, errno, "the kernel has no TLS for sockets (on Linux: modprobe tls)");

  } else {
    ret = 0;
  }

  for (int i = 0; i < 3; i++) {
    if (fds[i] >= 0) {
      (void) close(fds[i]);
    }
  }

  return ret;
}

int tls4217_kernel_request(SSL *ssl, struct tls4217_error *err) {
  BIO *bio;

  /* OpenSSL has one option for both directions.  A BIO that is a descriptor,
   * not a socket, is one that takes no keys. */
  ERR_clear_error();
  bio = BIO_new_fd(SSL_get_rfd(ssl), BIO_NOCLOSE);
  if (bio == NULL) {
    tls4217_error_set_openssl(err, "cannot set up kernel TLS");
    return -1;
  }

  SSL_set0_rbio(ssl, bio);
  (void) SSL_set_options(ssl, SSL_OP_ENABLE_KTLS);
  return 0;
}

bool tls4217_kernel_sends(const SSL *ssl) {
  BIO *bio = SSL_get_wbio(ssl);

  /* A filter above the socket would pass the question on to it, and hold
   * back records of its own. */
  return SSL_is_init_finished(ssl) == 1 && bio != NULL &&
    BIO_method_type(bio) == BIO_TYPE_SOCKET && BIO_get_ktls_send(bio) &&
    BIO_wpending(bio) == 0;
}

bool tls4217_kernel_is_connected(int fd) {
  struct tcp_info info;
  socklen_t len = sizeof(info);

  memset(&info, 0, sizeof(info));
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0) {
    return false;
  }

  /* A client may end its own direction and still read. */
  return info.tcpi_state == TCP_ESTABLISHED ||
    info.tcpi_state == TCP_CLOSE_WAIT;
}

/* Closing. */

static int wait_for_room(int fd, const struct tls4217_waiter *waiter,
  int64_t deadline, struct tls4217_error *err) {
  struct pollfd pfd = { .fd = fd, .events = POLLOUT };

  while (poll(&pfd, 1, 0) <= 0) {
    if (tls4217_waiter_until(waiter, fd, POLLOUT, deadline, err) < 0) {
      return -1;
    }
  }

  return 0;
}

/* A send that waits is to end at the deadline; no limit is a long one. */
static void limit_wait(int fd, int64_t deadline) {
  struct timeval limit = { .tv_sec = 3600 };
  int64_t left;

  if (deadline != TLS4217_WAITER_NEVER) {
    left = deadline - tls4217_waiter_now();
    left = left > 0 ? left : 1;
    limit.tv_sec = (time_t) (left / 1000);
    limit.tv_usec = (suseconds_t) (left % 1000 * 1000);
  }

  (void) setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

int tls4217_kernel_close_notify(SSL *ssl, const struct tls4217_waiter *waiter,
  int64_t deadline, struct tls4217_error *err) {
  int fd = SSL_get_wfd(ssl), flags, res;
  sigset_t all, old;

  if (wait_for_room(fd, waiter, deadline, err) < 0) {
    return -1;
  }

  if (tls4217_kernel_is_connected(fd) == false) {
    tls4217_error_set(err, EPIPE, "the client has closed the data connection");
    return -1;
  }

  limit_wait(fd, deadline);
  flags = fcntl(fd, F_GETFL);
  (void) sigfillset(&all);
  (void) sigprocmask(SIG_BLOCK, &all, &old);
  (void) fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);

  ERR_clear_error();
  res = SSL_shutdown(ssl);

  (void) fcntl(fd, F_SETFL, flags);
  (void) sigprocmask(SIG_SETMASK, &old, NULL);

  if (res < 0) {
    tls4217_error_set_openssl(err, "TLS could not be shut down");
    return -1;
  }

  if (tls4217_waiter_now() >= deadline) {
    tls4217_error_set(err, ETIMEDOUT, "the client did not answer in time");
    return -1;
  }

  return 0;
}
