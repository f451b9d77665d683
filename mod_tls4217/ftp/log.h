/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSLog
 *
 * One file per virtual host, opened by the daemon and inherited by its
 * sessions.  What an administrator must see even without a TLSLog is
 * complaints.c's to say.
 */

#ifndef TLS4217_FTP_LOG_H
#define TLS4217_FTP_LOG_H

#include "mod_tls4217/ftp/core.h"

/* No TLSLog is configured, or it could not be opened. */
#define TLS4217_LOG_NONE (-1)

/*
 * Opens a TLSLog, as root.  Returns its descriptor, or TLS4217_LOG_NONE with
 * *why saying why the file cannot be used (NULL where path is NULL); it holds
 * until errno's text is asked for again.
 */
int tls4217_log_open(const char *path, const char **why);

/* Writes one line, with time and process id.  Does nothing without a log. */
void tls4217_log_write(int fd, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

#endif
