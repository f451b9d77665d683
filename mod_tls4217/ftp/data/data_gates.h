/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who may have a data connection
 *
 * Asked when it is there: behind its handshake, or in clear.  What a
 * transfer may do at all was decided before (transfers.c).
 */

#ifndef TLS4217_FTP_DATA_DATA_GATES_H
#define TLS4217_FTP_DATA_DATA_GATES_H

#include "mod_tls4217/ftp/session.h"

/*
 * Asks all gates about session.d; sess->data.conn is NULL where it is in
 * clear.  Returns 0, or -1 with sess->failure set.
 */
int tls4217_data_gates_pass(struct tls4217_session *sess);

#endif
