/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the outcome of an operation on a connection
 *
 * The same for reading, writing, waiting, the handshake and close_notify, so
 * that no caller has to interpret errno.
 */

#ifndef TLS4217_TLS_CONN_IO_H
#define TLS4217_TLS_CONN_IO_H

enum tls4217_io {
  TLS4217_IO_DONE,    /* all that was to be written, a byte at least read */
  TLS4217_IO_AGAIN,   /* not now, and waiting is not wanted */
  TLS4217_IO_LATE,    /* the deadline has passed */
  TLS4217_IO_STOPPED, /* the waiter gave up: the transfer was aborted */
  TLS4217_IO_CLOSED,  /* the peer has sent close_notify (in clear: FIN) */
  TLS4217_IO_CUT,     /* the peer has ended it in another way */
  TLS4217_IO_FAILED   /* TLS or the system has failed */
};

#endif
