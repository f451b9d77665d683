/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - several TLS records per write(2)
 *
 * OpenSSL gives each record of 16 KiB a write(2) of its own.  A buffer between
 * OpenSSL and the socket (BIO_f_buffer(3)) collects several; it must be flushed
 * before the peer is waited for.
 */

#ifndef TLS4217_TLS_CONN_WRITEBUF_H
#define TLS4217_TLS_CONN_WRITEBUF_H

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/waiter.h"

/*
 * Puts the buffer, of size bytes, under what ssl writes.  The handshake must be
 * over.  Freed with the SSL.  Returns 0, or -1 with err filled; then the SSL
 * works as before.
 */
int tls4217_writebuf_install(SSL *ssl, int size, struct tls4217_error *err);

/*
 * Writes what is buffered to the socket fd, until deadline.  Returns DONE; with
 * err filled, LATE or STOPPED, after which it can be called again, CUT or
 * FAILED.
 */
enum tls4217_io tls4217_writebuf_flush(SSL *ssl, int fd,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err);

#endif
