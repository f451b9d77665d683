/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what hangs on one SSL
 *
 * OpenSSL's callbacks get an SSL and no argument of ours.  What they need of a
 * connection, and what they find out, is in this one struct; it is found here
 * and nowhere else (SSL_set_app_data(3)).  The owner of the SSL (connection.c)
 * makes it; hello.c, binding.c and verify.c fill their part.
 */

#ifndef TLS4217_TLS_SSLSTATE_H
#define TLS4217_TLS_SSLSTATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

/* How a data connection's handshake is related to its control connection. */
enum tls4217_reuse {
  TLS4217_REUSE_NONE,      /* full handshake, no session was offered */
  TLS4217_REUSE_OWN,       /* resumed a session of the control connection */
  TLS4217_REUSE_USER,      /* resumed one of the same user's */
  TLS4217_REUSE_FOREIGN,   /* offered a session of another connection */
  TLS4217_REUSE_STALE,     /* offered one that can no longer be used */
  TLS4217_REUSE_OTHER_HOST /* offered its own, and named another host */
};

/* What the client sent in its ClientHello.  Empty: all zeros. */
struct tls4217_hello {
  bool parsed;           /* OpenSSL has understood it */
  BIO *way_out;          /* where replies go from then on; or NULL */
  bool offered_id;       /* a TLS 1.2 session id was offered */
  bool name_is_ignored;  /* and is not acknowledged */
  char server_name[256]; /* SNI, fit for a log file; "" for none */
};

/* What was decided by the server name. */
enum tls4217_choice {
  TLS4217_CHOICE_MADE,    /* the connection is set up for the name */
  TLS4217_CHOICE_IGNORED, /* it is set up, and not by the name */
  TLS4217_CHOICE_UNKNOWN, /* refused: alert unrecognized_name */
  TLS4217_CHOICE_FAILED   /* refused: alert internal_error */
};

/*
 * Chooses a connection's context and parameters, when its ClientHello has been
 * read and no session has been looked up yet.  name is "" where there is none.
 */
struct tls4217_chooser {
  enum tls4217_choice (*choose)(void *who, const char *name);
  void *who;
};

/* Which ticket a client has shown: what its stamp says (binding.c). */
#define TLS4217_SHOWN_SIZE 36
struct tls4217_shown {
  bool any;
  unsigned char ticket[TLS4217_SHOWN_SIZE];
  int64_t since; /* time(2) when it was issued */
  int64_t life;  /* seconds for which it is good */
};

struct tls4217_binding;

struct tls4217_sslstate {
  struct tls4217_binding *binding; /* of the control connection; borrowed */
  bool data;                       /* this SSL is a data connection */
  enum tls4217_reuse reuse;        /* what the tickets offered amounted to */
  struct tls4217_shown shown;      /* the one that was taken */
  int verify_error;                /* the peer's first: X509_V_ERR_... */
  bool own_parameters;             /* not its context's (parameters.h) */
  bool takes_x25519;               /* where it resumes (hello.c) */
  struct tls4217_hello hello;
  struct tls4217_chooser chooser; /* choose is NULL: nothing is changed */
};

/*
 * Hangs state, which is borrowed and must outlive the SSL, on it.  Returns 0,
 * or -1 with OpenSSL's reason in its error queue.
 */
int tls4217_sslstate_attach(SSL *ssl, struct tls4217_sslstate *state);

/* The state of an SSL, or NULL where none hangs on it. */
struct tls4217_sslstate *tls4217_sslstate_find(const SSL *ssl);

#endif
