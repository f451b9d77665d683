/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the life of a session process
 *
 * Above everything else that serves a client: nothing includes this but the
 * module record.
 */

#ifndef TLS4217_FTP_LIFECYCLE_H
#define TLS4217_FTP_LIFECYCLE_H

/*
 * Starts the session of this process: called once, by the module's sess_init.
 * Returns 0, or -1 with errno set.
 */
int tls4217_lifecycle_start(void);

#endif
