/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that have been decrypted but not yet read
 *
 * TLS records and FTP commands do not end at the same bytes, nor do segments
 * of TCP.  This buffer hands ProFTPD whole lines, one at a time, so that what
 * is behind a command stays here, where it can be looked at and held back
 * during a transfer (RFC 4217, section 14).
 *
 * Whole lines matter for more than order: what a line feed means that is the
 * first byte of a read differs between versions of ProFTPD, and some look at
 * the byte in front of their buffer.  No read begins with one here.
 */

#ifndef TLS4217_RFC4217_COMMAND_BUFFER_H
#define TLS4217_RFC4217_COMMAND_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

#include "mod_tls4217/rfc4217/line.h"

/* Longer than any command that ProFTPD takes in its default configuration. */
#define TLS4217_COMMAND_BUFFER_SIZE 8192

/* An empty buffer is all zeros. */
struct tls4217_command_buffer {
  struct tls4217_line_telnet telnet; /* before the first byte */
  bool cr_left; /* a carriage return left alone; its line feed may be next */
  size_t len;
  char bytes[TLS4217_COMMAND_BUFFER_SIZE];
};

/*
 * The free room behind what is buffered: its address, and its size in bytes
 * in *size (0 when the buffer is full).
 */
char *tls4217_command_buffer_room(
  struct tls4217_command_buffer *buffer, size_t *size);

/* Says that count bytes were put into the room. */
void tls4217_command_buffer_add(
  struct tls4217_command_buffer *buffer, size_t count);

/*
 * Whether tls4217_command_buffer_take would return something: a whole line,
 * or a buffer so full that the line's end cannot be waited for.
 */
bool tls4217_command_buffer_is_ready(
  const struct tls4217_command_buffer *buffer);

/*
 * Moves at most one line, and at most size bytes of it, to out.  Returns the
 * number of bytes, 0 when the buffer is not ready.  What is returned never
 * begins with a line feed, unless size is 1: one that stands alone at the
 * beginning becomes a space, which is as much white space, and one whose
 * carriage return left alone before gets another.
 */
size_t tls4217_command_buffer_take(
  struct tls4217_command_buffer *buffer, char *out, size_t size);

/* The same with what is there, be it a whole line or not. */
size_t tls4217_command_buffer_take_rest(
  struct tls4217_command_buffer *buffer, char *out, size_t size);

/* A place between two lines, and how Telnet stands there. */
struct tls4217_command_cursor {
  size_t at; /* in bytes from the first */
  struct tls4217_line_telnet telnet;
};

/* The place before the first line. */
struct tls4217_command_cursor tls4217_command_buffer_begin(
  const struct tls4217_command_buffer *buffer);

/*
 * Reads the line behind the cursor and moves the cursor behind that.  Returns
 * false, and changes nothing, where no whole line is left.
 */
bool tls4217_command_buffer_next(const struct tls4217_command_buffer *buffer,
  struct tls4217_command_cursor *cursor, struct tls4217_line *line);

/*
 * Forgets, and wipes, what is buffered: passwords pass through here.  How
 * Telnet stands with ProFTPD is not forgotten.
 */
void tls4217_command_buffer_clear(struct tls4217_command_buffer *buffer);

#endif
