/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSReloadInterval
 *
 * The daemon looks at the files of the servers at an interval, and reads them
 * again when they have changed (renewal.h).
 */

#ifndef TLS4217_FTP_DAEMON_WATCH_H
#define TLS4217_FTP_DAEMON_WATCH_H

/* In the daemon, when the configuration has been read: from now on, at the
 * interval of the main server's settings; where that is 0, at none of their
 * files, but at what grows old. */
void tls4217_watch_begin(void);

/* No more looks: ahead of a new reading of the configuration, whose settings
 * are gone by then, where the module is not unloaded for it. */
void tls4217_watch_end(void);

#endif
