/*
 * mod_tls4217 - commands that have been decrypted but not yet read
 *
 * See command_buffer.h.  Used by control.c alone.
 */

#include <string.h>
#include <strings.h>

#include "mod_tls4217/ftp/command_buffer.h"

char *tls4217_command_buffer_room(
  struct tls4217_command_buffer *buffer, size_t *size) {
  *size = sizeof(buffer->bytes) - buffer->len;
  return buffer->bytes + buffer->len;
}

void tls4217_command_buffer_add(
  struct tls4217_command_buffer *buffer, size_t count) {
  buffer->len += count;
}

/* The length of the line that starts at from, with its LF; 0 without one. */
static size_t line_length(
  const struct tls4217_command_buffer *buffer, size_t from) {
  const char *begin = buffer->bytes + from, *end;

  end = memchr(begin, '\n', buffer->len - from);
  return end != NULL ? (size_t) (end - begin) + 1 : 0;
}

bool tls4217_command_buffer_is_ready(
  const struct tls4217_command_buffer *buffer) {
  return buffer->len == sizeof(buffer->bytes) || line_length(buffer, 0) > 0;
}

size_t tls4217_command_buffer_take(
  struct tls4217_command_buffer *buffer, char *out, size_t size) {
  size_t count;

  if (tls4217_command_buffer_is_ready(buffer) == false) {
    return 0;
  }

  count = line_length(buffer, 0);
  if (count == 0) {
    /* The line feed may be next: it must not be alone. */
    count = buffer->len - 1;
  }

  if (count > size) {
    count = size;
  }

  if (count > 1 && count < buffer->len && buffer->bytes[count - 1] != '\n' &&
    buffer->bytes[count] == '\n') {
    count--;
  }

  memcpy(out, buffer->bytes, count);
  memmove(buffer->bytes, buffer->bytes + count, buffer->len - count);
  buffer->len -= count;
  memset(buffer->bytes + buffer->len, 0, count);
  return count;
}

/* Whether the line of len bytes at line is the command verb. */
static bool is_command(const char *line, size_t len, const char *verb) {
  size_t verb_len = strlen(verb);

  /* IAC, IP, DM and the like: bytes that no command starts with. */
  while (len > 0 && (unsigned char) *line >= 0xf0) {
    line++;
    len--;
  }

  return len > verb_len && strncasecmp(line, verb, verb_len) == 0 &&
    memchr(" \r\n", line[verb_len], 3) != NULL;
}

bool tls4217_command_buffer_has(const struct tls4217_command_buffer *buffer,
  const char *verb, enum tls4217_command_place place) {
  size_t from = 0, len;

  while ((len = line_length(buffer, from)) > 0) {
    if (is_command(buffer->bytes + from, len, verb) == true) {
      return true;
    }

    if (place == TLS4217_COMMAND_FIRST) {
      return false;
    }

    from += len;
  }

  return false;
}

void tls4217_command_buffer_clear(struct tls4217_command_buffer *buffer) {
  explicit_bzero(buffer, sizeof(*buffer));
}
