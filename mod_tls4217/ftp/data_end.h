/*
 * mod_tls4217 - how a data connection ends
 */

#ifndef TLS4217_FTP_DATA_END_H
#define TLS4217_FTP_DATA_END_H

#include "mod_tls4217/ftp/session.h"

/*
 * Closes a data connection whose handshake has failed, or was not acceptable
 * (sess->failure says why), so that the client reads the reply at once.
 */
void tls4217_data_end_refuse(struct tls4217_session *sess);

/*
 * Ends the data connection over strm: with close_notify, where the transfer
 * is whole.  Returns what shutdown(2) returned.
 */
int tls4217_data_end_shutdown(
  struct tls4217_session *sess, pr_netio_stream_t *strm);

/* Frees what TLS needs for a data connection. */
void tls4217_data_end_drop(struct tls4217_session *sess);

#endif
