/*
 * mod_tls4217 - what a client says in its ClientHello
 *
 * Kept for logs, for the judgement of the session that it offers, and to
 * know whether TLS has been spoken at all.
 */

#ifndef TLS4217_TLS_CONN_HELLO_H
#define TLS4217_TLS_CONN_HELLO_H

#include <stdbool.h>

#include <openssl/ssl.h>

/* Empty: all zeros. */
struct tls4217_hello {
  bool parsed;           /* OpenSSL has understood it */
  BIO *way_out;          /* where the answer goes then; NULL: it does */
  bool offered_id;       /* a TLS 1.2 session id was offered */
  char server_name[256]; /* SNI, fit for a log file; "" for none */
};

/*
 * Finds where to keep the hello of an SSL, or NULL.  Provided by the owner of
 * the SSL (connection.c), so that the callbacks need no global state.
 */
struct tls4217_hello *tls4217_connection_hello(const SSL *ssl);

/*
 * Installs the callbacks that fill struct tls4217_hello:
 * SSL_CTX_set_client_hello_cb(3), SSL_CTX_set_tlsext_servername_callback(3).
 */
void tls4217_hello_install(SSL_CTX *ctx);

#endif
