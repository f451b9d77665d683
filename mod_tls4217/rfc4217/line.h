/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a command line is
 *
 * RFC 959, section 5.3: a Telnet string that CRLF ends.  There is one reader
 * of commands, ProFTPD's, and it has ways of its own with Telnet's signals
 * and with a line feed that stands alone.  Whoever must know a command before
 * ProFTPD reads it asks here, and gets the word that ProFTPD will read.
 */

#ifndef TLS4217_RFC4217_LINE_H
#define TLS4217_RFC4217_LINE_H

#include <stdbool.h>
#include <stddef.h>

/* The longest line, in bytes with its CRLF, that is looked into.  No command
 * that must be known early is anywhere near it. */
#define TLS4217_LINE_SHORT 64

/*
 * Where a Telnet command stands between two bytes.  It outlives a line, and
 * AUTH and CCC too: ProFTPD keeps one for each control connection.  At the
 * beginning all is zero.
 */
struct tls4217_line_telnet {
  unsigned char mode; /* the command that is open; 0: none */
  bool off;           /* ProFTPD takes 0xff for a letter (its UseEncoding) */
};

/* One line, read. */
struct tls4217_line {
  char verb[8];  /* in upper case; "" where a line has no short command */
  bool argument; /* more than white space is behind the verb, or a NUL */
  bool empty;    /* no command at all: ProFTPD answers 500 */
};

/*
 * The length of the first line in len bytes, with its CRLF; 0 when its end is
 * not there.  bytes must begin a line.  A line feed without a carriage return
 * before it is white space (as in ProFTPD), not an end.
 */
size_t tls4217_line_length(const char *bytes, size_t len);

/*
 * Whether bytes are how a TLS handshake begins (RFC 8446, section 5.1: a record
 * of type handshake, of a version 3.x), as far as len says: no command begins
 * so.  A client that sends this first means implicit TLS.
 */
bool tls4217_line_is_tls(const char *bytes, size_t len);

/* Moves the state over len bytes of a line that ProFTPD has read. */
void tls4217_line_skip(
  struct tls4217_line_telnet *telnet, const char *bytes, size_t len);

/*
 * Reads a whole line of len bytes, CRLF included, as ProFTPD will from the
 * state given, which is moved behind the line.  A line that is longer than
 * TLS4217_LINE_SHORT is a command with the verb "".
 */
void tls4217_line_read(struct tls4217_line_telnet *telnet, const char *bytes,
  size_t len, struct tls4217_line *line);

#endif
