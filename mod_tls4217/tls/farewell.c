/*
 * mod_tls4217 - the end of TLS on a socket that stays open
 *
 * See farewell.h.  A control connection has no read-ahead: OpenSSL takes the
 * bytes of one record from the socket and not one more, so that what comes
 * behind the peer's close_notify is still there.  A peer without close_notify
 * is known by the first byte where a record should start: no FTP command
 * begins with the content type of a record (RFC 8446, section 5.1).
 */

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "mod_tls4217/tls/farewell.h"

#define FIRST_CONTENT_TYPE 20 /* change_cipher_spec */
#define LAST_CONTENT_TYPE  23 /* application_data */

static bool is_between_records(SSL *ssl) {
  return SSL_has_pending(ssl) == 0 && strcmp(SSL_rstate_string(ssl), "RH") == 0;
}

/* Whether the next byte of the socket is there and starts no record. */
static bool is_clear(SSL *ssl) {
  unsigned char type;

  if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) != 0 ||
    is_between_records(ssl) == false ||
    recv(SSL_get_rfd(ssl), &type, 1, MSG_PEEK | MSG_DONTWAIT) != 1) {
    return false;
  }

  return type < FIRST_CONTENT_TYPE || type > LAST_CONTENT_TYPE;
}

static enum tls4217_farewell explain_failure(const struct tls4217_error *err) {
  return err->errnum == ECONNRESET || err->errnum == EPIPE ?
    TLS4217_FAREWELL_CLOSED :
    TLS4217_FAREWELL_FAILED;
}

static enum tls4217_farewell await_peer(struct tls4217_connection *conn,
  const struct tls4217_waiter *waiter, int64_t deadline, size_t *discarded,
  struct tls4217_error *err) {
  SSL *ssl = tls4217_connection_ssl(conn);

  while (is_clear(ssl) == false) {
    char record[SSL3_RT_MAX_PLAIN_LENGTH];
    ssize_t res;

    res = tls4217_connection_read_now(conn, record, sizeof(record), err);
    if (res == 0) {
      return TLS4217_FAREWELL_NOTIFIED;
    }

    if (res > 0) {
      *discarded += (size_t) res;

    } else if (err->errnum != EAGAIN) {
      return explain_failure(err);
    }

    /* Nothing is left inside OpenSSL: what comes next is in the socket. */
    tls4217_error_clear(err);
    if (tls4217_waiter_until(waiter, SSL_get_rfd(ssl), POLLIN, deadline, err) <
      0) {
      return err->errnum == ETIMEDOUT && *discarded == 0 &&
          is_between_records(ssl) ?
        TLS4217_FAREWELL_SILENT :
        TLS4217_FAREWELL_FAILED;
    }
  }

  return TLS4217_FAREWELL_CLEAR;
}

enum tls4217_farewell tls4217_farewell_exchange(struct tls4217_connection *conn,
  const struct tls4217_waiter *waiter, int timeout, size_t *discarded,
  struct tls4217_error *err) {
  int64_t deadline = tls4217_waiter_deadline(timeout);

  *discarded = 0;
  if (tls4217_connection_shutdown(conn, false, timeout, err) < 0) {
    return TLS4217_FAREWELL_FAILED;
  }

  return await_peer(conn, waiter, deadline, discarded, err);
}
