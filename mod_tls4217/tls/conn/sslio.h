/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - OpenSSL's four operations on a socket
 *
 * SSL_accept(3), SSL_read_ex(3), SSL_write_ex(3) and SSL_shutdown(3), each
 * through one loop that has a deadline and waits through a function of the
 * caller's (which may serve signals meanwhile).  SSL_get_error(3) is called
 * here and nowhere else.
 */

#ifndef TLS4217_TLS_CONN_SSLIO_H
#define TLS4217_TLS_CONN_SSLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/io.h"
#include "mod_tls4217/tls/conn/trace.h"
#include "mod_tls4217/tls/conn/waiter.h"

/* The stages of a connection, which it never goes back through. */
enum tls4217_sslio_state {
  TLS4217_SSLIO_HANDSHAKE,
  TLS4217_SSLIO_OPEN,
  TLS4217_SSLIO_ENDING, /* only close_notify or an alert can be sent */
  TLS4217_SSLIO_DEAD    /* nothing can be read or sent any more */
};

/* What the loop works on.  The owner fills the first part and calls
 * tls4217_sslio_begin; it frees the SSL.  The descriptors do not block. */
struct tls4217_sslio {
  SSL *ssl;
  int rfd, wfd;
  struct tls4217_waiter waiter;
  struct tls4217_trace trace; /* of the messages of handshakes */

  enum tls4217_sslio_state state;
  struct tls4217_error failure; /* what made it ENDING or DEAD; only set then */
  enum tls4217_io outcome;      /* the same: LATE, STOPPED, CUT or FAILED */
  bool cut_between_records;     /* the peer's FIN came at a record's end */
  unsigned int messages; /* of handshakes, since there was plaintext to read */
  int64_t record_end; /* where the record that is being read ends, as a value of
                       * BIO_number_read(3).  Without read-ahead only */
};

/* How many messages after the handshake (KeyUpdate, requests to renegotiate) a
 * peer may send without a byte of plaintext between them. */
#define TLS4217_SSLIO_MAX_MESSAGES 64

/*
 * Prepares the SSL for the loop, before the handshake.  io must stay where it
 * is as long as the SSL lives.
 */
void tls4217_sslio_begin(struct tls4217_sslio *io);

/*
 * The server's side of the handshake: HANDSHAKE becomes OPEN, or DEAD.
 * Deadlines are those of waiter.h.  Returns DONE, or LATE, STOPPED, CUT or
 * FAILED with err filled.
 */
enum tls4217_io tls4217_sslio_accept(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err);

/*
 * Reads plaintext of one record, at most size bytes; *done gets their number,
 * or 0.  Returns the outcome; err, which may be NULL, is filled unless that is
 * DONE or CLOSED.
 */
enum tls4217_io tls4217_sslio_read(struct tls4217_sslio *io, void *buf,
  size_t size, size_t *done, int64_t deadline, struct tls4217_error *err);

/*
 * Writes all of buf.  Returns DONE; or LATE, STOPPED, CUT or FAILED with err
 * filled, and the connection is DEAD: a record that was cut in the middle
 * cannot be completed later, and no other can follow it.
 */
enum tls4217_io tls4217_sslio_write(struct tls4217_sslio *io, const void *buf,
  size_t size, int64_t deadline, struct tls4217_error *err);

/* Sends close_notify; does not wait for the peer's.  Returns as
 * tls4217_sslio_write. */
enum tls4217_io tls4217_sslio_shutdown(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err);

/* Whether close_notify or an alert can be sent. */
bool tls4217_sslio_can_end(const struct tls4217_sslio *io);

/* Makes an OPEN connection ENDING because of outcome and why; else as
 * tls4217_sslio_fail. */
enum tls4217_io tls4217_sslio_end(struct tls4217_sslio *io,
  enum tls4217_io outcome, const struct tls4217_error *why,
  struct tls4217_error *err);

/*
 * From now on reads take their bytes from memory, where tls4217_sslio_feed puts
 * them, and no longer from the socket.  Without read-ahead only.  Returns 0, or
 * -1 with err filled.
 */
int tls4217_sslio_detach(struct tls4217_sslio *io, struct tls4217_error *err);

/*
 * How many bytes are missing from the record that is being read: from its
 * header at first, from all of it once its length is known; 0 between two
 * records.
 */
size_t tls4217_sslio_missing(const struct tls4217_sslio *io);

/* Hands over size bytes that came from the peer.  Returns 0, or -1 with err
 * filled. */
int tls4217_sslio_feed(struct tls4217_sslio *io, const void *bytes, size_t size,
  struct tls4217_error *err);

/* Whether more than TLS4217_SSLIO_MAX_MESSAGES made the connection DEAD. */
bool tls4217_sslio_is_flooded(const struct tls4217_sslio *io);

/*
 * Makes the connection DEAD because of outcome and why, which must be set;
 * where there was a reason already, that stays.  Returns the outcome that
 * stays, with err filled.
 */
enum tls4217_io tls4217_sslio_fail(struct tls4217_sslio *io,
  enum tls4217_io outcome, const struct tls4217_error *why,
  struct tls4217_error *err);

#endif
