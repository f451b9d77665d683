/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - both ends of a TLS connection in one process, for tests
 *
 * The server's end is the connection under test; the client's end is
 * OpenSSL's own over memory, with a socketpair between them.  Whenever the
 * server's end waits, its waiter pumps: bytes cross the socket in random
 * pieces of 1 to 10, in both directions, and the client takes a step.  So
 * there are no threads and no sleeps, and a deadlock is an error (EDEADLK)
 * instead of a hang.  The seed is printed; TLS4217_SEED repeats a run.
 *
 * What cannot be made aborts the driver.
 */

#ifndef TLS4217_UNIT_ENDPOINT_H
#define TLS4217_UNIT_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/connection.h"
#include "mod_tls4217/tls/context.h"
#include "t/unit/pki.h"

/* What a pair of ends shall be; zero has a sensible meaning. */
struct endpoint_spec {
  const struct tls4217_context *context;
  enum tls4217_channel channel;
  struct tls4217_binding *binding; /* NULL: one of its own */
  int version;                     /* the client's only one; 0: any */
  bool no_tickets;                 /* TLS 1.2 with session ids */
  SSL_SESSION *session;            /* what the client offers, or NULL */
  const char *server_name;
  const char *alpn;       /* in wire format: "\3ftp" */
  const char *signatures; /* SSL_set1_sigalgs_list(3) */
  const char *groups;     /* SSL_set1_groups_list(3) */
  bool distrustful;       /* verifies the server, trusting nobody */
  bool wants_staple;      /* asks for an OCSP response */
  bool falls_back;        /* says that it can do more (RFC 7507) */
  bool two_descriptors;   /* the server reads one, writes a dup(2) of it */
  bool nonblocking;       /* the server's socket is so from the start */
};

/* How the client's end of the socket ends, once all of its bytes left. */
enum endpoint_end {
  ENDPOINT_OPEN,
  ENDPOINT_FIN,  /* half closed: the client still reads */
  ENDPOINT_CLOSE /* with bytes unread, the server gets ECONNRESET */
};

struct endpoint {
  /* The server's end, under test. */
  struct tls4217_connection *conn;
  struct tls4217_binding own_binding;
  struct tls4217_binding *binding;
  int rfd, wfd;

  /* The client's end.  from_client is what has not left yet. */
  SSL *client;
  int fd;
  BIO *to_client, *from_client;
  BIO *received;              /* plaintext, unless it is echoed */
  size_t received_size;       /* bytes of TLS that the server sent */
  bool connected, closed;     /* handshake done; close_notify seen */
  unsigned long client_error; /* OpenSSL's code of what stopped it */
  SSL_SESSION *session;       /* the newest that the server gave it */
  unsigned int sessions;      /* how many it got */

  /* How the client behaves; change it any time. */
  bool echo;       /* sends back what it reads */
  bool mute, deaf; /* sends, reads nothing at all */
  int trickle;     /* a byte per so many milliseconds; 0: at once */
  enum endpoint_end end;
  bool ended;

  /* Alters bytes on their way to the server; sent is how many left before. */
  void (*tamper)(void *user, size_t sent, unsigned char *bytes, size_t size);
  void *tamper_user;
  size_t sent_size;

  /* The server's waiter gives up with this errno; 0: never. */
  int give_up;
};

/* Has the pieces fall as they did before with the same seed (not 0). */
void endpoint_seed(unsigned long seed);

/* An RSA or EC pair is made of a pki_cert; borrows its leaf and key. */
struct tls4217_keypair endpoint_pair(
  const struct pki_cert *leaf, STACK_OF(X509) * chain);

/* A context with one pair, both versions and the given scope. */
struct tls4217_context *endpoint_context(
  const struct pki_cert *leaf, const char *scope);

/* Gives a context the ticket keys of another one, whatever their scopes. */
static inline void endpoint_share_tickets(
  const struct tls4217_context *from, const struct tls4217_context *to) {
  if (tls4217_ticketcrypt_set(to->tickets, from->tickets->keys,
        from->tickets->count, from->tickets->current, NULL) < 0) {
    abort();
  }
}

/* Makes both ends; the ClientHello waits to be pumped. */
struct endpoint *endpoint_new(const struct endpoint_spec *spec);

/* The same, through the handshake, which must succeed on both ends. */
struct endpoint *endpoint_open(const struct endpoint_spec *spec);

/* Frees both ends and their sockets.  NULL is fine. */
void endpoint_free(struct endpoint *ep);

/* Frees the server's connection only, leaving the socket. */
void endpoint_drop_server(struct endpoint *ep);

/* Moves one piece each way.  Returns whether anything moved. */
bool endpoint_pump(struct endpoint *ep);

/* Pumps until nothing moves any more. */
void endpoint_settle(struct endpoint *ep);

/* The client sends plaintext; its close_notify; bytes that are not TLS. */
void endpoint_say(struct endpoint *ep, const void *bytes, size_t size);
void endpoint_say_goodbye(struct endpoint *ep);
void endpoint_say_raw(struct endpoint *ep, const void *bytes, size_t size);

/* How many bytes wait to leave the client, and a cut to so many. */
size_t endpoint_waiting(const struct endpoint *ep);
void endpoint_cut(struct endpoint *ep, size_t size);

/* Hands everything that waits to the socket in one piece. */
void endpoint_flush(struct endpoint *ep);

/* tls4217_connection_read and its sister as read(2) does it: the number of
 * bytes, 0 for close_notify, -1 for all else. */
ssize_t endpoint_take(struct tls4217_connection *conn, void *buf, size_t size,
  struct tls4217_error *err);
ssize_t endpoint_take_now(struct tls4217_connection *conn, void *buf,
  size_t size, struct tls4217_error *err);

/* The server reads exactly size bytes into buf, or the test fails. */
void endpoint_read(struct endpoint *ep, void *buf, size_t size);

/* size bytes that differ from place to place; free(3) them. */
unsigned char *endpoint_pattern(size_t size);

#endif
