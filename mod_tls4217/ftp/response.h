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
 * or where it is NULL what cures this refusal (tls4217_reply_remedy()).
 * Returns what the handler returns.
 */
modret_t *tls4217_response_refuse(cmd_rec *cmd,
  const struct tls4217_session *sess, enum tls4217_reply_id id,
  const char *about, const char *trouble);

/* Accepts cmd with the reply id, sent when the command is done. */
modret_t *tls4217_response_accept(cmd_rec *cmd, enum tls4217_reply_id id);

/* Sends the reply id at once, at the level the control connection has now. */
void tls4217_response_now(enum tls4217_reply_id id);

#endif
