/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - several TLS records per write(2)
 *
 * See writebuf.h.
 */

#include "mod_tls4217/tls/conn/writebuf.h"

#include <errno.h>
#include <poll.h>

#include <openssl/bio.h>

int tls4217_writebuf_install(SSL *ssl, int size, struct tls4217_error *err) {
  BIO *buffer, *socket = SSL_get_wbio(ssl);

  buffer = BIO_new(BIO_f_buffer());
  if (buffer == NULL || BIO_set_write_buffer_size(buffer, size) != 1 ||
    BIO_up_ref(socket) != 1) {
    tls4217_error_set_openssl(err, "cannot make a buffer for TLS records");
    BIO_free(buffer);
    return -1;
  }

  /* From here on the SSL owns the chain, and frees all of it. */
  SSL_set0_wbio(ssl, BIO_push(buffer, socket));
  return 0;
}

enum tls4217_io tls4217_writebuf_flush(SSL *ssl, int fd,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err) {
  BIO *bio = SSL_get_wbio(ssl);
  enum tls4217_io outcome = TLS4217_IO_DONE;

  while (outcome == TLS4217_IO_DONE && BIO_flush(bio) != 1) {
    int errnum = errno != 0 ? errno : EPIPE;

    if (!BIO_should_retry(bio)) {
      tls4217_error_set_errno(err, errnum, "TLS write failed");
      return errnum == EPIPE || errnum == ECONNRESET ? TLS4217_IO_CUT :
                                                       TLS4217_IO_FAILED;
    }

    outcome = tls4217_waiter_until(waiter, fd, POLLOUT, deadline, err);
  }

  return outcome;
}
