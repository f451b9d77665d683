/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what TLSMetricsFile has of servers, certificates and keys
 *
 * The same facts as in "ftpdctl tls info", as numbers that go up and down.
 */

#ifndef TLS4217_FTP_DAEMON_GAUGES_H
#define TLS4217_FTP_DAEMON_GAUGES_H

#include "mod_tls4217/ftp/core.h"

/*
 * Calls put for each number, all of one name together: its name, what it is,
 * its labels ("" for none), its value; and once with NULL for labels for a name
 * without numbers, before them.  Memory that is needed meanwhile comes from p.
 */
typedef void (*tls4217_gauges_put)(void *user, const char *name,
  const char *help, const char *labels, int64_t value);
void tls4217_gauges_list(pool *p, tls4217_gauges_put put, void *user);

#endif
