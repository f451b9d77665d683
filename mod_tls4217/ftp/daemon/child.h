/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a child of the daemon must not have of it
 *
 * For a process that was forked to be something else: close_range(2), dup2(2),
 * signal(2); /proc/self/fd of proc(5).
 */

#ifndef TLS4217_FTP_DAEMON_CHILD_H
#define TLS4217_FTP_DAEMON_CHILD_H

#include <stddef.h>

/* Closes the descriptors from first to last, both included. */
void tls4217_child_close(int first, int last);

/*
 * Makes /dev/null of each socket but one.  For a child that goes on to call
 * ProFTPD: its logs stay open, and it finds nothing else under the numbers that
 * it knows.
 */
void tls4217_child_drop_sockets_but(int one);

/* No signal has a handler of ProFTPD's, or is blocked. */
void tls4217_child_reset_signals(void);

/*
 * For one that serves on: closes all descriptors but count of them, which must
 * be above 2, gives the first three to /dev/null, has no handler of a signal
 * and no terminal, and is called name (prctl(2)).
 */
void tls4217_child_detach(const int *fds, size_t count, const char *name);

#endif
