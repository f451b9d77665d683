/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSKernelOffload: downloads through the kernel
 *
 * Where the kernel makes the records of a data connection, a binary file goes
 * from the disk to the client with sendfile(2), as it does in clear, and
 * never through this process.
 *
 * ProFTPD's own sendfile(2) is not used for it, for two reasons.  It makes
 * the socket blocking, and Linux gives up a TLS stream whose sender was
 * interrupted by a signal in the middle of a record: any timer of ProFTPD's
 * would cut a slow download.  And it is allowed by a variable that, once it
 * is wrong, has files sent in clear.  So the core reads the file as ever; but
 * its read goes through a layer of ours, which sends the file and then says
 * that there is nothing more to read.
 */

#ifndef TLS4217_FTP_DATA_OFFLOAD_H
#define TLS4217_FTP_DATA_OFFLOAD_H

#include "mod_tls4217/ftp/session.h"

/*
 * RETR is about to open its file: notes which that is.  Where it cannot (a
 * file system registered for a deeper path), the library encrypts.
 */
void tls4217_offload_begin(struct tls4217_session *sess);

/*
 * Before the handshake of the data connection (sess->data.conn): asks for the
 * kernel, where this transfer can gain by it.  Falls back silently.  If the
 * kernel has the keys then, the file is sent, and counted as the core would,
 * when the core reads it.
 */
void tls4217_offload_request(struct tls4217_session *sess);

#endif
