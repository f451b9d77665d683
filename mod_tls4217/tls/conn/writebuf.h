/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - several TLS records per write(2)
 *
 * OpenSSL hands each record of 16 KiB to the kernel by itself.  A buffer
 * between the two (BIO_f_buffer(3)) gathers them; what is gathered must be
 * flushed before anybody waits for it.
 */

#ifndef TLS4217_TLS_CONN_WRITEBUF_H
#define TLS4217_TLS_CONN_WRITEBUF_H

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/waiter.h"

/*
 * Puts the buffer, of size bytes, under what ssl writes.  The handshake must
 * be over.  Freed with the SSL.  Returns 0, or -1 with err filled; the SSL
 * works as before then.
 */
int tls4217_writebuf_install(SSL *ssl, int size, struct tls4217_error *err);

/*
 * Writes what is gathered to the socket fd, until deadline.  Returns DONE; with
 * err filled, LATE or STOPPED, and it can be taken up again, CUT or FAILED.
 */
enum tls4217_io tls4217_writebuf_flush(SSL *ssl, int fd,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err);

#endif
