/*
 * mod_tls4217 - fuzzes ftp/command_buffer.c
 *
 * The input is a dialogue: a byte says what is done and with how much, the
 * bytes behind it are what a client sent.  What comes out must be what went
 * in, and no piece may begin with the line feed of its line.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/ftp/command_buffer.h"
#include "t/fuzz/fuzz.h"

/* What went in and has not come out. */
struct model {
  char bytes[TLS4217_COMMAND_BUFFER_SIZE];
  size_t len;
};

static struct tls4217_command_buffer buffer;
static struct model model;

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

static void take(size_t size) {
  char *out = malloc(size > 0 ? size : 1);
  bool ready = tls4217_command_buffer_is_ready(&buffer);
  const char *line = memchr(model.bytes, '\n', model.len);
  size_t len;

  fuzz_insist(out != NULL);
  len = tls4217_command_buffer_take(&buffer, out, size);
  fuzz_insist(len <= size && len <= model.len);
  fuzz_insist(ready || len == 0);
  fuzz_insist(!ready || size == 0 || len > 0);
  fuzz_insist(memcmp(out, model.bytes, len) == 0);
  fuzz_insist(line == NULL || len <= (size_t) (line - model.bytes) + 1);

  memmove(model.bytes, model.bytes + len, model.len - len);
  model.len -= len;
  fuzz_insist(buffer.len == model.len);
  fuzz_insist(memcmp(buffer.bytes, model.bytes, model.len) == 0);
  fuzz_insist(len < 2 || out[len - 1] == '\n' || model.len == 0 ||
    model.bytes[0] != '\n');
  free(out);
}

static void search(void) {
  bool first = tls4217_command_buffer_has(
    &buffer, "ABOR", TLS4217_COMMAND_FIRST);
  bool anywhere = tls4217_command_buffer_has(
    &buffer, "ABOR", TLS4217_COMMAND_ANYWHERE);

  fuzz_insist(!first || anywhere);
  fuzz_insist(!anywhere || tls4217_command_buffer_is_ready(&buffer));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };

  memset(&model, 0, sizeof(model));
  tls4217_command_buffer_clear(&buffer);
  while (in.size > 0) {
    unsigned int op = fuzz_byte(&in), count = op >> 2;

    switch (op & 3) {
      case 0:
        put(&in, count);
        break;
      case 1:
        take(count);
        break;
      case 2:
        stuff(count * 256);
        break;
      default:
        take(TLS4217_COMMAND_BUFFER_SIZE);
    }
    search();
  }

  return 0;
}
