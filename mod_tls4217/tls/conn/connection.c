/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one TLS connection over a socket
 *
 * What the two channels need at which moment: buffers, tickets, whether records
 * are collected, how much is read at once.  OpenSSL's own operations on the
 * socket are in sslio.c; which session a data connection may resume is decided
 * in binding.c.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/conn/connection.h"
#include "mod_tls4217/tls/conn/alert.h"
#include "mod_tls4217/tls/conn/writebuf.h"
#include "mod_tls4217/tls/conn/kernel.h"
#include "mod_tls4217/tls/conn/kernel_stream.h"
#include "mod_tls4217/tls/conn/sessionid.h"
#include "mod_tls4217/tls/sslstate.h"

/* What is read ahead on a data connection: four records.  More hurts the
 * processor's cache, less costs a read(2) per record. */
#define READ_AHEAD (64 * 1024)

/* The most that a TLS record holds (RFC 8446, section 5.1). */
#define RECORD (16 * 1024)

/* What a data connection hands to write(2) at once, in records: what a download
 * reads at once (TRANSFER_CHUNK).  And by how much each record may be longer
 * than its plaintext. */
#define BUFFERED_RECORDS 7
#define OVERHEAD         512

struct tls4217_connection {
  struct tls4217_sslio io;
  int rfd_flags, wfd_flags; /* as they were before us */
  struct tls4217_sslstate state;

  size_t buffered; /* plaintext that fits into the buffer; 0: there is none */
  struct tls4217_kernel_stream kernel;
  unsigned int handshake_ms;
};

/* Life. */

void tls4217_connection_expect_output(struct tls4217_connection *conn) {
  SSL_set_default_read_buffer_len(conn->io.ssl, RECORD);
}

void tls4217_connection_take_x25519(struct tls4217_connection *conn) {
  conn->state.takes_x25519 = true;
}

int tls4217_connection_hold_until_hello(
  struct tls4217_connection *conn, struct tls4217_error *err) {
  BIO *nowhere = BIO_new(BIO_s_mem());

  conn->state.hello.way_out = BIO_new_socket(conn->io.wfd, BIO_NOCLOSE);
  if (nowhere == NULL || conn->state.hello.way_out == NULL) {
    BIO_free(nowhere);
    tls4217_error_set_openssl(err, "cannot hold back TLS");
    return -1;
  }

  SSL_set0_wbio(conn->io.ssl, nowhere);
  return 0;
}

void tls4217_connection_choose_with(struct tls4217_connection *conn,
  enum tls4217_choice (*choose)(void *who, const char *name), void *who) {
  conn->state.chooser = (struct tls4217_chooser){ choose, who };
}

static int make_ssl(
  struct tls4217_connection *conn, SSL_CTX *ctx, struct tls4217_error *err) {
  ERR_clear_error();
  conn->io.ssl = SSL_new(ctx);
  if (conn->io.ssl == NULL || SSL_set_rfd(conn->io.ssl, conn->io.rfd) != 1 ||
    SSL_set_wfd(conn->io.ssl, conn->io.wfd) != 1 ||
    tls4217_sslstate_attach(conn->io.ssl, &conn->state) < 0) {
    tls4217_error_set_openssl(err, "cannot create a TLS connection");
    return -1;
  }

  tls4217_sslio_begin(&conn->io);
  if (conn->state.data == true) {
    /* A missing certificate is explained in the reply, not by an alert. */
    SSL_set_verify(conn->io.ssl,
      SSL_get_verify_mode(conn->io.ssl) & ~SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
      NULL);
    (void) SSL_set_num_tickets(conn->io.ssl, 0);
    (void) SSL_clear_mode(conn->io.ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_set_default_read_buffer_len(conn->io.ssl, READ_AHEAD);
    SSL_set_read_ahead(conn->io.ssl, 1);
  }

  return 0;
}

struct tls4217_connection *tls4217_connection_new(SSL_CTX *ctx,
  enum tls4217_channel channel, int rfd, int wfd,
  struct tls4217_binding *binding, const struct tls4217_waiter *waiter,
  struct tls4217_error *err) {
  struct tls4217_connection *conn;

  conn = calloc(1, sizeof(*conn));
  if (conn == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  conn->io.rfd = rfd;
  conn->io.wfd = wfd;
  conn->rfd_flags = conn->wfd_flags = -1;
  conn->io.waiter = *waiter;
  conn->state.binding = binding;
  conn->state.data = (channel == TLS4217_CHANNEL_DATA);

  if (tls4217_waiter_make_nonblocking(rfd, &conn->rfd_flags, err) < 0 ||
    (wfd != rfd &&
      tls4217_waiter_make_nonblocking(wfd, &conn->wfd_flags, err) < 0) ||
    make_ssl(conn, ctx, err) < 0) {
    tls4217_connection_free(conn);
    return NULL;
  }

  return conn;
}

void tls4217_connection_trace(
  struct tls4217_connection *conn, const struct tls4217_trace *trace) {
  conn->io.trace = *trace;
}

void tls4217_connection_free(struct tls4217_connection *conn) {
  if (conn == NULL) {
    return;
  }

  SSL_free(conn->io.ssl);
  BIO_free(conn->state.hello.way_out);

  /* Two descriptors may share one file status: give back in reverse order. */
  tls4217_waiter_restore_mode(conn->io.wfd, conn->wfd_flags);
  tls4217_waiter_restore_mode(conn->io.rfd, conn->rfd_flags);

  free(conn);
}

/* Handshake. */

enum tls4217_io tls4217_connection_handshake(
  struct tls4217_connection *conn, int timeout, struct tls4217_error *err) {
  enum tls4217_io outcome;
  int64_t begin;

  begin = tls4217_waiter_now();
  outcome = tls4217_sslio_accept(
    &conn->io, tls4217_waiter_deadline(timeout), err);
  conn->handshake_ms = (unsigned int) (tls4217_waiter_now() - begin);

  if (outcome != TLS4217_IO_DONE) {
    return outcome;
  }

  if (conn->state.data == false && conn->state.verify_error == X509_V_OK) {
    tls4217_binding_remember(conn->state.binding, conn->io.ssl);
  }

  tls4217_binding_note_shown(conn->state.binding, conn->io.ssl);

  if (tls4217_kernel_sends(conn->io.ssl)) {
    tls4217_kernel_stream_begin(&conn->kernel, conn->io.ssl);
  }

  return TLS4217_IO_DONE;
}

bool tls4217_connection_has_spoken(const struct tls4217_connection *conn) {
  return conn->state.hello.parsed;
}

bool tls4217_connection_has_begun(const struct tls4217_connection *conn) {
  return conn->state.hello.parsed ||
    (BIO_number_read(SSL_get_rbio(conn->io.ssl)) > 0 &&
      conn->io.outcome != TLS4217_IO_FAILED);
}

/* Reading and writing. */

static enum tls4217_io read_until(struct tls4217_connection *conn, void *buf,
  size_t size, size_t *done, int64_t deadline, struct tls4217_error *err) {
  enum tls4217_io outcome;
  size_t more;

  outcome = tls4217_sslio_read(&conn->io, buf, size, done, deadline, err);
  if (outcome != TLS4217_IO_DONE) {
    return outcome;
  }

  /* What has been read ahead costs no wait.  The next read meets an end or an
   * error after it again. */
  while (*done < size && SSL_has_pending(conn->io.ssl) == 1 &&
    tls4217_sslio_read(&conn->io, (char *) buf + *done, size - *done, &more,
      TLS4217_WAITER_NO_WAIT, NULL) == TLS4217_IO_DONE) {
    *done += more;
  }

  return TLS4217_IO_DONE;
}

enum tls4217_io tls4217_connection_read(struct tls4217_connection *conn,
  void *buf, size_t size, size_t *done, struct tls4217_error *err) {
  return read_until(conn, buf, size, done, TLS4217_WAITER_NEVER, err);
}

enum tls4217_io tls4217_connection_read_now(struct tls4217_connection *conn,
  void *buf, size_t size, size_t *done, struct tls4217_error *err) {
  return read_until(conn, buf, size, done, TLS4217_WAITER_NO_WAIT, err);
}

bool tls4217_connection_is_pending(const struct tls4217_connection *conn) {
  return SSL_pending(conn->io.ssl) > 0;
}

bool tls4217_connection_cut_between_records(
  const struct tls4217_connection *conn) {
  return conn->io.cut_between_records;
}

bool tls4217_connection_is_flooded(const struct tls4217_connection *conn) {
  return tls4217_sslio_is_flooded(&conn->io);
}

/* Where waiting has ended early, TLS can still end in order: the write buffer
 * has whole records. */
static enum tls4217_io flush_write_buffer(struct tls4217_connection *conn,
  int64_t deadline, struct tls4217_error *err) {
  enum tls4217_io outcome;
  struct tls4217_error why;

  if (conn->buffered == 0) {
    return TLS4217_IO_DONE;
  }

  tls4217_error_clear(&why);
  outcome = tls4217_writebuf_flush(
    conn->io.ssl, conn->io.wfd, &conn->io.waiter, deadline, &why);
  switch (outcome) {
    case TLS4217_IO_DONE:
      return outcome;

    case TLS4217_IO_LATE:
    case TLS4217_IO_STOPPED:
      return tls4217_sslio_end(&conn->io, outcome, &why, err);

    default:
      return tls4217_sslio_fail(&conn->io, outcome, &why, err);
  }
}

/* Without it records are written one by one.  The kernel needs no help. */
static bool open_write_buffer(struct tls4217_connection *conn, size_t records) {
  if (conn->buffered == 0 && tls4217_kernel_sends(conn->io.ssl) == false &&
    tls4217_writebuf_install(
      conn->io.ssl, (int) (records * (RECORD + OVERHEAD)), NULL) == 0) {
    conn->buffered = records * RECORD;
  }

  return conn->buffered > 0;
}

/* Writes no more at once than the buffer has room for, so that OpenSSL never
 * waits in the middle of a record. */
static enum tls4217_io write_until(struct tls4217_connection *conn,
  const char *buf, size_t size, bool flush, int64_t deadline,
  struct tls4217_error *err) {
  enum tls4217_io outcome = TLS4217_IO_DONE;

  while (outcome == TLS4217_IO_DONE && size > 0) {
    size_t piece = conn->buffered > 0 && conn->buffered < size ?
      conn->buffered :
      size;

    outcome = tls4217_sslio_write(&conn->io, buf, piece, deadline, err);
    if (outcome == TLS4217_IO_DONE && flush) {
      outcome = flush_write_buffer(conn, deadline, err);
    }

    buf += piece;
    size -= piece;
  }

  return outcome;
}

enum tls4217_io tls4217_connection_write(struct tls4217_connection *conn,
  const void *buf, size_t size, int timeout, struct tls4217_error *err) {
  if (size == 0) {
    return TLS4217_IO_DONE;
  }

  if (conn->state.data) {
    (void) open_write_buffer(conn, size > RECORD ? BUFFERED_RECORDS : 1);
  }

  return write_until(
    conn, buf, size, true, tls4217_waiter_deadline(timeout), err);
}

enum tls4217_io tls4217_connection_write_all(struct tls4217_connection *conn,
  const void *buf, size_t size, struct tls4217_error *err) {
  if (size == 0 || size > RECORD || open_write_buffer(conn, 1) == false) {
    return tls4217_connection_write(conn, buf, size, -1, err);
  }

  return write_until(conn, buf, size, false, TLS4217_WAITER_NEVER, err);
}

bool tls4217_connection_can_send_file(const struct tls4217_connection *conn) {
  return conn->io.state == TLS4217_SSLIO_OPEN &&
    tls4217_kernel_sends(conn->io.ssl);
}

enum tls4217_io tls4217_connection_send_file(struct tls4217_connection *conn,
  int file, off_t size, off_t *sent, struct tls4217_error *err) {
  return tls4217_kernel_stream_send_file(
    &conn->kernel, conn->io.ssl, file, size, sent, &conn->io.waiter, err);
}

static enum tls4217_io send_close_notify(struct tls4217_connection *conn,
  int64_t deadline, struct tls4217_error *err) {
  enum tls4217_io outcome;

  if (SSL_get_shutdown(conn->io.ssl) & SSL_SENT_SHUTDOWN) {
    return TLS4217_IO_DONE;
  }

  if (tls4217_kernel_sends(conn->io.ssl)) {
    return tls4217_kernel_stream_close_notify(
      &conn->kernel, conn->io.ssl, &conn->io.waiter, deadline, err);
  }

  outcome = tls4217_sslio_shutdown(&conn->io, deadline, err);
  return outcome == TLS4217_IO_DONE ? flush_write_buffer(conn, deadline, err) :
                                      outcome;
}

enum tls4217_io tls4217_connection_shutdown(struct tls4217_connection *conn,
  bool wait_for_peer, int timeout, struct tls4217_error *err) {
  int64_t deadline;
  enum tls4217_io outcome;
  int flags;

  if (tls4217_sslio_can_end(&conn->io) == false) {
    return TLS4217_IO_DONE;
  }

  /* The owner of the socket may have made it blocking meanwhile. */
  (void) tls4217_waiter_make_nonblocking(conn->io.wfd, &flags, NULL);

  deadline = tls4217_waiter_deadline(timeout);
  outcome = send_close_notify(conn, deadline, err);
  while (wait_for_peer == true && outcome == TLS4217_IO_DONE) {
    char scratch[1024];
    size_t size;

    outcome = read_until(conn, scratch, sizeof(scratch), &size, deadline, err);
  }

  return outcome == TLS4217_IO_CLOSED ? TLS4217_IO_DONE : outcome;
}

enum tls4217_io tls4217_connection_alert(
  struct tls4217_connection *conn, int timeout, struct tls4217_error *err) {
  int64_t deadline = tls4217_waiter_deadline(timeout);
  enum tls4217_io outcome;
  struct tls4217_error why;

  if (tls4217_sslio_can_end(&conn->io) == false ||
    (SSL_get_shutdown(conn->io.ssl) & SSL_SENT_SHUTDOWN)) {
    return TLS4217_IO_DONE;
  }

  outcome = flush_write_buffer(conn, deadline, err);
  if (outcome != TLS4217_IO_DONE) {
    return outcome;
  }

  tls4217_alert_provoke(conn->io.ssl);
  outcome = flush_write_buffer(conn, deadline, err);
  tls4217_error_clear(&why);
  tls4217_error_set(&why, ECONNABORTED, "TLS was ended with an alert");
  (void) tls4217_sslio_fail(&conn->io, TLS4217_IO_FAILED, &why, NULL);
  return outcome;
}

void tls4217_connection_wait_with(
  struct tls4217_connection *conn, const struct tls4217_waiter *waiter) {
  conn->io.waiter = *waiter;
}

int tls4217_connection_issue_ticket(
  struct tls4217_connection *conn, struct tls4217_error *err) {
  if (conn->io.state != TLS4217_SSLIO_OPEN ||
    SSL_version(conn->io.ssl) != TLS1_3_VERSION) {
    return 0;
  }

  ERR_clear_error();
  if (SSL_new_session_ticket(conn->io.ssl) != 1) {
    tls4217_error_set_openssl(err, "cannot issue a session ticket");
    return -1;
  }

  return 1;
}

/* Questions about a handshake that is over. */

enum tls4217_reuse tls4217_connection_reuse(
  const struct tls4217_connection *conn) {
  return tls4217_binding_check(conn->io.ssl);
}

X509 *tls4217_connection_peer(const struct tls4217_connection *conn) {
  return SSL_get0_peer_certificate(conn->io.ssl);
}

int tls4217_connection_verify_error(const struct tls4217_connection *conn) {
  if (conn->state.verify_error != X509_V_OK) {
    return conn->state.verify_error;
  }

  return (int) SSL_get_verify_result(conn->io.ssl);
}

void tls4217_connection_info(
  const struct tls4217_connection *conn, struct tls4217_connection_info *info) {
  const unsigned char *alpn = NULL;
  unsigned int alpn_len = 0;

  memset(info, 0, sizeof(*info));
  SSL_get0_alpn_selected(conn->io.ssl, &alpn, &alpn_len);

  info->version = SSL_get_version(conn->io.ssl);
  info->cipher = SSL_get_cipher_name(conn->io.ssl);
  info->cipher_bits = SSL_get_cipher_bits(conn->io.ssl, &info->algorithm_bits);
  info->group = SSL_group_to_name(
    conn->io.ssl, (int) SSL_get_negotiated_group(conn->io.ssl));
  info->server_name = conn->state.hello.server_name[0] != '\0' ?
    conn->state.hello.server_name :
    NULL;
  info->alpn = alpn != NULL ? "ftp" : NULL;
  info->resumed = SSL_session_reused(conn->io.ssl) == 1;
  info->library = OpenSSL_version(OPENSSL_VERSION);
  info->kernel_sends = tls4217_kernel_sends(conn->io.ssl);
  info->handshake_ms = conn->handshake_ms;
  info->client = tls4217_connection_peer(conn);
  info->server = SSL_get_certificate(conn->io.ssl);
  info->client_chain = SSL_get0_verified_chain(conn->io.ssl);
}

struct tls4217_sslio *tls4217_connection_io(struct tls4217_connection *conn) {
  return &conn->io;
}

void tls4217_connection_session_id(
  const struct tls4217_connection *conn, char *text) {
  tls4217_sessionid_write(conn->io.ssl, text);
}

int tls4217_connection_request_kernel(
  const struct tls4217_connection *conn, struct tls4217_error *err) {
  return tls4217_kernel_request(conn->io.ssl, err);
}

bool tls4217_connection_kernel_sends(const struct tls4217_connection *conn) {
  return tls4217_kernel_sends(conn->io.ssl);
}

SSL *tls4217_connection_ssl(const struct tls4217_connection *conn) {
  return conn->io.ssl;
}
