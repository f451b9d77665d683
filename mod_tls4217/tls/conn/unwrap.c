/*
 * mod_tls4217 - the end of TLS on a socket that stays open
 *
 * See unwrap.h.  From here on the bytes are taken from the socket by us, and
 * OpenSSL gets those of one record and not one more: what lies behind the
 * peer's close_notify, or where a record should start and does not, is still
 * in the socket.  No FTP command begins with the content type of a record
 * (RFC 8446, section 5.1).
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "mod_tls4217/tls/conn/unwrap.h"

#define FIRST_CONTENT_TYPE 20 /* change_cipher_spec */
#define LAST_CONTENT_TYPE  23 /* application_data */

/* What the socket holds.  Only this look decides: bytes may come at any moment
 * behind one that has found none. */
enum arrival {
  NOTHING,
  RECORD, /* or the rest of one */
  CLEAR,
  END
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

    tls4217_error_set_errno(err, errno, "the connection has failed");
    return END;
  }

  return tls4217_sslio_missing(io) > 0 ||
      (type >= FIRST_CONTENT_TYPE && type <= LAST_CONTENT_TYPE) ?
    RECORD :
    CLEAR;
}

/* Moves what is there of the record, a piece at most. */
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
    /* The next look says why. */
    return 0;
  }

  return tls4217_sslio_feed(io, piece, (size_t) res, err);
}

/*
 * Reads the record.  Returns 1 when the peer's close_notify was in it, 0 when
 * there is more to come, -1 with err filled.
 */
static int read_record(struct tls4217_connection *conn, size_t *discarded,
  struct tls4217_error *err) {
  char plaintext[4096];
  ssize_t res;

  if (move_record(tls4217_connection_io(conn), err) < 0) {
    return -1;
  }

  while ((res = tls4217_connection_read_now(
            conn, plaintext, sizeof(plaintext), err)) > 0) {
    *discarded += (size_t) res;
  }

  if (res < 0 && err->errnum == EAGAIN) {
    tls4217_error_clear(err);
    return 0;
  }

  return res == 0 ? 1 : -1;
}

static enum tls4217_unwrap explain_failure(const struct tls4217_error *err) {
  return err->errnum == ECONNRESET || err->errnum == EPIPE ?
    TLS4217_UNWRAP_CLOSED :
    TLS4217_UNWRAP_FAILED;
}

/* A peer who says nothing at all agrees, at last. */
static enum tls4217_unwrap explain_silence(const struct tls4217_sslio *io,
  size_t discarded, const struct tls4217_error *err) {
  return err->errnum == ETIMEDOUT && discarded == 0 &&
      tls4217_sslio_missing(io) == 0 ?
    TLS4217_UNWRAP_SILENT :
    TLS4217_UNWRAP_FAILED;
}

enum tls4217_unwrap tls4217_unwrap_await(struct tls4217_connection *conn,
  const struct tls4217_waiter *waiter, int64_t deadline, size_t *discarded,
  struct tls4217_error *err) {
  struct tls4217_sslio *io = tls4217_connection_io(conn);
  int res;

  *discarded = 0;
  if (tls4217_sslio_detach(io, err) < 0) {
    return TLS4217_UNWRAP_FAILED;
  }

  for (;;) {
    switch (look(io, err)) {
      case CLEAR:
        return TLS4217_UNWRAP_CLEAR;

      case END:
        return explain_failure(err);

      case RECORD:
        res = read_record(conn, discarded, err);
        if (res != 0) {
          return res > 0 ? TLS4217_UNWRAP_NOTIFIED : explain_failure(err);
        }

        res = tls4217_waiter_look(waiter, io->rfd, POLLIN, deadline, err);
        break;

      default:
        res = tls4217_waiter_until(waiter, io->rfd, POLLIN, deadline, err);
    }

    if (res < 0) {
      return explain_silence(io, *discarded, err);
    }
  }
}
