/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes ftp/command_buffer.c, and rfc4217/line.c with it
 *
 * The input is a dialogue: a byte says what is done and with how much, the
 * bytes behind it are what a client sent.  What comes out must be what went
 * in (but for line feeds that would stand in front), and the lines that are
 * read ahead must be those that leave.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/rfc4217/command_buffer.h"
#include "t/fuzz/fuzz.h"

/* What went in and has not come out. */
struct model {
  char bytes[TLS4217_COMMAND_BUFFER_SIZE];
  size_t len;
};

static struct tls4217_command_buffer buffer;
static struct model model;

/* How Telnet stands for a reader of all that came out. */
static struct tls4217_line_telnet reader;

static void put(struct fuzz_input *in, size_t count) {
  size_t room;
  char *at = tls4217_command_buffer_room(&buffer, &room);

  fuzz_insist(room == sizeof(model.bytes) - model.len);
  if (count > room) {
    count = room;
  }

  count = fuzz_take(in, at, count);
  memcpy(model.bytes + model.len, at, count);
  model.len += count;
  tls4217_command_buffer_add(&buffer, count);
}

/* So many line-free bytes that the buffer may become full. */
static void stuff(size_t count) {
  size_t room;
  char *at = tls4217_command_buffer_room(&buffer, &room);

  count = count > room ? room : count;
  memset(at, 'x', count);
  memset(model.bytes + model.len, 'x', count);
  model.len += count;
  tls4217_command_buffer_add(&buffer, count);
}

/* Compares what came out with the model.  Returns how much of it that is. */
static size_t compare(const char *out, size_t len, size_t size) {
  bool lonely = model.bytes[0] == '\n';

  fuzz_insist(len <= size);
  if (lonely && len == 2 && memcmp(out, "\r\n", 2) == 0) {
    return 1;
  }

  fuzz_insist(len <= model.len);
  fuzz_insist(len == 0 ||
    out[0] == (lonely && size > 1 ? ' ' : model.bytes[0]) ||
    (lonely && out[0] == ' '));
  fuzz_insist(len == 0 || memcmp(out + 1, model.bytes + 1, len - 1) == 0);
  return len;
}

static void take(size_t size, bool rest) {
  char *out = malloc(size > 0 ? size : 1);
  bool ready = tls4217_command_buffer_is_ready(&buffer);
  struct tls4217_command_cursor cursor = tls4217_command_buffer_begin(&buffer);
  size_t len, count, skipped = cursor.at;
  struct tls4217_line ahead, line;
  bool whole = tls4217_command_buffer_next(&buffer, &cursor, &ahead);

  fuzz_insist(out != NULL);
  len = rest ? tls4217_command_buffer_take_rest(&buffer, out, size) :
               tls4217_command_buffer_take(&buffer, out, size);
  fuzz_insist(ready || rest || len == 0);
  fuzz_insist(!ready || size == 0 || len > 0);
  count = compare(out, len, size);
  fuzz_insist(len == 0 || out[0] != '\n' || size == 1);

  /* A line that leaves whole is the one that was read ahead. */
  if (whole && skipped == 0 && len == cursor.at) {
    tls4217_line_read(&reader, out, len, &line);
    fuzz_insist(memcmp(&line, &ahead, sizeof(line)) == 0);

  } else {
    tls4217_line_skip(&reader, out, len);
  }
  fuzz_insist(reader.mode == buffer.telnet.mode);

  memmove(model.bytes, model.bytes + count, model.len - count);
  model.len -= count;
  fuzz_insist(buffer.len == model.len);
  fuzz_insist(memcmp(buffer.bytes, model.bytes, model.len) == 0);
  free(out);
}

static void read_ahead(void) {
  struct tls4217_command_cursor cursor = tls4217_command_buffer_begin(&buffer);
  struct tls4217_line line;
  size_t before = cursor.at;

  while (tls4217_command_buffer_next(&buffer, &cursor, &line)) {
    fuzz_insist(cursor.at > before + 1 && cursor.at <= buffer.len);
    fuzz_insist(memcmp(buffer.bytes + cursor.at - 2, "\r\n", 2) == 0);
    fuzz_insist(memchr(line.verb, '\0', sizeof(line.verb)) != NULL);
    fuzz_insist(!line.empty || (line.verb[0] == '\0' && !line.argument));
    before = cursor.at;
  }

  fuzz_insist(before == 0 || tls4217_command_buffer_is_ready(&buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };

  memset(&model, 0, sizeof(model));
  memset(&buffer, 0, sizeof(buffer));
  memset(&reader, 0, sizeof(reader));
  while (in.size > 0) {
    unsigned int op = fuzz_byte(&in), count = op >> 2;

    switch (op & 3) {
      case 0:
        put(&in, count);
        break;
      case 1:
        take(count, false);
        break;
      case 2:
        stuff(count * 256);
        break;
      default:
        take(count == 0 ? TLS4217_COMMAND_BUFFER_SIZE : count, count & 1);
    }
    read_ahead();
  }

  return 0;
}
