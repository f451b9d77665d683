/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the generations of the hosts: built, and swapped for newer ones
 *
 * A generation is built aside and replaces the previous one when it is
 * complete.  Where it cannot be built nothing changes; the reason is kept with
 * the host, and is logged unless it was the reason of the previous attempt.
 * One host's files do not affect the other hosts.
 */

#ifndef TLS4217_FTP_DAEMON_RENEWAL_H
#define TLS4217_FTP_DAEMON_RENEWAL_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/vhost.h"

/* What a generation is built for, in words. */
#define TLS4217_RENEWAL_START   "start"
#define TLS4217_RENEWAL_LOADING "loading" /* by ftpdctl */
#define TLS4217_RENEWAL_SIGHUP  "SIGHUP"
#define TLS4217_RENEWAL_FILES   "changed files"
#define TLS4217_RENEWAL_CONTROL "ftpdctl"
#define TLS4217_RENEWAL_KEYS    "another key process"

/* How many of the servers with TLSEngine on can serve TLS. */
enum tls4217_readiness {
  TLS4217_READY_ALL, /* perhaps because there is none */
  TLS4217_READY_SOME,
  TLS4217_READY_NONE
};

/*
 * Prepares the servers of server_list that have TLSEngine on, in place of those
 * of the previous reading.  Every mistake becomes a complaint.  Where files
 * cannot be used, the last good certificates of the same files remain in use:
 * those of the previous servers, and those that the key process has kept over
 * SIGHUP.  A server that has none is kept, without a generation: AUTH gets 431,
 * and its policies hold.  One with port 0 serves no one, and needs nothing.
 * cause is one of the above: at the start there may be a terminal.
 */
enum tls4217_readiness tls4217_renewal_build_all(const char *cause);

/* Leaves behind what the servers have of their files, for the module that is
 * loaded next (remembered.h). */
void tls4217_renewal_leave(void);

/*
 * Reads the files of one server, or of all of them where it is NULL, and swaps
 * its generation.  The configuration is not read.  Complaints are logged.
 * Returns 0, or -1 where a server has kept what it had: its last_error says
 * why.
 */
int tls4217_renewal_reload(const struct tls4217_vhost *server);

/*
 * Checks whether files of the servers have changed, and builds a generation
 * where they are to be read (filewatch.h).  Complaints are logged.
 */
void tls4217_renewal_look(void);

/* Complains about what grows old without a change of any file: OCSP responses
 * (stapling.h).  Complaints are said. */
void tls4217_renewal_check_ages(void);

#endif
