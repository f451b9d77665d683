/*
 * mod_tls4217 - what others may read: notes, events, one log line a handshake
 *
 * The names of mod_tls are kept, because LogFormat, mod_ban, mod_autohost and
 * people's SQL statements use them.
 */

#ifndef TLS4217_FTP_REPORT_NOTES_H
#define TLS4217_FTP_REPORT_NOTES_H

#include "mod_tls4217/ftp/session.h"

/* After the handshake of the control connection. */
void tls4217_notes_control(struct tls4217_session *sess);

/* After the handshake of a data connection. */
void tls4217_notes_data(struct tls4217_session *sess);

/*
 * To be called when a connection has failed; NULL is one in clear.  Where the
 * client ended it with a flood of TLS messages, this generates the event
 * mod_tls4217.flood, for those who count what a client's address does.
 */
void tls4217_notes_failure(const struct tls4217_connection *conn);

/* Takes the control connection's notes back (CCC, REIN). */
void tls4217_notes_forget(void);

#endif
