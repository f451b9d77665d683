/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - turning a verdict into ProFTPD's answer
 *
 * Every refusal of ours is said to the client and written to TLSLog in the
 * same words, from here.
 */

#ifndef TLS4217_FTP_RESPONSE_H
#define TLS4217_FTP_RESPONSE_H

#include "mod_tls4217/ftp/session.h"

/*
 * Refuses cmd with the reply id.  The log names the user, if there is one;
 * behind the command about (a path; NULL for nothing); and at the end trouble,
 * or where it is NULL what cures this refusal (tls4217_response_remedy()).
 * Returns what the handler returns.
 */
modret_t *tls4217_response_refuse(cmd_rec *cmd,
  const struct tls4217_session *sess, enum tls4217_reply_id id,
  const char *about, const char *trouble);

/*
 * What the log says cures the refusal id: tls4217_reply_remedy(), and the lines
 * that accept it from this session's user alone, or before a login from a
 * class.  NULL where nothing does.  Lives in the pool p, or is static.
 */
const char *tls4217_response_remedy(pool *p, enum tls4217_reply_id id);

/* Accepts cmd with the reply id, sent when the command is done. */
modret_t *tls4217_response_accept(cmd_rec *cmd, enum tls4217_reply_id id);

/* Sends the reply id at once, at the level the control connection has now.
 * ": reason" is put behind it, unless NULL. */
void tls4217_response_now(enum tls4217_reply_id id, const char *reason);

/* The same from a timer or a signal, while a command may be under way; and
 * writes it to the log. */
void tls4217_response_async(
  const struct tls4217_session *sess, enum tls4217_reply_id id);

/*
 * Puts the reply id, and ": reason" unless NULL, in the place of all replies
 * that a command has collected; refused says where: as a refusal's, or as a
 * success's.  Where nothing has been collected nothing is done: the client has
 * its reply.  Returns whether the reply was put there.
 */
bool tls4217_response_replace(
  enum tls4217_reply_id id, const char *reason, bool refused);

/*
 * Puts the reply id and ": " text ahead of the last line of what a command has
 * collected; nothing is done where that is no reply of several lines.
 */
void tls4217_response_tell(enum tls4217_reply_id id, const char *text);

/* Gives a login by certificate its code, in what has been collected. */
void tls4217_response_recode_login(void);

#endif
