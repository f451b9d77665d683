/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - data connections: their netio
 *
 * A failure here ends one transfer and nothing else.  Whether a transfer may
 * take place at all was decided before (transfers.c).
 */

#ifndef TLS4217_FTP_DATA_DATA_H
#define TLS4217_FTP_DATA_DATA_H

#include "mod_tls4217/ftp/session.h"

/* Puts our callbacks into the netio of data streams. */
void tls4217_data_install(pr_netio_t *netio);

#endif
