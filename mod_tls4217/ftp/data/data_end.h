/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how a data connection ends
 *
 * TLS never ends silently: with close_notify where the data is whole, where the
 * client has asked for the end (ABOR), and behind an upload, whatever became of
 * it; with an alert where a download has been cut.
 */

#ifndef TLS4217_FTP_DATA_DATA_END_H
#define TLS4217_FTP_DATA_DATA_END_H

#include "mod_tls4217/ftp/session.h"

/*
 * Closes session.d, whose handshake has failed, or was not acceptable, or
 * which is in clear and was not (sess->failure says why), so that the client
 * comes to read the reply, and at once.
 */
void tls4217_data_end_refuse(struct tls4217_session *sess);

/*
 * Ends our direction of the data connection over strm; the client's is read
 * away later (linger.h).  Returns what shutdown(2) returned.
 */
int tls4217_data_end_shutdown(
  struct tls4217_session *sess, pr_netio_stream_t *strm);

/*
 * The connection will be closed as it is, because the session ends in
 * mid-transfer: informs the client, if that can be done without waiting.  One
 * that is another module's ends with close_notify.  Does nothing after
 * tls4217_data_end_shutdown.
 */
void tls4217_data_end_break_off(struct tls4217_session *sess);

/* Frees what TLS needs for a data connection. */
void tls4217_data_end_drop(struct tls4217_session *sess);

#endif
