/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a fatal alert, sent on purpose
 *
 * A server that must break off a connection sends an alert (RFC 5246, section
 * 7.2.2; RFC 8446, section 6.2).  OpenSSL sends alerts for errors in the peer's
 * records, and has no function that sends one for another reason.
 */

#ifndef TLS4217_TLS_CONN_ALERT_H
#define TLS4217_TLS_CONN_ALERT_H

#include <openssl/ssl.h>

/*
 * Has ssl, whose handshake is over, send a fatal alert; afterwards it can
 * neither write nor read.  Does not wait: where the socket has no room, or part
 * of a record is still to be sent, no alert is sent.
 */
void tls4217_alert_provoke(SSL *ssl);

#endif
