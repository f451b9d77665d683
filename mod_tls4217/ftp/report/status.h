/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what STAT says of the client's own session
 *
 * RFC 959, section 4.1.3: STAT without an argument is about the connections.
 */

#ifndef TLS4217_FTP_REPORT_STATUS_H
#define TLS4217_FTP_REPORT_STATUS_H

#include "mod_tls4217/ftp/session.h"

/* POST_CMD of STAT: adds how control and data connections are protected. */
modret_t *tls4217_status_post_stat(cmd_rec *cmd);

#endif
