/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - commands that have been decrypted but not yet read
 *
 * See command_buffer.h.  Used by control.c alone.
 */

#include <string.h>

#include "mod_tls4217/rfc4217/command_buffer.h"

char *tls4217_command_buffer_room(
  struct tls4217_command_buffer *buffer, size_t *size) {
  *size = sizeof(buffer->bytes) - buffer->len;
  return buffer->bytes + buffer->len;
}

void tls4217_command_buffer_add(
  struct tls4217_command_buffer *buffer, size_t count) {
  buffer->len += count;
}

/* Whether the first byte is the line feed of a carriage return that left. */
static bool begins_with_end(const struct tls4217_command_buffer *buffer) {
  return buffer->cr_left && buffer->len > 0 && buffer->bytes[0] == '\n';
}

/* The length of the first line, or of what is left of it; 0 without an end. */
static size_t first_length(const struct tls4217_command_buffer *buffer) {
  return begins_with_end(buffer) ?
    1 :
    tls4217_line_length(buffer->bytes, buffer->len);
}

bool tls4217_command_buffer_is_ready(
  const struct tls4217_command_buffer *buffer) {
  return buffer->len == sizeof(buffer->bytes) || first_length(buffer) > 0;
}

/* How much of a line of len bytes fits into size, so that what stays does not
 * begin with a line feed. */
static size_t piece_length(
  const struct tls4217_command_buffer *buffer, size_t len, size_t size) {
  if (len <= size) {
    return len;
  }

  while (size > 1 && buffer->bytes[size] == '\n') {
    size--;
  }

  return size;
}

/* Moves the first count bytes, which end a line or not, to out. */
static size_t move_out(struct tls4217_command_buffer *buffer, size_t count,
  bool ends, char *out, size_t size) {
  size_t given = count;

  memcpy(out, buffer->bytes, count);
  if (begins_with_end(buffer)) {
    if (size > 1) {
      memcpy(out, "\r\n", 2);
      given = 2;
    }

  } else if (out[0] == '\n') {
    out[0] = ' ';
  }

  tls4217_line_skip(&buffer->telnet, out, given);
  buffer->cr_left = !ends && out[given - 1] == '\r';

  memmove(buffer->bytes, buffer->bytes + count, buffer->len - count);
  buffer->len -= count;
  memset(buffer->bytes + buffer->len, 0, count);
  return given;
}

size_t tls4217_command_buffer_take(
  struct tls4217_command_buffer *buffer, char *out, size_t size) {
  size_t len, count;

  if (size == 0 || tls4217_command_buffer_is_ready(buffer) == false) {
    return 0;
  }

  /* In a full buffer without a line, the line feed may be next: its carriage
   * return waits for it. */
  len = first_length(buffer);
  count = piece_length(buffer, len > 0 ? len : buffer->len - 1, size);
  return move_out(buffer, count, count == len, out, size);
}

size_t tls4217_command_buffer_take_rest(
  struct tls4217_command_buffer *buffer, char *out, size_t size) {
  if (tls4217_command_buffer_is_ready(buffer)) {
    return tls4217_command_buffer_take(buffer, out, size);
  }

  if (size == 0 || buffer->len == 0) {
    return 0;
  }

  return move_out(
    buffer, piece_length(buffer, buffer->len, size), false, out, size);
}

struct tls4217_command_cursor tls4217_command_buffer_begin(
  const struct tls4217_command_buffer *buffer) {
  return (struct tls4217_command_cursor){ .at = begins_with_end(buffer) ? 1 : 0,
    .telnet = buffer->telnet };
}

bool tls4217_command_buffer_next(const struct tls4217_command_buffer *buffer,
  struct tls4217_command_cursor *cursor, struct tls4217_line *line) {
  const char *begin = buffer->bytes + cursor->at;
  size_t len = tls4217_line_length(begin, buffer->len - cursor->at);

  if (len == 0) {
    return false;
  }

  tls4217_line_read(&cursor->telnet, begin, len, line);
  cursor->at += len;
  return true;
}

void tls4217_command_buffer_clear(struct tls4217_command_buffer *buffer) {
  explicit_bzero(buffer->bytes, buffer->len);
  buffer->len = 0;
  buffer->cr_left = false;
}
