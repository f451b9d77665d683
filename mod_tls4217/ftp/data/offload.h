/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - downloads that do not go through the core
 *
 * The core reads a piece of a file, copies it, looks at the control connection
 * and hands it on, each in a function of its own.  A large binary file goes
 * through one loop here instead: it is read into the core's buffer, a piece
 * that stays in the processor's cache, and encrypted from there.  Where the
 * kernel makes the records of the data connection (TLSKernelOffload), it goes
 * from the disk to the client with sendfile(2), as it does in clear, and never
 * through this process.
 *
 * The loop is entered from the core's own read of the file: it goes through a
 * layer of ours, which sends the file and then says that there is nothing more
 * to read.  What is counted, shown and looked at meanwhile is as the core does
 * it.  Whoever listens to what the core writes (mod_digest) has the core write
 * it.
 *
 * ProFTPD's own sendfile(2) is not used under kernel TLS, for two reasons.  It
 * makes the socket blocking, and Linux gives up a TLS stream whose sender was
 * interrupted by a signal in the middle of a record: any timer of ProFTPD's
 * would cut a slow download.  And it is allowed by a variable that, once it
 * is wrong, has files sent in clear.
 */

#ifndef TLS4217_FTP_DATA_OFFLOAD_H
#define TLS4217_FTP_DATA_OFFLOAD_H

#include "mod_tls4217/ftp/session.h"

/*
 * RETR is about to open its file, of size bytes (-1: not known): notes which
 * that is, if it is large enough to be worth it.  Where it cannot (a file
 * system registered for a deeper path), the core sends it.
 */
void tls4217_offload_begin(struct tls4217_session *sess, off_t size);

/*
 * Before the handshake of the data connection (sess->data.conn): decides
 * whether the file is sent here, and asks for the kernel where it may be used.
 * The file is sent, and counted as the core would, when the core reads it.
 */
void tls4217_offload_request(struct tls4217_session *sess);

#endif
