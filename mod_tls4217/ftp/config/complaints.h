/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what is wrong with the configuration: said once, and heard
 *
 * Complaints are gathered while the configuration is read and the servers are
 * prepared, and said together when all is known: one line for each mistake,
 * however many virtual hosts it is about, in ProFTPD's log and in the TLSLog
 * of those hosts.
 */

#ifndef TLS4217_FTP_CONFIG_COMPLAINTS_H
#define TLS4217_FTP_CONFIG_COMPLAINTS_H

#include "mod_tls4217/ftp/core.h"

enum tls4217_complaint_kind {
  TLS4217_COMPLAINT_NOTICE,
  TLS4217_COMPLAINT_WARNING,
  TLS4217_COMPLAINT_ERROR
};

/*
 * A complaint about a server: what its settings, or the files that they name,
 * cannot do.  Name and address of the server are put in front of it.
 */
void tls4217_complaints_error(const server_rec *rec, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));
void tls4217_complaints_warning(const server_rec *rec, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));
void tls4217_complaints_notice(const server_rec *rec, const char *fmt, ...)
  __attribute__((format(printf, 2, 3)));

/*
 * A complaint about a line of the configuration; place says which, for
 * people.  Several lines with the same text are one complaint.
 */
void tls4217_complaints_line(
  enum tls4217_complaint_kind kind, const char *place, const char *text);

/*
 * A warning about what a line, whose place is place, means for a server.  The
 * same text about several servers and lines is one complaint, too.
 */
void tls4217_complaints_warning_on(
  const server_rec *rec, const char *place, const char *text);

/* The first error about a server that has not been said yet, or NULL. */
const char *tls4217_complaints_reason(const server_rec *rec);

/* The TLSLog of a server; of NULL, and where it has none: the main one's. */
typedef int (*tls4217_complaints_log)(const server_rec *rec);

/* Says all of them, and forgets them. */
void tls4217_complaints_say(tls4217_complaints_log log_of);

/* Forgets all of them. */
void tls4217_complaints_forget(void);

/* "127.0.0.1:21", of a server, from p. */
const char *tls4217_complaints_address(pool *p, const server_rec *rec);

#endif
