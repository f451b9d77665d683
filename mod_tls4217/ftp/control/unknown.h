/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that no FTP server has
 *
 * A page that makes a browser talk to an FTP server (ALPACA) sends lines of
 * HTTP.  The core ends a session at the verbs that it knows; what else comes
 * before a login is counted here.
 */

#ifndef TLS4217_FTP_CONTROL_UNKNOWN_H
#define TLS4217_FTP_CONTROL_UNKNOWN_H

#include "mod_tls4217/ftp/session.h"

/*
 * Listens to what the core says of each such command, for the session's life.
 * Where there are too many of them, the client has a 421, mod_ban hears of it
 * (core.bad-protocol, its rule BadProtocol), and the session ends.
 */
void tls4217_unknown_listen(struct tls4217_session *sess);

#endif
