/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an upload touches nothing until TLS is up
 *
 * ProFTPD opens, and truncates, the target of STOR before it opens the data
 * connection.  A handshake that fails would leave an empty file in place of a
 * good one.  So while an upload waits for its handshake, its file is opened
 * through a file system layer of ours that holds the truncation back.  What
 * may be done when is decided in heldfile.c.
 */

#ifndef TLS4217_FTP_DATA_UPLOAD_H
#define TLS4217_FTP_DATA_UPLOAD_H

#include "mod_tls4217/ftp/session.h"

/*
 * Protects the file that the upload command cmd is about to open.  Where it
 * cannot (a file system registered for a deeper path), things are as in ProFTPD
 * without us.
 */
void tls4217_upload_begin(struct tls4217_session *sess, const cmd_rec *cmd);

/*
 * The handshake is done: truncates the file if the core asked for that.
 * Returns 0, or -1 with errno set; the upload must fail then.
 */
int tls4217_upload_commit(struct tls4217_session *sess);

/*
 * The command is over, or the session ends.  Unless the upload was committed, a
 * file that it has made, and that no one else uses, is removed.
 */
void tls4217_upload_end(struct tls4217_session *sess);

#endif
