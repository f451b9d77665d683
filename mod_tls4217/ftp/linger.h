/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client still sends on a connection that is over
 *
 * We end our direction, which the client sees.  It answers with its own
 * close_notify (RFC 5246, section 7.2.1, makes it), or goes on sending an
 * upload that has been refused, before it looks at the control connection.  If
 * that met a closed socket, the client would get a reset, which on some systems
 * discards what it has not read yet; and one that cannot write any more shows
 * its user that, and not our reply.  So the socket stays, and what comes is
 * read and discarded: while we wait for the next command, so that no reply
 * waits for it, and within limits.
 */

#ifndef TLS4217_FTP_LINGER_H
#define TLS4217_FTP_LINGER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Milliseconds that a client has to read why its session ends. */
#define TLS4217_LINGER_GOODBYE 1000

/* Empty: all zeros. */
struct tls4217_linger {
  bool open;
  int fd;           /* ours, where open */
  int64_t deadline; /* of waiter.h */
  off_t room;       /* how many bytes it may still send */
};

/*
 * Ends our direction of the socket fd, and reads from it what is still to
 * come, as from now; the caller closes fd when it likes.  Another socket that
 * linger still has is closed.
 *
 * Returns what shutdown(2) returned.
 */
int tls4217_linger_begin(struct tls4217_linger *linger, int fd);

/*
 * Reads away until there is something to read on command_fd, or until it is
 * over: the client has closed, or has been given time enough.  Serves signals
 * and timers, which may end the process.
 */
void tls4217_linger_wait(struct tls4217_linger *linger, int command_fd);

/* Reads away what is there, and closes. */
void tls4217_linger_end(struct tls4217_linger *linger);

/*
 * For a socket that will be closed at once, behind something that its client
 * must be able to read: ends our direction, and waits until the client has
 * ended its own, timeout milliseconds at most.
 */
void tls4217_linger_before_close(int fd, int timeout);

#endif
