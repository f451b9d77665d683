/*
 * mod_tls4217 - commands that have been decrypted but not yet read
 *
 * TLS records and FTP commands do not end at the same bytes.  This buffer
 * hands ProFTPD whole lines, one at a time, and can be searched for an ABOR
 * that arrived during a transfer (RFC 4217, section 14).  A plain struct: no
 * OpenSSL, no ProFTPD.
 *
 * Whole lines matter for more than order: ProFTPD up to 1.3.9 mistakes a line
 * feed for data when it is the first byte of a read.
 */

#ifndef TLS4217_FTP_COMMAND_BUFFER_H
#define TLS4217_FTP_COMMAND_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Longer than any command that ProFTPD takes in its default configuration. */
#define TLS4217_COMMAND_BUFFER_SIZE 8192

/* An empty buffer is all zeros. */
struct tls4217_command_buffer {
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
 * number of bytes, 0 when the buffer is not ready.  What is left never starts
 * with the line feed of the same line.
 */
size_t tls4217_command_buffer_take(
  struct tls4217_command_buffer *buffer, char *out, size_t size);

/* Which of the buffered lines tls4217_command_buffer_has looks at. */
enum tls4217_command_place {
  TLS4217_COMMAND_FIRST,
  TLS4217_COMMAND_ANYWHERE
};

/*
 * Whether a whole line with the command verb (in upper case, as "ABOR") is
 * buffered, in any case and behind the Telnet signals of RFC 959, section
 * 4.1.3.
 */
bool tls4217_command_buffer_has(const struct tls4217_command_buffer *buffer,
  const char *verb, enum tls4217_command_place place);

/* Forgets, and wipes, what is buffered: passwords pass through here. */
void tls4217_command_buffer_clear(struct tls4217_command_buffer *buffer);

#endif
