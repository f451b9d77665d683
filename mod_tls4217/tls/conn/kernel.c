/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLS records that the kernel makes
 *
 * See kernel.h.  OpenSSL's side is BIO_get_ktls_send(3).
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <openssl/bio.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/conn/kernel.h"

#ifdef OPENSSL_NO_KTLS
# define BUILT_IN false
#else
# define BUILT_IN true
#endif

/* Two records of 16 KiB and what Linux adds to them.  With less, each waits
 * until the client's TCP has acknowledged the previous one, which takes 40 ms
 * where a record is no longer than a segment. */
#define MIN_BUFFER (40 * 1024)

/* Only Linux has it; -1 is an option that no system has. */
#ifdef TCP_ULP
# define UPPER_LAYER TCP_ULP
#else
# define UPPER_LAYER (-1)
#endif

int tls4217_kernel_probe(struct tls4217_error *err) {
  int fd, errnum = 0;

  if (BUILT_IN == false) {
    tls4217_error_set(
      err, ENOSYS, "this OpenSSL was built without kernel TLS (enable-ktls)");
    return -1;
  }

  fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) {
    fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  }

  /* A kernel that has TLS returns ENOTCONN here, others ENOENT. */
  if (fd < 0 ||
    setsockopt(fd, IPPROTO_TCP, UPPER_LAYER, "tls", sizeof("tls")) < 0) {
    errnum = errno;
  }

  if (fd >= 0) {
    (void) close(fd);
  }

  if (errnum != 0 && errnum != ENOTCONN) {
    tls4217_error_set_errno(err, errnum,
      "the kernel has no TLS for sockets (on Linux: modprobe tls)");
    return -1;
  }

  return 0;
}

int tls4217_kernel_request(SSL *ssl, struct tls4217_error *err) {
  BIO *bio;
  int size = 0;
  socklen_t len = sizeof(size);

  if (getsockopt(SSL_get_wfd(ssl), SOL_SOCKET, SO_SNDBUF, &size, &len) == 0 &&
    size < MIN_BUFFER) {
    tls4217_error_set(err, ENOBUFS,
      "the kernel is not asked for TLS: a send buffer of %d bytes does not "
      "hold "
      "two of its records",
      size);
    return -1;
  }

  /* OpenSSL has one option for both directions.  A BIO for a descriptor, rather
   * than a socket, takes no keys. */
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

  /* A filter above the socket would pass this query on to it, and hold back
   * records itself. */
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
