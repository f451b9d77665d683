/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - bytes in the daemon's own memory, over SIGHUP
 *
 * SIGHUP unmaps this module, but not what it has mapped: pages of their own
 * hold the bytes, and a mark in the environment says where they are, and of
 * which process.  No session is forked meanwhile.
 */

#ifndef TLS4217_FTP_DAEMON_RESTARTMEMORY_H
#define TLS4217_FTP_DAEMON_RESTARTMEMORY_H

#include <stddef.h>

/*
 * Makes room for size bytes that are left behind under a mark, the name of a
 * variable in the environment.  Returns where they are to be written, or NULL:
 * out of memory, and nothing will be found.
 */
void *tls4217_restartmemory_make(const char *mark, size_t size);

/*
 * What this process has left behind under a mark, once.  Returns *size bytes,
 * to be released, or NULL where there are none.
 */
void *tls4217_restartmemory_take(const char *mark, size_t *size);

/* Wipes and unmaps what was taken.  NULL is fine. */
void tls4217_restartmemory_release(void *bytes, size_t size);

#endif
