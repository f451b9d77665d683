/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what hosts had of their files, over SIGHUP
 *
 * CAs, revocation lists, OCSP responses: none of it is secret, and all of it is
 * too large for the key process.  Each has the scope of its host and a name;
 * what is left behind by a module that is unloaded is found while the next one
 * prepares its hosts, and freed after that.
 */

#ifndef TLS4217_FTP_DAEMON_REMEMBERED_H
#define TLS4217_FTP_DAEMON_REMEMBERED_H

#include <stddef.h>
#include <stdint.h>

/*
 * Makes room for size bytes of a host, to be left behind.  Returns where they
 * are to be written at once (the next call may move them), or NULL: out of
 * memory.
 */
void *tls4217_remembered_put(uint64_t scope, const char *name, size_t size);

/* Leaves behind what was put. */
void tls4217_remembered_leave(void);

/* Makes what was left behind available to tls4217_remembered_find, until
 * tls4217_remembered_end. */
void tls4217_remembered_begin(void);
void tls4217_remembered_end(void);

/* Returns the *size bytes of a host by that name; NULL: there are none. */
const void *tls4217_remembered_find(
  uint64_t scope, const char *name, size_t *size);

#endif
