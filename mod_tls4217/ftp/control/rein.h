/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - REIN
 *
 * RFC 959, section 4.1.1, and RFC 4217, section 13: the reply is sent at the
 * protection that the connection has, then TLS ends and everything is as after
 * connect.  Before a login this happens in place; after one, in another
 * process (supervisor.h).
 */

#ifndef TLS4217_FTP_CONTROL_REIN_H
#define TLS4217_FTP_CONTROL_REIN_H

#include "mod_tls4217/ftp/session.h"

/* How often a connection may use REIN: each may cost a handshake and a
 * process, and gives another TimeoutLogin. */
#define TLS4217_REIN_LIMIT 10

/* CMD of REIN. */
modret_t *tls4217_rein_rein(cmd_rec *cmd);

/* LOG_CMD_ERR of PASS, before mod_auth's: REIN gives no new guesses. */
modret_t *tls4217_rein_failed_pass(cmd_rec *cmd);

#endif
