/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys in the daemon's own memory, over SIGHUP
 *
 * For a daemon without a key process.  SIGHUP unmaps this module, not what it
 * has mapped: a page of its own holds the bytes, and a mark in the environment
 * says where, and that it is this process'.  No session is forked meanwhile.
 */

#ifndef TLS4217_FTP_DAEMON_TICKETMEMORY_H
#define TLS4217_FTP_DAEMON_TICKETMEMORY_H

#include <stddef.h>

/* Leaves bytes behind.  Where there is no memory there will be none. */
void tls4217_ticketmemory_keep(const void *bytes, size_t size);

/*
 * Takes what was left behind by this process, into a buffer of max bytes;
 * nothing is left then.  Returns how many bytes there were, or 0.
 */
size_t tls4217_ticketmemory_fetch(void *bytes, size_t max);

#endif
