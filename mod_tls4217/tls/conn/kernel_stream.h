/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a connection whose records the kernel makes
 *
 * sendfile(2) and close_notify on a socket that does not block.  It differs
 * from a plain TCP socket in two ways:
 *
 * Up to Linux 6.4 a sendfile(2) that stops at a full buffer does not make TCP
 * send what fills it; with a small buffer nothing is in flight then, and there
 * is never room again.  So TCP is pushed before any wait.  And POLLOUT is set
 * even where the kernel has no memory for a record.
 *
 * A record that TCP has no room for is kept by the kernel's TLS, and lost if
 * the socket is closed meanwhile, or shut down.  No system call reports that
 * directly: it is the size of all records together (TLS_TX of getsockopt(2)
 * gives their number), less what TCP has accepted.
 *
 * A download's connection must never be read from.  A client's KeyUpdate that
 * asks for one in return (RFC 8446, section 4.6.3) is answered by the library
 * that reads it, with new keys for sending; the kernel keeps the old ones, and
 * the client fails with "bad record mac" in the middle of the file.
 */

#ifndef TLS4217_TLS_CONN_KERNEL_STREAM_H
#define TLS4217_TLS_CONN_KERNEL_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/waiter.h"

/* Of one connection; opaque to others.  It starts as all zeros. */
struct tls4217_kernel_stream {
  bool counts;      /* what follows is known; as it was at the beginning: */
  uint64_t records; /* the number of the next record */
  uint64_t taken;   /* what TCP had accepted, in bytes */
  uint64_t written; /* what OpenSSL had written, in bytes of plaintext */

  uint64_t files; /* bytes of files since */
  int in_vain;    /* tries in a row that sent nothing where there was room */
};

/* After a handshake: begins to count, where tls4217_kernel_sends(ssl). */
void tls4217_kernel_stream_begin(struct tls4217_kernel_stream *ks, SSL *ssl);

/*
 * Sends what there is room for of file (a descriptor), from where it stands,
 * size bytes at most, and puts into *sent how many that were, whatever it
 * returns: none where it had to wait for room, once.  The waiter is called
 * either way: a client that is fast enough never makes the server wait. To be
 * called only where tls4217_kernel_sends(ssl).
 *
 * Returns DONE, or CLOSED where the file has ended; with err filled, CUT when
 * the client has gone, STOPPED, or FAILED: errnum EINVAL, ENOSYS or EOVERFLOW
 * where this file cannot be sent by sendfile(2), and nothing was.
 */
enum tls4217_io tls4217_kernel_stream_send_file(
  struct tls4217_kernel_stream *ks, SSL *ssl, int file, off_t size, off_t *sent,
  const struct tls4217_waiter *waiter, struct tls4217_error *err);

/*
 * Sends close_notify, and returns when TCP has accepted it and all before it.
 * The waiter is called at least once a second.  Returns DONE; with err filled,
 * LATE, STOPPED, CUT when the client has gone, or FAILED.
 */
enum tls4217_io tls4217_kernel_stream_close_notify(
  struct tls4217_kernel_stream *ks, SSL *ssl,
  const struct tls4217_waiter *waiter, int64_t deadline,
  struct tls4217_error *err);

#endif
