/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what AUTH and REIN put back to how it was after connect
 *
 * RFC 4217, section 4.2: "all other transfer parameters (other than the AUTH
 * parameter) must be reset, almost as if a REIN command was issued".  Neither
 * AUTH nor the REIN of this file comes after a login, so the list is short:
 * STRU, MODE, REST, PORT, CWD and the like need one.
 */

#ifndef TLS4217_FTP_CONTROL_RESET_H
#define TLS4217_FTP_CONTROL_RESET_H

#include "mod_tls4217/ftp/session.h"

/* Remembers what must be put back; called when the client has connected. */
void tls4217_reset_remember(struct tls4217_session *sess);

/*
 * The user's identity as far as it was given, TYPE, the data port, what was
 * prepared for a transfer, the encoding of names (OPTS UTF8), and what else
 * OPTS, LANG and MODE have set (preferences.h).  The server that HOST chose
 * stays (RFC 7151, section 3.4).
 */
void tls4217_reset_parameters(struct tls4217_session *sess);

/*
 * Forgets by what name the client has called the server, which stays the same:
 * a session that has changed its server begins again in a new process (rein.c).
 */
void tls4217_reset_named_host(struct tls4217_session *sess);

/*
 * POST_CMD of HOST: forgets a user who has been named and has not logged in,
 * and the language that LANG has set.
 */
modret_t *tls4217_reset_post_host(cmd_rec *cmd);

/*
 * Forgets a user who has been named, because another USER has been refused.
 * Not for a session that has logged in.
 */
void tls4217_reset_refused_user(void);

/*
 * POST_CMD of TYPE, and what a login has to do about a TYPE that came before
 * AUTH or REIN: mod_xfer knows only that there was one, and then leaves out
 * its default.
 */
modret_t *tls4217_reset_post_type(cmd_rec *cmd);
void tls4217_reset_after_login(struct tls4217_session *sess);

#endif
