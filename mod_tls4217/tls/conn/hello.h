/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client sends in its ClientHello
 *
 * Kept beside the SSL (sslstate.h) for logs, for the check of the session that
 * it offers, and to know whether the client uses TLS at all.
 */

#ifndef TLS4217_TLS_CONN_HELLO_H
#define TLS4217_TLS_CONN_HELLO_H

#include <openssl/ssl.h>

/*
 * Installs the callbacks that fill struct tls4217_hello:
 * SSL_CTX_set_client_hello_cb(3), SSL_CTX_set_tlsext_servername_callback(3).
 */
void tls4217_hello_install(SSL_CTX *ctx);

#endif
