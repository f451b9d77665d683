/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what distinguishes the session of a handshake from all others
 */

#ifndef TLS4217_TLS_CONN_SESSIONID_H
#define TLS4217_TLS_CONN_SESSIONID_H

#include <openssl/ssl.h>

/* Bytes that the text takes at most, with its NUL. */
#define TLS4217_SESSIONID_SIZE (2 * SSL_MAX_SSL_SESSION_ID_LENGTH + 1)

/*
 * Writes it in hex to text (TLS4217_SESSIONID_SIZE bytes): the session id, or
 * where there is none (TLS 1.2 with a ticket: RFC 5077, section 3.4) a digest
 * of both hellos' randoms, which are no secret.
 */
void tls4217_sessionid_write(const SSL *ssl, char *text);

#endif
