/*
 * mod_tls4217 - TLSLog
 *
 * One file per virtual host, opened by the daemon and inherited by its
 * sessions.  What an administrator must see even without a TLSLog goes to
 * ProFTPD's own log too.
 */

#ifndef TLS4217_FTP_LOG_H
#define TLS4217_FTP_LOG_H

#include "mod_tls4217/ftp/core.h"

/* No TLSLog is configured, or it could not be opened. */
#define TLS4217_LOG_NONE (-1)

/*
 * Opens a TLSLog, as root.  Returns its descriptor, or TLS4217_LOG_NONE after
 * having said in ProFTPD's log why the file cannot be used.
 */
int tls4217_log_open(const char *path);

/* Writes one line, with time and process id.  Does nothing without a log. */
void tls4217_log_write(int fd, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

/* An error of the start-up, for ProFTPD's log (standard error at -t). */
void tls4217_log_startup_error(const char *server, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

/* The same, as a warning. */
void tls4217_log_startup_warning(const char *server, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

#endif
