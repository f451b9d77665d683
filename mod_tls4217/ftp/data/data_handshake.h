/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the handshake of a data connection, and what must hold behind
 * it
 */

#ifndef TLS4217_FTP_DATA_DATA_HANDSHAKE_H
#define TLS4217_FTP_DATA_DATA_HANDSHAKE_H

#include "mod_tls4217/ftp/session.h"

/*
 * Does the handshake over the streams in sess->data, and accepts no client that
 * may not have this data.  is_unfiltered says that what the core writes comes
 * to us as it is in the file: else the kernel must not send that.
 *
 * Returns 0 with sess->data.conn made, or -1 with sess->failure set;
 * sess->data.conn may be there then, or not.
 */
int tls4217_data_handshake_run(
  struct tls4217_session *sess, bool is_unfiltered);

#endif
