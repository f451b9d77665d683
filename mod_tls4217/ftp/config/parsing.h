/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the reading of the configuration: where it is, what it refused
 *
 * ProFTPD ends when a line of its main file is refused; in a file that is
 * included, the same mistake is a warning, the rest of the including file is
 * left out, and the server starts without what stood there: its policies, its
 * virtual hosts, its User.  So each refusal is remembered here, and ends the
 * start.
 */

#ifndef TLS4217_FTP_CONFIG_PARSING_H
#define TLS4217_FTP_CONFIG_PARSING_H

#include "mod_tls4217/ftp/core.h"

/*
 * Watches each line that ProFTPD reads from now on (the event
 * core.parsed-line): until tls4217_parsing_forget.
 */
void tls4217_parsing_watch(void);

/*
 * Whether the daemon is reading its configuration now, at the start or at
 * SIGHUP; an .ftpaccess, which sessions read, is none.
 */
bool tls4217_parsing_is_under_way(void);

/* "line 3 of '/etc/proftpd/tls.conf'", of the directive being read, from p. */
const char *tls4217_parsing_place(pool *p);

/* Remembers that the directive being read was refused, and why. */
void tls4217_parsing_refuse(const char *why);

/*
 * Complains about everything that was refused, and about files of which a
 * part was left out.  Returns whether there was any.
 */
bool tls4217_parsing_complain(void);

/* Forgets all of it: the next reading begins. */
void tls4217_parsing_forget(void);

#endif
