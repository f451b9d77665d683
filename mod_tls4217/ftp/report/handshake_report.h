/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what is known of a handshake, collected once
 *
 * After a handshake everything that others may read of it is in one struct,
 * and from there goes to the environment (environment.c), to notes (notes.c),
 * to one line of the log and to events.
 */

#ifndef TLS4217_FTP_REPORT_HANDSHAKE_REPORT_H
#define TLS4217_FTP_REPORT_HANDSHAKE_REPORT_H

#include "mod_tls4217/ftp/session.h"

/* After the handshake of the control connection, whose peer has been
 * admitted. */
void tls4217_handshake_report_control(struct tls4217_session *sess);

/* After the handshake of a data connection. */
void tls4217_handshake_report_data(struct tls4217_session *sess);

/* Takes back what the environment and the notes say of the control connection
 * (CCC, REIN). */
void tls4217_handshake_report_forget(struct tls4217_session *sess);

#endif
