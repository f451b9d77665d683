/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a data connection
 *
 * While a transfer waits for its client, the control connection is watched
 * for ABOR (RFC 4217, section 14).
 */

#ifndef TLS4217_FTP_DATA_DATA_WAITER_H
#define TLS4217_FTP_DATA_DATA_WAITER_H

#include "mod_tls4217/ftp/session.h"

/*
 * The waiter of the session's data connection; it gives up with ECONNABORTED
 * when the transfer has been aborted.
 */
struct tls4217_waiter tls4217_data_waiter_make(struct tls4217_session *sess);

/* Whether the client, or the end of its control connection, has aborted the
 * transfer.  sess->data must have its streams. */
bool tls4217_data_waiter_is_aborted(const struct tls4217_session *sess);

#endif
