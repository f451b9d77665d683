/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - where a reply of the control connection goes
 *
 * In clear, inside TLS, or nowhere: while TLS begins or ends, ProFTPD's timers
 * and signals are served, and their replies must not be taken for a part of
 * either.
 */

#ifndef TLS4217_FTP_CONTROL_OUTPUT_H
#define TLS4217_FTP_CONTROL_OUTPUT_H

#include "mod_tls4217/ftp/session.h"

/*
 * The write callback of control streams (netio).  Returns size, or -1 with
 * errno set: EWOULDBLOCK where a reply can go nowhere now.  Does not return
 * where no reply can reach the client any more: no command may be executed
 * whose reply cannot be read, so the session ends.
 */
int tls4217_output_write_cb(pr_netio_stream_t *strm, char *buf, size_t size);

#endif
