/*
 * mod_tls4217 - OpenSSL's four operations on a socket
 *
 * SSL_accept(3), SSL_read_ex(3), SSL_write_ex(3) and SSL_shutdown(3), each
 * through one loop that has a deadline and waits through a function of the
 * caller's (which may serve signals meanwhile).  SSL_get_error(3) is called
 * here and nowhere else.
 */

#ifndef TLS4217_TLS_SSLIO_H
#define TLS4217_TLS_SSLIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/waiter.h"

/* What the loop works on.  The owner fills the first part, and frees the
 * SSL; the descriptors do not block. */
struct tls4217_sslio {
  SSL *ssl;
  int rfd, wfd;
  struct tls4217_waiter waiter;

  bool broken;                  /* nothing more can be sent */
  bool cut_between_records;     /* the peer's FIN came at a record's end */
  struct tls4217_error failure; /* what ended it for good */
};

/*
 * The server's side of the handshake.  Deadlines are those of waiter.h.
 * Returns 1, 0 where the peer ended it, or -1 with err filled.
 */
int tls4217_sslio_accept(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err);

/*
 * Reads plaintext of one record, at least a byte and at most size; *done gets
 * the number of bytes.  Returns 1, 0 where the peer sent close_notify, or -1
 * with err filled (see tls4217_connection_read).
 */
int tls4217_sslio_read(struct tls4217_sslio *io, void *buf, size_t size,
  size_t *done, int64_t deadline, struct tls4217_error *err);

/*
 * Writes all of buf.  Returns 0, or -1 with err filled; a record that was
 * begun is whole only after 0.
 */
int tls4217_sslio_write(struct tls4217_sslio *io, const void *buf, size_t size,
  int64_t deadline, struct tls4217_error *err);

/* Sends close_notify; does not wait for the peer's.  Returns 0, or -1 with
 * err filled. */
int tls4217_sslio_shutdown(
  struct tls4217_sslio *io, int64_t deadline, struct tls4217_error *err);

/* Fills err, unless it says something already, with what ended io for good;
 * leaves it empty where nothing did. */
void tls4217_sslio_explain(
  const struct tls4217_sslio *io, struct tls4217_error *err);

#endif
