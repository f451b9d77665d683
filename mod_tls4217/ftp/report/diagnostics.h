/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSOptions EnableDiags: handshake messages in TLSLog
 *
 * A line for each, of this session alone; what is in them is not written
 * (tls/conn/trace.h).
 */

#ifndef TLS4217_FTP_REPORT_DIAGNOSTICS_H
#define TLS4217_FTP_REPORT_DIAGNOSTICS_H

#include "mod_tls4217/ftp/session.h"

/* Has the messages of a connection of the session's logged, before its
 * handshake and until its end, where the option is set. */
void tls4217_diagnostics_control(struct tls4217_session *sess);
void tls4217_diagnostics_data(struct tls4217_session *sess);

#endif
