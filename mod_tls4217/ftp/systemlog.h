/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - SystemLog, while the configuration is read again
 *
 * At SIGHUP ProFTPD closes its log, reads its configuration, and opens the log
 * behind that; what it says meanwhile goes to syslog, and is lost where there
 * is none.  That is when a mistake in the configuration shows.
 */

#ifndef TLS4217_FTP_SYSTEMLOG_H
#define TLS4217_FTP_SYSTEMLOG_H

#include "mod_tls4217/ftp/core.h"

/*
 * Notes in the environment where the log is: the module does not outlive
 * SIGHUP.  At core.restart, while the old configuration is there.
 */
void tls4217_systemlog_remember(void);

/*
 * Opens the log that was noted, if one was; the core opens the one of the new
 * configuration in its place.  As root; where it cannot be opened all is as
 * without.
 */
void tls4217_systemlog_open(void);

#endif
