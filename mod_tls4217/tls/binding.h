/*
 * mod_tls4217 - which TLS session may open a data connection
 *
 * Every control connection has a random id.  The tickets that we issue on it
 * carry the id as ticket application data
 * (SSL_SESSION_set1_ticket_appdata(3)); TLS 1.2 session ids are known in
 * this process only.  A data connection is bound to its control connection
 * when the session that it resumes carries that id, or the id of the session
 * that the control connection itself resumed.  RFC 4217, sections 10.2 and
 * 15.2.6, lets a server insist on that.
 *
 * A full handshake on a data connection never yields a session that a later
 * one could resume: such tickets carry no id, such sessions are not cached.
 * Otherwise a stranger on the data port could earn a session by being
 * refused once.
 */

#ifndef TLS4217_TLS_BINDING_H
#define TLS4217_TLS_BINDING_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"

#define TLS4217_BINDING_ID_SIZE   32

/* How a data connection's handshake stands to its control connection. */
enum tls4217_reuse {
  TLS4217_REUSE_NONE,       /* full handshake, no session was offered */
  TLS4217_REUSE_OWN,        /* resumed a session of the control connection */
  TLS4217_REUSE_FOREIGN,    /* offered a session of another connection */
  TLS4217_REUSE_STALE       /* offered one that we cannot read or that aged */
};

/* The ids of one control connection. */
struct tls4217_binding {
  unsigned char id[TLS4217_BINDING_ID_SIZE];
  unsigned char resumed[TLS4217_BINDING_ID_SIZE];
  bool has_resumed;         /* the control connection resumed a session */
};

/* Gives binding a new random id.  Returns 0, or -1 with err filled. */
int tls4217_binding_init(struct tls4217_binding *binding,
  struct tls4217_error *err);

/*
 * Installs the ticket callbacks and the cache mode that the rule above needs
 * in a context.  The callbacks find the connection of an SSL with
 * SSL_get_app_data(3).  Returns 0, or -1 with err filled.
 */
int tls4217_binding_install(SSL_CTX *ctx, struct tls4217_error *err);

/*
 * After the handshake of a control connection: makes its TLS 1.2 session id,
 * if it has one, resumable by data connections of this process.
 */
void tls4217_binding_remember(SSL *ssl);

#endif
