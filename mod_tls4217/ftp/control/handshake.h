/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the control connection becomes protected, and clear again
 *
 * The handshake of AUTH and of implicit TLS, and the end of TLS after CCC and
 * REIN.
 */

#ifndef TLS4217_FTP_CONTROL_HANDSHAKE_H
#define TLS4217_FTP_CONTROL_HANDSHAKE_H

#include "mod_tls4217/ftp/session.h"

/*
 * Discards what the client sent in clear behind the command that is being
 * handled, so that it is never executed.  Returns how many bytes that were.
 */
size_t tls4217_handshake_discard_clear(struct tls4217_session *sess);

/*
 * Does the handshake on the control connection and makes it protected, with the
 * data level given.  Does not return when that fails: the session ends as
 * RFC 4217, section 10.1, says (a 421 in clear if no TLS was spoken).
 */
void tls4217_handshake_protect(
  struct tls4217_session *sess, enum tls4217_level level);

/*
 * Ends TLS on the control connection after the reply to a command (CCC, REIN):
 * close_notify both ways, within a few seconds.  What follows is in clear, and
 * read from its first byte; what the client sent inside TLS behind the command
 * is discarded.  Ends the session where the two ends cannot agree on where
 * TLS ended.
 */
void tls4217_handshake_clear(struct tls4217_session *sess, const char *command);

#endif
