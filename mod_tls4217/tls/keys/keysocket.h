/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - messages with descriptors on sockets of the kind SEQPACKET
 *
 * sendmsg(2), recvmsg(2), SCM_RIGHTS of unix(7).  A message is sent whole or
 * not at all; unexpected descriptors are closed.
 */

#ifndef TLS4217_TLS_KEYS_KEYSOCKET_H
#define TLS4217_TLS_KEYS_KEYSOCKET_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The most descriptors in one message: certificate, key and chain. */
#define TLS4217_KEYSOCKET_MAX_FDS 3

/*
 * Two ends, close-on-exec and above 2, because 0 and 1 become the client's
 * connection.  Returns 0, or -1 with errno set.
 */
int tls4217_keysocket_pair(int fds[2]);

/*
 * Sends size bytes, and nfds descriptors, which stay the caller's.  Waits for
 * room until deadline (milliseconds of CLOCK_MONOTONIC; 0: not at all).
 * Returns 0, or -1 with errno set; ETIMEDOUT at the deadline.
 */
int tls4217_keysocket_send(int fd, const void *bytes, size_t size,
  const int *fds, size_t nfds, int64_t deadline);

/*
 * Receives one message of at most size bytes into bytes, and its descriptors
 * into fds (of TLS4217_KEYSOCKET_MAX_FDS), which belong to the caller from
 * then on; *nfds is how many.  fds may be NULL: none are wanted.  Waits until
 * deadline, as above.
 *
 * Returns the message's length; 0 at the end; -1 with errno set: ETIMEDOUT,
 * EAGAIN where there is nothing and deadline is 0, EMSGSIZE where message or
 * descriptors were more than fits (it is gone then), or recvmsg(2)'s.
 */
ssize_t tls4217_keysocket_receive(
  int fd, void *bytes, size_t size, int *fds, size_t *nfds, int64_t deadline);

/* Now, in milliseconds of CLOCK_MONOTONIC. */
int64_t tls4217_keysocket_now(void);

#endif
