/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what others may read of a handshake: notes
 *
 * The names of mod_tls are kept, because LogFormat, mod_ban, mod_autohost and
 * people's SQL statements use them.
 */

#ifndef TLS4217_FTP_REPORT_NOTES_H
#define TLS4217_FTP_REPORT_NOTES_H

#include "mod_tls4217/ftp/report/handshake_facts.h"

/* Of the control connection's handshake. */
void tls4217_notes_control(const struct tls4217_handshake_facts *facts);

/* mod_tls.sni, with which mod_core compares HOST (RFC 7151, section 3.2.2). */
void tls4217_notes_sni(const char *name);

/* Of a data connection's handshake. */
void tls4217_notes_data(const struct tls4217_handshake_facts *facts);

/* Takes those of a data connection away: the next one is in clear, or has not
 * had its handshake. */
void tls4217_notes_forget_data(void);

/*
 * To be called when a connection has failed; NULL is one in clear.  Where the
 * client ended it with a flood of TLS messages, this generates the event
 * mod_tls4217.flood, for those who count what a client's address does.
 */
void tls4217_notes_failure(const struct tls4217_connection *conn);

/*
 * Puts the note "mod_tls.SSL" on a stream that conn serves, for other modules;
 * NULL takes it back.
 */
void tls4217_notes_stream(
  pr_netio_stream_t *strm, const struct tls4217_connection *conn);

/* Takes the control connection's notes back (CCC, REIN). */
void tls4217_notes_forget(void);

#endif
