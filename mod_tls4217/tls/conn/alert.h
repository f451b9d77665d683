/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a fatal alert, sent because we want to
 *
 * A server that must break off says so with an alert (RFC 5246, section 7.2.2;
 * RFC 8446, section 6.2).  OpenSSL sends alerts for what it does not like in
 * the peer's records, and has no function to send one for another reason.
 */

#ifndef TLS4217_TLS_CONN_ALERT_H
#define TLS4217_TLS_CONN_ALERT_H

#include <openssl/ssl.h>

/*
 * Has ssl, whose handshake is over, send a fatal alert; it is of no use
 * afterwards, for reading neither.  Does not wait: where the socket has no
 * room, or half a record is on its way, there will be no alert.
 */
void tls4217_alert_provoke(SSL *ssl);

#endif
