/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that open a data connection, and those around them
 *
 * Before such a command: may it run at this protection level (RFC 4217,
 * section 10.2)?  After it: if TLS was what failed, the reply says so.
 */

#ifndef TLS4217_FTP_DATA_TRANSFERS_H
#define TLS4217_FTP_DATA_TRANSFERS_H

#include "mod_tls4217/ftp/core.h"

/* PRE_CMD of LIST, MLSD, NLST, STOU: 521 or nothing.  Of MLST, RNFR, SITE and
 * STAT: 533 or nothing. */
modret_t *tls4217_transfers_pre(cmd_rec *cmd);

/*
 * CMD of APPE, RETR, STOR, STOU, before the core's: 521 or nothing (the core
 * has resolved the path by now, and not opened it yet); protects the target of
 * an upload.
 */
modret_t *tls4217_transfers_begin(cmd_rec *cmd);

/* Before EPRT, EPSV, PASV, PORT of a user who is logged in: a fresh ticket, for
 * a client that needs one. */
void tls4217_transfers_issue_ticket(void);

/* POST_CMD_ERR of any command: our reason in place of the core's, and an end
 * to the upload that has failed. */
modret_t *tls4217_transfers_end_failed(cmd_rec *cmd);

/*
 * POST_CMD of RETR, once the end of a data connection has shown that the
 * client cannot have all: the reason in place of the core's 226.
 */
modret_t *tls4217_transfers_post_retr(cmd_rec *cmd);

/* Before any command: why the transfer before it failed is not its reason. */
void tls4217_transfers_forget_failure(void);

#endif
