/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - OpenSSL's four operations on a socket
 *
 * See sslio.h.  All go through perform(), which learns from SSL_get_error(3)
 * what to wait for, waits, and tries again until the deadline.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/conn/sslio.h"

/* One operation of OpenSSL, and what it works on. */
struct operation {
  int (*run)(SSL *ssl, struct operation *op);
  const char *what; /* for the error's sentence */
  void *in;
  const void *out;
  size_t size;
  size_t done;
};

static enum tls4217_io report_failure(
  const struct tls4217_sslio *io, struct tls4217_error *err) {
  if (err != NULL && !tls4217_error_is_set(err)) {
    *err = io->failure;
  }

  return io->outcome;
}

bool tls4217_sslio_can_end(const struct tls4217_sslio *io) {
  return io->state == TLS4217_SSLIO_OPEN || io->state == TLS4217_SSLIO_ENDING;
}

static enum tls4217_io advance(struct tls4217_sslio *io,
  enum tls4217_sslio_state state, enum tls4217_io outcome,
  const struct tls4217_error *why, struct tls4217_error *err) {
  if (io->state < state) {
    io->state = state;
  }

  if (!tls4217_error_is_set(&io->failure)) {
    io->failure = *why;
    io->outcome = outcome;
  }

  return report_failure(io, err);
}

enum tls4217_io tls4217_sslio_end(struct tls4217_sslio *io,
  enum tls4217_io outcome, const struct tls4217_error *why,
  struct tls4217_error *err) {
  return advance(io, TLS4217_SSLIO_ENDING, outcome, why, err);
}

enum tls4217_io tls4217_sslio_fail(struct tls4217_sslio *io,
  enum tls4217_io outcome, const struct tls4217_error *why,
  struct tls4217_error *err) {
  return advance(io, TLS4217_SSLIO_DEAD, outcome, why, err);
}

/*
 * Keeps why the connection can no longer be used.  OpenSSL reports it once and
 * is vague from then on, and it may do so while it reads ahead, beyond good
 * data.
 */
static void keep_failure(
  struct tls4217_sslio *io, const struct operation *op, int code, int errnum) {
  enum tls4217_io outcome = TLS4217_IO_CUT;
  struct tls4217_error why;
  unsigned long reason;

  tls4217_error_clear(&why);
  reason = ERR_peek_error();

  if (code == SSL_ERROR_SSL &&
    ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    io->cut_between_records = SSL_has_pending(io->ssl) == 0 &&
      strcmp(SSL_rstate_string(io->ssl), "RH") == 0;
    tls4217_error_set(&why, ECONNRESET,
      "%s: the client closed the connection without close_notify", op->what);

  } else if (code == SSL_ERROR_SSL) {
    outcome = TLS4217_IO_FAILED;
    tls4217_error_set_openssl(&why, "%s", op->what);
    if (why.errnum == 0) {
      why.errnum = EPROTO;
    }

  } else {
    errnum = errnum != 0 ? errnum : ECONNRESET;
    if (errnum != ECONNRESET && errnum != EPIPE) {
      outcome = TLS4217_IO_FAILED;
    }

    tls4217_error_set_errno(&why, errnum, "%s", op->what);
  }

  (void) tls4217_sslio_fail(io, outcome, &why, NULL);
  ERR_clear_error();
}

/*
 * Messages after the handshake cost the peer a few bytes and this server as
 * much work as a signature, and OpenSSL accepts any number of them.  It is set
 * not to go on by itself (SSL_MODE_AUTO_RETRY), so that each comes back to the
 * loop.
 */
static void see_message_cb(int write_p, int version, int content_type,
  const void *buf, size_t len, SSL *ssl, void *arg) {
  struct tls4217_sslio *io = arg;
  const unsigned char *bytes = buf;
  char text[TLS4217_TRACE_SIZE];

  (void) version;

  if (io->trace.say != NULL &&
    tls4217_trace_describe(write_p != 0, content_type, buf, len, text)) {
    io->trace.say(io->trace.user, text);
  }

  if (write_p != 0) {
    return;
  }

  if (content_type == SSL3_RT_HEADER && len == SSL3_RT_HEADER_LENGTH) {
    io->record_end = (int64_t) BIO_number_read(SSL_get_rbio(ssl)) +
      (bytes[3] << 8 | bytes[4]);

  } else if (content_type == SSL3_RT_HANDSHAKE &&
    io->state != TLS4217_SSLIO_HANDSHAKE) {
    io->messages++;
  }
}

void tls4217_sslio_begin(struct tls4217_sslio *io) {
  (void) SSL_clear_mode(io->ssl, SSL_MODE_AUTO_RETRY);
  SSL_set_msg_callback(io->ssl, see_message_cb);
  SSL_set_msg_callback_arg(io->ssl, io);
}

int tls4217_sslio_detach(struct tls4217_sslio *io, struct tls4217_error *err) {
  BIO *memory = BIO_new(BIO_s_mem());

  if (memory == NULL) {
    tls4217_error_set_openssl(err, "cannot read from memory");
    return -1;
  }

  (void) BIO_set_mem_eof_return(memory, -1);
  io->record_end -= (int64_t) BIO_number_read(SSL_get_rbio(io->ssl));
  SSL_set0_rbio(io->ssl, memory);
  return 0;
}

size_t tls4217_sslio_missing(const struct tls4217_sslio *io) {
  int64_t behind = (int64_t) BIO_number_read(SSL_get_rbio(io->ssl)) -
    io->record_end;

  if (behind > 0) {
    return (size_t) (SSL3_RT_HEADER_LENGTH - behind);
  }

  return (size_t) -behind;
}

int tls4217_sslio_feed(struct tls4217_sslio *io, const void *bytes, size_t size,
  struct tls4217_error *err) {
  if (BIO_write(SSL_get_rbio(io->ssl), bytes, (int) size) != (int) size) {
    tls4217_error_set_openssl(err, "cannot keep what the client sent");
    return -1;
  }

  return 0;
}

bool tls4217_sslio_is_flooded(const struct tls4217_sslio *io) {
  return io->messages > TLS4217_SSLIO_MAX_MESSAGES;
}

/* TLS has no alert for this; a close_notify at least shows who ended it. */
static enum tls4217_io end_flood(
  struct tls4217_sslio *io, struct tls4217_error *err) {
  struct tls4217_error why;

  tls4217_error_clear(&why);
  tls4217_error_set(&why, EPROTO,
    "the client sent more than %d TLS handshake messages without data between "
    "them",
    TLS4217_SSLIO_MAX_MESSAGES);
  (void) SSL_shutdown(io->ssl);
  ERR_clear_error();
  return tls4217_sslio_fail(io, TLS4217_IO_FAILED, &why, err);
}

/* Where a message was taken, more may lie in OpenSSL's buffer: it is asked
 * again before any wait for the socket. */
static enum tls4217_io await_input(struct tls4217_sslio *io, bool taken,
  int64_t deadline, struct tls4217_error *err) {
  return taken ?
    tls4217_waiter_look(&io->waiter, io->rfd, POLLIN, deadline, err) :
    tls4217_waiter_until(&io->waiter, io->rfd, POLLIN, deadline, err);
}

/*
 * The loop.  DONE when op->run returned a positive number, CLOSED when the peer
 * sent close_notify; else err is filled.
 */
static enum tls4217_io perform(struct tls4217_sslio *io, struct operation *op,
  int64_t deadline, struct tls4217_error *err) {
  while (io->state != TLS4217_SSLIO_DEAD) {
    enum tls4217_io outcome = TLS4217_IO_DONE;
    unsigned int messages = io->messages;
    int res, code, errnum;

    ERR_clear_error();
    errno = 0;

    res = op->run(io->ssl, op);
    errnum = errno;
    if (tls4217_sslio_is_flooded(io)) {
      return end_flood(io, err);
    }

    if (res > 0) {
      return TLS4217_IO_DONE;
    }

    code = SSL_get_error(io->ssl, res);
    switch (code) {
      case SSL_ERROR_ZERO_RETURN:
        return TLS4217_IO_CLOSED;

      case SSL_ERROR_WANT_READ:
        outcome = await_input(io, io->messages != messages, deadline, err);
        break;

      case SSL_ERROR_WANT_WRITE:
        outcome = tls4217_waiter_until(
          &io->waiter, io->wfd, POLLOUT, deadline, err);
        break;

      default:
        keep_failure(io, op, code, errnum);
    }

    if (outcome != TLS4217_IO_DONE) {
      return outcome;
    }
  }

  return report_failure(io, err);
}

/*
 * The same for what cannot be resumed once it has failed, whatever the reason:
 * the time is over, the waiter gave up.  Returns DONE, or else with err filled.
 */
static enum tls4217_io perform_or_die(struct tls4217_sslio *io,
  struct operation *op, int64_t deadline, struct tls4217_error *err) {
  enum tls4217_io outcome;
  struct tls4217_error why;

  tls4217_error_clear(&why);
  outcome = perform(io, op, deadline, &why);
  if (outcome == TLS4217_IO_DONE) {
    return outcome;
  }

  if (outcome == TLS4217_IO_CLOSED) {
    outcome = TLS4217_IO_CUT;
    tls4217_error_set(&why, ECONNRESET, "%s: the client ended it", op->what);
  }

  return tls4217_sslio_fail(io, outcome, &why, err);
}

static int run_accept(SSL *ssl, struct operation *op) {
  (void) op;
  return SSL_accept(ssl);
}

static int run_read(SSL *ssl, struct operation *op) {
  return SSL_read_ex(ssl, op->in, op->size, &op->done);
}

static int run_write(SSL *ssl, struct operation *op) {
  return SSL_write_ex(ssl, op->out, op->size, &op->done);
}

/* Sending close_notify is enough here; see tls4217_connection_shutdown. */
static int run_shutdown(SSL *ssl, struct operation *op) {
  int res;

  (void) op;
  res = SSL_shutdown(ssl);
  return res == 0 ? 1 : res;
}

enum tls4217_io tls4217_sslio_accept(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err) {
  struct operation op = { .run = run_accept, .what = "TLS handshake failed" };
  enum tls4217_io outcome = perform_or_die(io, &op, deadline, err);

  if (outcome == TLS4217_IO_DONE) {
    io->state = TLS4217_SSLIO_OPEN;
  }

  return outcome;
}

enum tls4217_io tls4217_sslio_read(struct tls4217_sslio *io, void *buf,
  size_t size, size_t *done, int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_read, .what = "TLS read failed", .in = buf, .size = size
  };
  enum tls4217_io outcome = perform(io, &op, deadline, err);

  *done = 0;
  if (outcome == TLS4217_IO_DONE) {
    *done = op.done;
    io->messages = 0;
  }

  return outcome;
}

enum tls4217_io tls4217_sslio_write(struct tls4217_sslio *io, const void *buf,
  size_t size, int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_write, .what = "TLS write failed", .out = buf, .size = size
  };

  return io->state == TLS4217_SSLIO_ENDING ?
    report_failure(io, err) :
    perform_or_die(io, &op, deadline, err);
}

enum tls4217_io tls4217_sslio_shutdown(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err) {
  struct operation op = { .run = run_shutdown,
    .what = "TLS could not be shut down" };

  return perform_or_die(io, &op, deadline, err);
}
