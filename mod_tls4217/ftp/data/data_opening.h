/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - while ProFTPD waits for a data connection
 *
 * A passive client may never connect, and an active one never answer.
 * ProFTPD waits in accept(2) or connect(2), and looks at nothing else: a
 * timer of ours looks at the control connection meanwhile, once a second, so
 * that ABOR, QUIT and its end are seen.
 */

#ifndef TLS4217_FTP_DATA_DATA_OPENING_H
#define TLS4217_FTP_DATA_DATA_OPENING_H

#include "mod_tls4217/ftp/session.h"

/* Before a command that opens a data connection: looks from now on, unless
 * the client has connected already. */
void tls4217_data_opening_watch(struct tls4217_session *sess);

/* The data connection is there, or the command is over. */
void tls4217_data_opening_end(struct tls4217_session *sess);

#endif
