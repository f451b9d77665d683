/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSMetricsFile
 *
 * Counters and the dates of certificates in Prometheus' text format, for the
 * textfile collector of node_exporter: replaced whole every 15 seconds.
 */

#ifndef TLS4217_FTP_DAEMON_METRICS_H
#define TLS4217_FTP_DAEMON_METRICS_H

#include "mod_tls4217/ftp/core.h"

/* In the daemon, when the configuration has been read: writes the file that
 * the main server's settings name now and from now on. */
void tls4217_metrics_begin(void);

/* Every metric, as lines of the text format, from p. */
const char *tls4217_metrics_text(pool *p);

#endif
