/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the end of TLS on a socket that stays open
 *
 * After CCC and REIN the two ends go on in clear (RFC 4217, sections 5, 12.3
 * and 13).  Both send close_notify (RFC 5246, section 7.2.1; RFC 8446, section
 * 6.1), and no byte that follows the peer's may be lost.  Some peers never send
 * it: their next command comes in clear at once.
 */

#ifndef TLS4217_TLS_CONN_UNWRAP_H
#define TLS4217_TLS_CONN_UNWRAP_H

#include "mod_tls4217/tls/conn/connection.h"

enum tls4217_unwrap {
  TLS4217_UNWRAP_NOTIFIED, /* close_notify both ways */
  TLS4217_UNWRAP_CLEAR,    /* the peer goes on in clear without it */
  TLS4217_UNWRAP_SILENT,   /* the peer sent nothing within the time limit */
  TLS4217_UNWRAP_CLOSED,   /* the peer closed the connection */
  TLS4217_UNWRAP_FAILED    /* the socket can no longer be used */
};

/*
 * Waits for the peer's close_notify, until deadline; ours must have been sent
 * (tls4217_connection_shutdown).  Plaintext that the peer still sends inside
 * TLS is discarded, *discarded gets its size in bytes.  What the peer sends in
 * clear is left in the socket, from its first byte.
 *
 * Returns how it ended; err is filled for SILENT, CLOSED and FAILED.  FAILED
 * means that the peer's records are invalid, or go on past the deadline.
 * Afterwards conn can only be freed.
 */
enum tls4217_unwrap tls4217_unwrap_await(struct tls4217_connection *conn,
  const struct tls4217_waiter *waiter, int64_t deadline, size_t *discarded,
  struct tls4217_error *err);

#endif
