/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one TLS connection over a socket
 *
 * Handshake, read, write and close_notify, all through the loop of sslio.c.
 * Nothing here is about FTP: the caller says which channel this is.
 */

#ifndef TLS4217_TLS_CONN_CONNECTION_H
#define TLS4217_TLS_CONN_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/sessionid.h"
#include "mod_tls4217/tls/conn/sslio.h"
#include "mod_tls4217/tls/conn/waiter.h"

enum tls4217_channel {
  TLS4217_CHANNEL_CONTROL,
  TLS4217_CHANNEL_DATA
};

/* The outcome of a handshake, for logs and notes.  Text is static; all else
 * belongs to the connection. */
struct tls4217_connection_info {
  const char *version; /* "TLSv1.3" */
  const char *cipher;  /* OpenSSL's name */
  int cipher_bits;     /* that protect, and that its algorithm has */
  int algorithm_bits;
  const char *group;       /* key exchange group, or NULL */
  const char *server_name; /* SNI, or NULL */
  const char *alpn;        /* "ftp", or NULL */
  bool resumed;
  bool kernel_sends;   /* the kernel makes the records that we send */
  const char *library; /* OpenSSL's name and version */
  unsigned int handshake_ms;
  X509 *client; /* as tls4217_connection_peer */
  X509 *server; /* the server's, of the several that it may have */
  STACK_OF(X509) * client_chain; /* verified, client first; NULL: resumed */
};

struct tls4217_connection;

/*
 * Makes a connection over a connected socket; rfd and wfd may be equal.  Both
 * are set to O_NONBLOCK and stay so until tls4217_connection_free, which
 * restores their former mode; they are never closed here.  ctx, of a struct
 * tls4217_context, may be freed meanwhile.  binding, of the control connection,
 * is borrowed and must outlive the connection; on the control channel it
 * receives the id of a session that is resumed.  waiter is copied.
 *
 * Returns the connection, or NULL with err filled.
 */
struct tls4217_connection *tls4217_connection_new(SSL_CTX *ctx,
  enum tls4217_channel channel, int rfd, int wfd,
  struct tls4217_binding *binding, const struct tls4217_waiter *waiter,
  struct tls4217_error *err);

/*
 * Says, before the handshake of a data connection, that it will carry a
 * download: no more is read ahead than the client's part of a handshake, and no
 * memory is taken for more.
 */
void tls4217_connection_expect_output(struct tls4217_connection *conn);

/*
 * Says, before the handshake of a data connection that is of no use unless it
 * resumes, that X25519 will do where the client has sent a share for it, even
 * if it knows hybrid groups (hello.c).
 */
void tls4217_connection_take_x25519(struct tls4217_connection *conn);

/*
 * Says, before the handshake, that the peer may not be a TLS client at all: not
 * a byte is sent before its ClientHello was understood, and so no alert to one
 * that expects text.  Returns 0, or -1 with err filled.
 */
int tls4217_connection_hold_until_hello(
  struct tls4217_connection *conn, struct tls4217_error *err);

/* From now on the messages of its handshakes are reported.  trace is copied. */
void tls4217_connection_trace(
  struct tls4217_connection *conn, const struct tls4217_trace *trace);

/*
 * When the ClientHello has been read, choose, called with who, decides which
 * context and parameters the connection uses (sslstate.h).
 */
void tls4217_connection_choose_with(struct tls4217_connection *conn,
  enum tls4217_choice (*choose)(void *who, const char *name), void *who);

/* Frees it, without a close_notify.  NULL is fine. */
void tls4217_connection_free(struct tls4217_connection *conn);

/*
 * The server's side of the handshake (SSL_accept(3)), within timeout
 * milliseconds of wall clock.  Returns DONE; or LATE, STOPPED, CUT or FAILED
 * (io.h) with err filled.
 */
enum tls4217_io tls4217_connection_handshake(
  struct tls4217_connection *conn, int timeout, struct tls4217_error *err);

/*
 * Whether any TLS has been sent: the ClientHello was understood.  After that
 * there can be no reply in clear (RFC 4217, section 10.1).  Only for
 * connections on which tls4217_connection_hold_until_hello was called: an alert
 * counts, too.
 */
bool tls4217_connection_has_spoken(const struct tls4217_connection *conn);

/*
 * Whether the peer has begun a handshake, or something that could become one:
 * not where it sent nothing, or bytes that are not TLS.
 */
bool tls4217_connection_has_begun(const struct tls4217_connection *conn);

/*
 * Reads up to size bytes of plaintext into buf, waiting until there is at
 * least one; goes on while more can be had without waiting.  *done gets their
 * number, or 0.  Returns DONE, or CLOSED at the end; with err filled, which may
 * be NULL, STOPPED, CUT or FAILED.
 */
enum tls4217_io tls4217_connection_read(struct tls4217_connection *conn,
  void *buf, size_t size, size_t *done, struct tls4217_error *err);

/* The same without waiting: AGAIN, with err filled, where there is no plaintext
 * now. */
enum tls4217_io tls4217_connection_read_now(struct tls4217_connection *conn,
  void *buf, size_t size, size_t *done, struct tls4217_error *err);

/*
 * Whether a read would return plaintext without touching the socket.  For
 * control connections: a data connection reads ahead, and may hold a further
 * record that this does not see.
 */
bool tls4217_connection_is_pending(const struct tls4217_connection *conn);

/*
 * Whether a read failed because the peer closed (FIN, not RST) between two
 * records rather than inside one: an end without close_notify, which a lenient
 * configuration may accept (NoCloseNotifyRequired).
 */
bool tls4217_connection_cut_between_records(
  const struct tls4217_connection *conn);

/*
 * Whether it was ended because the peer sent handshake messages and no data:
 * more than TLS4217_SSLIO_MAX_MESSAGES of them.
 */
bool tls4217_connection_is_flooded(const struct tls4217_connection *conn);

/*
 * Writes all of buf within timeout milliseconds (-1: no limit), or fails for
 * good.  Returns DONE; with err filled, LATE when the peer did not read in
 * time, STOPPED, CUT when the peer is gone, or FAILED.
 */
enum tls4217_io tls4217_connection_write(struct tls4217_connection *conn,
  const void *buf, size_t size, int timeout, struct tls4217_error *err);

/*
 * The same for all that a data connection is to carry: it is sent together with
 * the close_notify that follows (tls4217_connection_shutdown), in one write(2),
 * if it fits into one record.
 */
enum tls4217_io tls4217_connection_write_all(struct tls4217_connection *conn,
  const void *buf, size_t size, struct tls4217_error *err);

/*
 * Whether tls4217_connection_send_file may be called now: whatever is written
 * to the socket leaves as TLS records.  To be asked again before each call:
 * this is what keeps a file from leaving in clear.
 */
bool tls4217_connection_can_send_file(const struct tls4217_connection *conn);

/*
 * Has the kernel send what there is room for of a file (a descriptor).  Takes
 * and returns what tls4217_kernel_stream_send_file does.
 */
enum tls4217_io tls4217_connection_send_file(struct tls4217_connection *conn,
  int file, off_t size, off_t *sent, struct tls4217_error *err);

/*
 * Sends close_notify, once; where wait_for_peer is true, waits for the
 * peer's.  Gives up after timeout milliseconds.  Plaintext that the peer
 * still sends is discarded.  Returns DONE, or as the operation that did not
 * succeed, with err filled.  After a failed handshake or a fatal error it does
 * nothing and returns DONE.
 */
enum tls4217_io tls4217_connection_shutdown(struct tls4217_connection *conn,
  bool wait_for_peer, int timeout, struct tls4217_error *err);

/*
 * Ends the connection with a fatal alert (RFC 5246, section 7.2.2; RFC 8446,
 * section 6.2), so that the peer does not take what it has received for the
 * whole. Gives up after timeout milliseconds.  Returns as
 * tls4217_connection_write; after a failed handshake, a fatal error or a
 * close_notify of ours it does nothing and returns DONE.
 */
enum tls4217_io tls4217_connection_alert(
  struct tls4217_connection *conn, int timeout, struct tls4217_error *err);

/* From now on the connection waits through waiter, which is copied. */
void tls4217_connection_wait_with(
  struct tls4217_connection *conn, const struct tls4217_waiter *waiter);

/*
 * TLS 1.3: sends a new session ticket ahead of the next write
 * (SSL_new_session_ticket(3)).  Returns 1, or 0 where there is none to issue
 * (TLS 1.2), or -1 with err filled.
 */
int tls4217_connection_issue_ticket(
  struct tls4217_connection *conn, struct tls4217_error *err);

/* How a data connection is related to its control connection. */
enum tls4217_reuse tls4217_connection_reuse(
  const struct tls4217_connection *conn);

/*
 * The client's certificate, also that of a session that was resumed; NULL
 * where it gave none.  Valid until the connection is freed.
 */
X509 *tls4217_connection_peer(const struct tls4217_connection *conn);

/*
 * Why that certificate does not hold: X509_V_ERR_..., or X509_V_OK.  A
 * handshake with one that does not hold completes nevertheless (verify.h). Not
 * for data connections: their certificate must be that of the control
 * connection.
 */
int tls4217_connection_verify_error(const struct tls4217_connection *conn);

/* The outcome of the handshake.  Valid until the connection is freed. */
void tls4217_connection_info(
  const struct tls4217_connection *conn, struct tls4217_connection_info *info);

/* What the loop works on, for unwrap.c. */
struct tls4217_sslio *tls4217_connection_io(struct tls4217_connection *conn);

/* Writes what distinguishes this handshake's session from all others to text,
 * which has room for TLS4217_SESSIONID_SIZE bytes (sessionid.h). */
void tls4217_connection_session_id(
  const struct tls4217_connection *conn, char *text);

/* tls4217_kernel_request and tls4217_kernel_sends, of this connection. */
int tls4217_connection_request_kernel(
  const struct tls4217_connection *conn, struct tls4217_error *err);
bool tls4217_connection_kernel_sends(const struct tls4217_connection *conn);

/* The SSL, for the stream note "mod_tls.SSL" that other modules read, and for
 * nothing else. */
SSL *tls4217_connection_ssl(const struct tls4217_connection *conn);

#endif
