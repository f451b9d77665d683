/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the end of TLS on a socket that stays open
 *
 * See unwrap.h.  From here on this file reads the socket, and gives OpenSSL the
 * bytes of one record and no more: what follows the peer's close_notify, or
 * stands where a record should start, stays in the socket.  No FTP command
 * begins with the content type of a record (RFC 8446, section 5.1).
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "mod_tls4217/tls/conn/unwrap.h"

#define FIRST_CONTENT_TYPE 20 /* change_cipher_spec */
#define LAST_CONTENT_TYPE  23 /* application_data */

/* What the socket holds.  Only this check decides: bytes may arrive at any
 * moment after one that found none. */
enum arrival {
  NOTHING,
  RECORD, /* or the rest of one */
  CLEAR,
  END, /* with err filled */
  BROKEN
};

static enum arrival look(
  const struct tls4217_sslio *io, struct tls4217_error *err) {
  unsigned char type;
  ssize_t res;

  res = recv(io->rfd, &type, 1, MSG_PEEK | MSG_DONTWAIT);
  if (res == 0) {
    tls4217_error_set(err, ECONNRESET, "the client closed the connection");
    return END;
  }

  if (res < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
      return NOTHING;
    }

    res = errno;
    tls4217_error_set_errno(err, (int) res, "the connection has failed");
    return res == ECONNRESET || res == EPIPE ? END : BROKEN;
  }

  return tls4217_sslio_missing(io) > 0 ||
      (type >= FIRST_CONTENT_TYPE && type <= LAST_CONTENT_TYPE) ?
    RECORD :
    CLEAR;
}

/* Moves what has arrived of the record, one piece at most. */
static int move_record(struct tls4217_sslio *io, struct tls4217_error *err) {
  char piece[4096];
  size_t size = tls4217_sslio_missing(io);
  ssize_t res;

  if (size == 0) {
    size = SSL3_RT_HEADER_LENGTH;
  }

  res = recv(
    io->rfd, piece, size < sizeof(piece) ? size : sizeof(piece), MSG_DONTWAIT);
  if (res <= 0) {
    /* The next look finds out why. */
    return 0;
  }

  return tls4217_sslio_feed(io, piece, (size_t) res, err);
}

/* Reads the record.  Returns AGAIN when there is more to come, CLOSED when the
 * peer's close_notify was in it, CUT or FAILED with err filled. */
static enum tls4217_io read_record(struct tls4217_connection *conn,
  size_t *discarded, struct tls4217_error *err) {
  char plaintext[4096];
  enum tls4217_io outcome;
  size_t size;

  if (move_record(tls4217_connection_io(conn), err) < 0) {
    return TLS4217_IO_FAILED;
  }

  do {
    outcome = tls4217_connection_read_now(
      conn, plaintext, sizeof(plaintext), &size, err);
    *discarded += size;
  } while (outcome == TLS4217_IO_DONE);

  if (outcome == TLS4217_IO_AGAIN) {
    tls4217_error_clear(err);
  }

  return outcome;
}

/* What the end of reading means for the unwrap. */
static enum tls4217_unwrap conclude(enum tls4217_io outcome) {
  switch (outcome) {
    case TLS4217_IO_CLOSED:
      return TLS4217_UNWRAP_NOTIFIED;

    case TLS4217_IO_CUT:
      return TLS4217_UNWRAP_CLOSED;

    default:
      return TLS4217_UNWRAP_FAILED;
  }
}

/* A peer that has sent nothing at all by the deadline is taken to agree. */
static enum tls4217_unwrap classify_silence(
  const struct tls4217_sslio *io, size_t discarded, enum tls4217_io outcome) {
  return outcome == TLS4217_IO_LATE && discarded == 0 &&
      tls4217_sslio_missing(io) == 0 ?
    TLS4217_UNWRAP_SILENT :
    TLS4217_UNWRAP_FAILED;
}

enum tls4217_unwrap tls4217_unwrap_await(struct tls4217_connection *conn,
  const struct tls4217_waiter *waiter, int64_t deadline, size_t *discarded,
  struct tls4217_error *err) {
  struct tls4217_sslio *io = tls4217_connection_io(conn);
  enum tls4217_io outcome;

  *discarded = 0;
  if (tls4217_sslio_detach(io, err) < 0) {
    return TLS4217_UNWRAP_FAILED;
  }

  for (;;) {
    switch (look(io, err)) {
      case CLEAR:
        return TLS4217_UNWRAP_CLEAR;

      case END:
        return TLS4217_UNWRAP_CLOSED;

      case BROKEN:
        return TLS4217_UNWRAP_FAILED;

      case RECORD:
        outcome = read_record(conn, discarded, err);
        if (outcome != TLS4217_IO_AGAIN) {
          return conclude(outcome);
        }

        outcome = tls4217_waiter_look(waiter, io->rfd, POLLIN, deadline, err);
        break;

      default:
        outcome = tls4217_waiter_until(waiter, io->rfd, POLLIN, deadline, err);
    }

    if (outcome != TLS4217_IO_DONE) {
      return classify_silence(io, *discarded, outcome);
    }
  }
}
