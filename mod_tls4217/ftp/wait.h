/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a socket while ProFTPD stays alive
 *
 * ProFTPD's timers and signals are served between two system calls, by
 * pr_signals_handle(); whoever waits must call it, and must never hand EINTR
 * or EAGAIN up: the core would sleep a fifth of a second for each.
 */

#ifndef TLS4217_FTP_WAIT_H
#define TLS4217_FTP_WAIT_H

#include "mod_tls4217/ftp/core.h"

/*
 * Waits up to timeout milliseconds (-1: no limit) for events (POLLIN,
 * POLLOUT) on fd, and for POLLIN on watch_fd unless that is -1.  Signals and
 * timers are served before it returns; they may end the process.
 *
 * Returns 1 when fd is ready; 0 when it is not, or not yet, with
 * *watch_ready set when watch_fd is; -1 with errno set.
 */
int tls4217_wait(
  int fd, short events, int watch_fd, int timeout, bool *watch_ready);

/*
 * Has the kernel acknowledge at once what comes next on fd, as far as it can.
 * Clients that send the end of a handshake in two pieces with Nagle's
 * algorithm on (GnuTLS) wait for that: 40 ms for each data connection.
 */
void tls4217_wait_hurry(int fd);

#endif
