/*
 * mod_tls4217 - one TLS connection over a socket
 *
 * All four operations of OpenSSL that touch a socket (SSL_accept(3),
 * SSL_read_ex(3), SSL_write_ex(3), SSL_shutdown(3)) go through perform(),
 * which asks SSL_get_error(3) what is missing, waits for it and tries again
 * until the deadline.  Which session a data connection may resume is decided
 * in binding.c.
 */

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/connection.h"
#include "mod_tls4217/tls/gather.h"
#include "mod_tls4217/tls/hello.h"
#include "mod_tls4217/tls/kernel.h"

/* What is read ahead on a data connection: four records.  More hurts the
 * processor's cache, less costs a read(2) per record. */
#define READ_AHEAD (64 * 1024)

/* The most that a TLS record holds (RFC 8446, section 5.1). */
#define RECORD (16 * 1024)

/* What a data connection hands to write(2) at once, for the same reasons. */
#define GATHER (64 * 1024)

struct tls4217_connection {
  SSL *ssl;
  int rfd, wfd;
  int rfd_flags, wfd_flags; /* as they were before us */
  struct tls4217_waiter waiter;
  struct tls4217_bound bound;
  struct tls4217_hello hello;

  bool established;
  bool gathers;                 /* records wait for a flush */
  bool broken;                  /* nothing more can be sent */
  bool cut_between_records;     /* the peer's FIN came at a record's end */
  struct tls4217_error failure; /* what ended it for good */
  unsigned int handshake_ms;
};

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
static void keep_failure(struct tls4217_connection *conn,
  const struct operation *op, int code, int errnum) {
  struct tls4217_error *err = &conn->failure;
  unsigned long reason;

  conn->broken = true;
  reason = ERR_peek_error();

  if (code == SSL_ERROR_SSL &&
    ERR_GET_REASON(reason) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    conn->cut_between_records = SSL_has_pending(conn->ssl) == 0 &&
      strcmp(SSL_rstate_string(conn->ssl), "RH") == 0;
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

static void tell_failure(
  const struct tls4217_connection *conn, struct tls4217_error *err) {
  if (err != NULL && !tls4217_error_is_set(err)) {
    *err = conn->failure;
  }
}

/*
 * The loop.  Returns what op->run returned when that was positive, 0 when the
 * peer sent close_notify, -1 with err filled.
 */
static int perform(struct tls4217_connection *conn, struct operation *op,
  int64_t deadline, struct tls4217_error *err) {
  while (!tls4217_error_is_set(&conn->failure)) {
    int res, code, errnum;

    ERR_clear_error();
    errno = 0;

    res = op->run(conn->ssl, op);
    errnum = errno;
    if (res > 0) {
      return res;
    }

    code = SSL_get_error(conn->ssl, res);
    switch (code) {
      case SSL_ERROR_ZERO_RETURN:
        return 0;

      case SSL_ERROR_WANT_READ:
        res = tls4217_waiter_until(
          &conn->waiter, conn->rfd, POLLIN, deadline, err);
        break;

      case SSL_ERROR_WANT_WRITE:
        res = tls4217_waiter_until(
          &conn->waiter, conn->wfd, POLLOUT, deadline, err);
        break;

      default:
        keep_failure(conn, op, code, errnum);
    }

    if (res < 0) {
      break;
    }
  }

  tell_failure(conn, err);
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

/* Callbacks of the context that speak of one connection. */

struct tls4217_bound *tls4217_connection_bound(const SSL *ssl) {
  struct tls4217_connection *conn;

  conn = SSL_get_app_data(ssl);
  return conn != NULL ? &conn->bound : NULL;
}

struct tls4217_hello *tls4217_connection_hello(const SSL *ssl) {
  struct tls4217_connection *conn;

  conn = SSL_get_app_data(ssl);
  return conn != NULL ? &conn->hello : NULL;
}

/* Life. */

void tls4217_connection_expect_output(struct tls4217_connection *conn) {
  SSL_set_default_read_buffer_len(conn->ssl, RECORD);
}

static int make_ssl(
  struct tls4217_connection *conn, SSL_CTX *ctx, struct tls4217_error *err) {
  ERR_clear_error();
  conn->ssl = SSL_new(ctx);
  if (conn->ssl == NULL || SSL_set_rfd(conn->ssl, conn->rfd) != 1 ||
    SSL_set_wfd(conn->ssl, conn->wfd) != 1 ||
    SSL_set_app_data(conn->ssl, conn) != 1) {
    tls4217_error_set_openssl(err, "cannot create a TLS connection");
    return -1;
  }

  if (conn->bound.data == true) {
    /* A missing certificate is told in the reply, not by an alert. */
    SSL_set_verify(conn->ssl,
      SSL_get_verify_mode(conn->ssl) & ~SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    (void) SSL_set_num_tickets(conn->ssl, 0);
    (void) SSL_clear_mode(conn->ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_set_default_read_buffer_len(conn->ssl, READ_AHEAD);
    SSL_set_read_ahead(conn->ssl, 1);
  }

  return 0;
}

struct tls4217_connection *tls4217_connection_new(
  const struct tls4217_context *context, enum tls4217_channel channel, int rfd,
  int wfd, struct tls4217_binding *binding, const struct tls4217_waiter *waiter,
  struct tls4217_error *err) {
  struct tls4217_connection *conn;

  conn = calloc(1, sizeof(*conn));
  if (conn == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  conn->rfd = rfd;
  conn->wfd = wfd;
  conn->rfd_flags = conn->wfd_flags = -1;
  conn->waiter = *waiter;
  conn->bound.binding = binding;
  conn->bound.data = (channel == TLS4217_CHANNEL_DATA);

  if (tls4217_waiter_make_nonblocking(rfd, &conn->rfd_flags, err) < 0 ||
    (wfd != rfd &&
      tls4217_waiter_make_nonblocking(wfd, &conn->wfd_flags, err) < 0) ||
    make_ssl(conn, context->ctx, err) < 0) {
    tls4217_connection_free(conn);
    return NULL;
  }

  return conn;
}

void tls4217_connection_free(struct tls4217_connection *conn) {
  if (conn == NULL) {
    return;
  }

  SSL_free(conn->ssl);

  /* Two descriptors may share one file status: give back in reverse order. */
  tls4217_waiter_restore_mode(conn->wfd, conn->wfd_flags);
  tls4217_waiter_restore_mode(conn->rfd, conn->rfd_flags);

  free(conn);
}

/* Handshake. */

int tls4217_connection_handshake(
  struct tls4217_connection *conn, int timeout, struct tls4217_error *err) {
  struct operation op = { .run = run_accept, .what = "TLS handshake failed" };
  int64_t begin;
  int res;

  begin = tls4217_waiter_now();
  res = perform(conn, &op, tls4217_waiter_deadline(timeout), err);
  conn->handshake_ms = (unsigned int) (tls4217_waiter_now() - begin);

  if (res <= 0) {
    tls4217_error_set(
      err, ECONNRESET, "TLS handshake failed: the client ended it");
    return -1;
  }

  conn->established = true;
  if (conn->bound.data == false && conn->bound.verify_error == X509_V_OK) {
    tls4217_binding_remember(conn->bound.binding, conn->ssl);
  }

  return 0;
}

bool tls4217_connection_has_spoken(const struct tls4217_connection *conn) {
  return conn->hello.parsed || BIO_number_written(SSL_get_wbio(conn->ssl)) > 0;
}

/* Reading and writing. */

static ssize_t read_until(struct tls4217_connection *conn, void *buf,
  size_t size, int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_read, .what = "TLS read failed", .in = buf, .size = size
  };
  struct tls4217_error later;
  size_t total;
  int res;

  res = perform(conn, &op, deadline, err);
  if (res <= 0) {
    return res;
  }

  /* What has been read ahead costs no wait.  An end or an error behind it
   * is met again by the next read. */
  tls4217_error_clear(&later);
  for (total = op.done;
       total < size && conn->broken == false && SSL_has_pending(conn->ssl) == 1;
       total += op.done) {
    op.in = (char *) buf + total;
    op.size = size - total;
    op.done = 0;

    if (perform(conn, &op, TLS4217_WAITER_NO_WAIT, &later) <= 0) {
      break;
    }
  }

  return (ssize_t) total;
}

ssize_t tls4217_connection_read(struct tls4217_connection *conn, void *buf,
  size_t size, struct tls4217_error *err) {
  return read_until(conn, buf, size, TLS4217_WAITER_NEVER, err);
}

ssize_t tls4217_connection_read_now(struct tls4217_connection *conn, void *buf,
  size_t size, struct tls4217_error *err) {
  return read_until(conn, buf, size, TLS4217_WAITER_NO_WAIT, err);
}

bool tls4217_connection_is_pending(const struct tls4217_connection *conn) {
  return SSL_pending(conn->ssl) > 0;
}

bool tls4217_connection_cut_between_records(
  const struct tls4217_connection *conn) {
  return conn->cut_between_records;
}

static int flush_gathered(struct tls4217_connection *conn, int64_t deadline,
  struct tls4217_error *err) {
  return conn->gathers ?
    tls4217_gather_flush(conn->ssl, conn->wfd, &conn->waiter, deadline, err) :
    0;
}

/* Without it records are written one by one.  The kernel needs no help. */
static bool gather(struct tls4217_connection *conn, int size) {
  if (conn->gathers == false && tls4217_kernel_sends(conn->ssl) == false) {
    conn->gathers = tls4217_gather_install(conn->ssl, size, NULL) == 0;
  }

  return conn->gathers;
}

static int write_until(struct tls4217_connection *conn, const void *buf,
  size_t size, bool flush, int64_t deadline, struct tls4217_error *err) {
  struct operation op = {
    .run = run_write, .what = "TLS write failed", .out = buf, .size = size
  };

  if (conn->broken == false && perform(conn, &op, deadline, err) > 0 &&
    (flush == false || flush_gathered(conn, deadline, err) == 0)) {
    return 0;
  }

  /* A record cut in the middle cannot be mended, nor another begun. */
  conn->broken = true;
  tell_failure(conn, err);
  tls4217_error_set(err, EPIPE, "TLS write failed: the connection is closed");
  return -1;
}

int tls4217_connection_write(struct tls4217_connection *conn, const void *buf,
  size_t size, int timeout, struct tls4217_error *err) {
  if (size == 0) {
    return 0;
  }

  if (conn->bound.data && size > RECORD) {
    (void) gather(conn, GATHER);
  }

  return write_until(
    conn, buf, size, true, tls4217_waiter_deadline(timeout), err);
}

int tls4217_connection_write_all(struct tls4217_connection *conn,
  const void *buf, size_t size, struct tls4217_error *err) {
  if (size == 0 || size > RECORD || gather(conn, 2 * RECORD) == false) {
    return tls4217_connection_write(conn, buf, size, -1, err);
  }

  return write_until(conn, buf, size, false, TLS4217_WAITER_NEVER, err);
}

static int send_close_notify(struct tls4217_connection *conn, int64_t deadline,
  struct tls4217_error *err) {
  struct operation op = { .run = run_shutdown,
    .what = "TLS could not be shut down" };

  if (SSL_get_shutdown(conn->ssl) & SSL_SENT_SHUTDOWN) {
    return 0;
  }

  if (tls4217_kernel_sends(conn->ssl)) {
    return tls4217_kernel_close_notify(conn->ssl, &conn->waiter, deadline, err);
  }

  return perform(conn, &op, deadline, err) < 0 ?
    -1 :
    flush_gathered(conn, deadline, err);
}

int tls4217_connection_shutdown(struct tls4217_connection *conn,
  bool wait_for_peer, int timeout, struct tls4217_error *err) {
  int64_t deadline;
  ssize_t res = 1;
  int flags;

  if (conn->established == false || conn->broken == true) {
    return 0;
  }

  /* The owner of the socket may have made it blocking meanwhile. */
  (void) tls4217_waiter_make_nonblocking(conn->wfd, &flags, NULL);

  deadline = tls4217_waiter_deadline(timeout);
  if (send_close_notify(conn, deadline, err) < 0) {
    return -1;
  }

  while (wait_for_peer == true && res > 0) {
    char scratch[1024];

    res = read_until(conn, scratch, sizeof(scratch), deadline, err);
  }

  return res < 0 ? -1 : 0;
}

int tls4217_connection_issue_ticket(
  struct tls4217_connection *conn, struct tls4217_error *err) {
  if (conn->established == false || SSL_version(conn->ssl) != TLS1_3_VERSION) {
    return 0;
  }

  ERR_clear_error();
  if (SSL_new_session_ticket(conn->ssl) != 1) {
    tls4217_error_set_openssl(err, "cannot issue a session ticket");
    return -1;
  }

  return 1;
}

/* Questions about a handshake that is over. */

enum tls4217_reuse tls4217_connection_reuse(
  const struct tls4217_connection *conn) {
  return tls4217_binding_judge(&conn->bound, conn->ssl, conn->hello.offered_id);
}

X509 *tls4217_connection_peer(const struct tls4217_connection *conn) {
  return SSL_get0_peer_certificate(conn->ssl);
}

int tls4217_connection_verify_error(const struct tls4217_connection *conn) {
  if (conn->bound.verify_error != X509_V_OK) {
    return conn->bound.verify_error;
  }

  return (int) SSL_get_verify_result(conn->ssl);
}

void tls4217_connection_info(
  const struct tls4217_connection *conn, struct tls4217_connection_info *info) {
  const unsigned char *alpn = NULL;
  unsigned int alpn_len = 0;

  memset(info, 0, sizeof(*info));
  SSL_get0_alpn_selected(conn->ssl, &alpn, &alpn_len);

  info->version = SSL_get_version(conn->ssl);
  info->cipher = SSL_get_cipher_name(conn->ssl);
  info->cipher_bits = SSL_get_cipher_bits(conn->ssl, NULL);
  info->group = SSL_group_to_name(
    conn->ssl, (int) SSL_get_negotiated_group(conn->ssl));
  info->server_name = conn->hello.server_name[0] != '\0' ?
    conn->hello.server_name :
    NULL;
  info->alpn = alpn != NULL ? "ftp" : NULL;
  info->resumed = SSL_session_reused(conn->ssl) == 1;
  info->kernel_sends = tls4217_kernel_sends(conn->ssl);
  info->handshake_ms = conn->handshake_ms;
}

SSL *tls4217_connection_ssl(const struct tls4217_connection *conn) {
  return conn->ssl;
}
