/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - text of other people's choice, made fit to be shown
 *
 * Names in certificates, file names and what a client types reach logs,
 * notes and the environment.  A control character among them could forge a
 * line of a log or command a terminal.  What counts as one, and how long such
 * a text may be, is said here and nowhere else: C0 and DEL (ASCII), and C1
 * (ISO/IEC 6429), both as U+0080 to U+009F in UTF-8 and as single bytes, which
 * a terminal that knows no UTF-8 obeys.
 */

#ifndef TLS4217_TLS_SCRUB_H
#define TLS4217_TLS_SCRUB_H

#include <stdbool.h>
#include <stddef.h>

/* The most bytes of one value in a note or the environment, without the NUL:
 * what ProFTPD takes for one variable. */
#define TLS4217_SCRUB_MAX 2047

/*
 * Whether the len bytes at text hold neither a control character nor a NUL.
 */
bool tls4217_scrub_is_clean(const char *text, size_t len);

/*
 * Puts blot in place of each control character of text, in place; the text
 * never grows.
 */
void tls4217_scrub(char *text, char blot);

/*
 * The same, and for each byte that is not UTF-8: a text for JSON, whose writer
 * in ProFTPD stops the process at any other (RFC 8259, section 8.1).
 */
void tls4217_scrub_to_utf8(char *text, char blot);

/*
 * Cuts text, in place, to at most max bytes and never inside a character of
 * UTF-8; "..." at the end says that it was cut (max is at least 3).
 */
void tls4217_scrub_cut(char *text, size_t max);

#endif
