/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which TLS session may open a data connection
 *
 * Every control connection has a random id.  The tickets that we issue on it
 * carry the id as ticket application data (SSL_SESSION_set1_ticket_appdata(3));
 * its TLS 1.2 session id is known to this process only.  A data connection is
 * bound to its control connection when the session that it resumes carries that
 * id, or the id of the session that the control connection itself resumed.
 * Where find_kin confirms it, the session of another control connection of the
 * same user is accepted, too; and as a client's handshake precedes its login, a
 * ticket also carries the id of the session that its own control connection
 * resumed, which is valid until a user is logged in there.  RFC 4217, sections
 * 10.2 and 15.2.6, lets a server insist on that.
 *
 * A handshake on a data connection never yields a session that a later one
 * could resume: it gets no ticket, and its session is not remembered. Otherwise
 * a stranger on the data port would get a session by being refused once.  The
 * same holds for a control connection whose client certificate did not pass;
 * and a ticket is taken there only if the certificate in it would pass a full
 * handshake now (verify.h).
 */

#ifndef TLS4217_TLS_CONN_BINDING_H
#define TLS4217_TLS_CONN_BINDING_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/sslstate.h"

#define TLS4217_BINDING_ID_SIZE     32
#define TLS4217_BINDING_DIGEST_SIZE 32

/* What is known of another control connection, by its id. */
enum tls4217_kinship {
  TLS4217_KINSHIP_UNKNOWN,  /* no one is logged in there */
  TLS4217_KINSHIP_STRANGER, /* another user is */
  TLS4217_KINSHIP_SAME      /* the same user is */
};

/* The ids of one control connection. */
struct tls4217_binding {
  unsigned char id[TLS4217_BINDING_ID_SIZE];
  unsigned char resumed[TLS4217_BINDING_ID_SIZE];
  bool has_resumed;           /* the control connection resumed a session */
  uint32_t issued;            /* how many tickets it has been given */
  struct tls4217_shown shown; /* the one that its client has shown last */
  bool repeats; /* the client uses a ticket for more than one connection */
  SSL_SESSION *session; /* its TLS 1.2 session with an id, or NULL; owned */

  /*
   * Whether a server name is that of another host than the control
   * connection's: a data connection that gives it resumes nothing (RFC 6066,
   * section 3).  NULL: no name is.  Set by the owner, with what who is.
   */
  bool (*is_other_host)(const void *who, const char *name);
  const void *who;

  /*
   * Who is logged in on another control connection, by the digest of its id;
   * NULL: sessions of other connections open nothing (TLSSessionReuse).  Set by
   * the owner.
   */
  enum tls4217_kinship (*find_kin)(
    const void *who, const unsigned char *digest);
};

/*
 * Gives *binding a new random id and no session.  Free it with
 * tls4217_binding_clear.  Returns 0, or -1 with err filled.
 */
int tls4217_binding_init(
  struct tls4217_binding *binding, struct tls4217_error *err);

/* Frees what *binding owns and wipes it. */
void tls4217_binding_clear(struct tls4217_binding *binding);

/*
 * Installs the ticket callbacks, the session lookup and the cache mode that
 * the rules above need in a context.  Returns 0, or -1 with err filled.
 */
int tls4217_binding_install(SSL_CTX *ctx, struct tls4217_error *err);

/*
 * After the handshake of a control connection: makes its TLS 1.2 session id,
 * if it has one, resumable by the data connections of this binding.
 */
void tls4217_binding_remember(struct tls4217_binding *binding, SSL *ssl);

/*
 * After the handshake of any connection of this binding: which ticket its
 * client has shown.  One that was shown twice is kept and used again.
 */
void tls4217_binding_note_shown(struct tls4217_binding *binding, SSL *ssl);

/*
 * Whether the client needs another TLS 1.3 ticket for its next connection, at
 * now (time(2)'s): one that uses each of them once does, and one that uses the
 * same again does when that one is past half of its life.
 */
bool tls4217_binding_needs_ticket(
  const struct tls4217_binding *binding, int64_t now);

/* What find_kin is called with; the id cannot be derived from it.  Returns 0,
 * or -1 with err filled. */
int tls4217_binding_digest(
  const unsigned char *id, unsigned char *digest, struct tls4217_error *err);

/* How the completed handshake of an SSL, with a state of sslstate.h, is related
 * to its control connection. */
enum tls4217_reuse tls4217_binding_check(SSL *ssl);

#endif
