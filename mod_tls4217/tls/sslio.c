/*
 * mod_tls4217 - OpenSSL's four operations on a socket
 *
 * See sslio.h.  All go through perform(), which asks SSL_get_error(3) what is
 * missing, waits for it and tries again until the deadline.
 */

#include <errno.h>
#include <poll.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/sslio.h"

/* One operation of OpenSSL, and what it works on. */
struct operation {
  int (*run)(SSL *ssl, struct operation *op);
  const char *what; /* for the error's sentence */
  void *in;
  const void *out;
  size_t size;
  size_t done;
};

/*
 * Keeps why the connection is of no more use.  OpenSSL tells it once and is
 * vague from then on, and that once may be a look ahead behind good data.
 */
static void keep_failure(
  struct tls4217_sslio *io, const struct operation *op, int code, int errnum) {
  struct tls4217_error *err = &io->failure;
  unsigned long reason;

  io->broken = true;
  reason = ERR_peek_error();

  if (code == SSL_ERROR_SSL &&
    ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    io->cut_between_records = SSL_has_pending(io->ssl) == 0 &&
      strcmp(SSL_rstate_string(io->ssl), "RH") == 0;
    tls4217_error_set(err, ECONNRESET,
      "%s: the client closed the connection without close_notify", op->what);

  } else if (code == SSL_ERROR_SSL) {
    tls4217_error_set_openssl(err, "%s", op->what);
    if (err->errnum == 0) {
      err->errnum = EPROTO;
    }

  } else {
    tls4217_error_set_errno(
      err, errnum != 0 ? errnum : ECONNRESET, "%s", op->what);
  }

  ERR_clear_error();
}

void tls4217_sslio_explain(
  const struct tls4217_sslio *io, struct tls4217_error *err) {
  if (err != NULL && !tls4217_error_is_set(err)) {
    *err = io->failure;
  }
}

/*
 * The loop.  Returns what op->run returned when that was positive, 0 when the
 * peer sent close_notify, -1 with err filled.
 */
static int perform(struct tls4217_sslio *io, struct operation *op,
  int64_t deadline, struct tls4217_error *err) {
  while (!tls4217_error_is_set(&io->failure)) {
    int res, code, errnum;

    ERR_clear_error();
    errno = 0;

    res = op->run(io->ssl, op);
    errnum = errno;
    if (res > 0) {
      return res;
    }

    code = SSL_get_error(io->ssl, res);
    switch (code) {
      case SSL_ERROR_ZERO_RETURN:
        return 0;

      case SSL_ERROR_WANT_READ:
        res = tls4217_waiter_until(&io->waiter, io->rfd, POLLIN, deadline, err);
        break;

      case SSL_ERROR_WANT_WRITE:
        res = tls4217_waiter_until(
          &io->waiter, io->wfd, POLLOUT, deadline, err);
        break;

      default:
        keep_failure(io, op, code, errnum);
    }

    if (res < 0) {
      break;
    }
  }

  tls4217_sslio_explain(io, err);
  return -1;
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

int tls4217_sslio_accept(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err) {
  struct operation op = { .run = run_accept, .what = "TLS handshake failed" };

  return perform(io, &op, deadline, err);
}

int tls4217_sslio_read(struct tls4217_sslio *io, void *buf, size_t size,
  size_t *done, int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_read, .what = "TLS read failed", .in = buf, .size = size
  };
  int res;

  res = perform(io, &op, deadline, err);
  *done = op.done;
  return res;
}

int tls4217_sslio_write(struct tls4217_sslio *io, const void *buf, size_t size,
  int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_write, .what = "TLS write failed", .out = buf, .size = size
  };

  return perform(io, &op, deadline, err) > 0 ? 0 : -1;
}

int tls4217_sslio_shutdown(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err) {
  struct operation op = { .run = run_shutdown,
    .what = "TLS could not be shut down" };

  return perform(io, &op, deadline, err) < 0 ? -1 : 0;
}
