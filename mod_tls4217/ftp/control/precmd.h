/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - refuses commands that may not come without TLS
 *
 * Asks rfc4217/admission.c about every command, before anything is done about
 * it (RFC 4217, sections 4.2 and 10.1).
 */

#ifndef TLS4217_FTP_CONTROL_PRECMD_H
#define TLS4217_FTP_CONTROL_PRECMD_H

#include "mod_tls4217/ftp/core.h"

/* PRE_CMD of any command: 533 and the way out, or nothing. */
modret_t *tls4217_precmd_pre(cmd_rec *cmd);

/* PRE_CMD of USER, behind the one above: 533 where this user must log in with
 * TLS, or without it; or nothing.  A user who was named before is forgotten
 * then. */
modret_t *tls4217_precmd_pre_user(cmd_rec *cmd);

/* PRE_CMD of HOST: 504 where the session has changed its host before, and
 * would once more; or nothing.  Behind TLS mod_core compares by itself. */
modret_t *tls4217_precmd_pre_host(cmd_rec *cmd);

struct tls4217_session;

/*
 * After a login: ends the session with 530 where ProFTPD's Protocols has no
 * "ftps", and it is protected.  Again in LOG_CMD of PASS: mod_ifsession may
 * have given this user another one in between.
 */
void tls4217_precmd_check_protocols(const struct tls4217_session *sess);

/*
 * POST_CMD of PASS: ends the session with 530 where ProFTPD's Protocols has
 * no "ftps".  mod_auth looks for "ftp" only, and only without TLS.
 */
modret_t *tls4217_precmd_post_pass(cmd_rec *cmd);

#endif
