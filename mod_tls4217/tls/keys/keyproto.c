/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the protocol of the key process
 *
 * See keyproto.h.  A header is the version, the type, the tag, and the frame's
 * length.
 */

#include <errno.h>
#include <string.h>

#include "mod_tls4217/tls/keys/keyproto.h"

/* Writing. */

static void put(
  struct tls4217_keyproto_writer *writer, const void *bytes, size_t size) {
  if (writer->bad || writer->room - writer->size < size) {
    writer->bad = true;
    return;
  }

  if (size > 0) {
    memcpy(writer->bytes + writer->size, bytes, size);
    writer->size += size;
  }
}

static void put_number(
  struct tls4217_keyproto_writer *writer, uint64_t value, size_t size) {
  unsigned char bytes[8];

  for (size_t i = 0; i < size; i++) {
    bytes[i] = (unsigned char) (value >> (8 * (size - 1 - i)));
  }

  put(writer, bytes, size);
}

void tls4217_keyproto_begin(struct tls4217_keyproto_writer *writer, void *bytes,
  size_t room, enum tls4217_keyproto_type type) {
  *writer = (struct tls4217_keyproto_writer){ .bytes = bytes, .room = room };

  put_number(writer, TLS4217_KEYPROTO_VERSION, 1);
  put_number(writer, type, 1);
  put_number(writer, 0, 2);
  put_number(writer, 0, 4);
}

void tls4217_keyproto_put_u16(
  struct tls4217_keyproto_writer *writer, unsigned int value) {
  put_number(writer, value, 2);
}

void tls4217_keyproto_put_u64(
  struct tls4217_keyproto_writer *writer, uint64_t value) {
  put_number(writer, value, 8);
}

void tls4217_keyproto_put_bytes(
  struct tls4217_keyproto_writer *writer, const void *bytes, size_t size) {
  if (size > TLS4217_KEYPROTO_MAX) {
    writer->bad = true;
    return;
  }

  put_number(writer, size, 4);
  put(writer, bytes, size);
}

void tls4217_keyproto_put_text(
  struct tls4217_keyproto_writer *writer, const char *text) {
  tls4217_keyproto_put_bytes(writer, text, text != NULL ? strlen(text) + 1 : 0);
}

size_t tls4217_keyproto_end(struct tls4217_keyproto_writer *writer) {
  size_t size = writer->size;

  if (writer->bad || size > TLS4217_KEYPROTO_MAX) {
    return 0;
  }

  writer->size = 4;
  put_number(writer, size, 4);
  writer->size = size;
  return size;
}

void tls4217_keyproto_set_tag(void *frame, unsigned int tag) {
  unsigned char *bytes = frame;

  bytes[2] = (unsigned char) (tag >> 8);
  bytes[3] = (unsigned char) tag;
}

/* Reading. */

static const unsigned char *get(
  struct tls4217_keyproto_reader *reader, size_t size) {
  const unsigned char *bytes = reader->bytes;

  if (reader->bad || reader->size < size) {
    reader->bad = true;
    return NULL;
  }

  reader->bytes += size;
  reader->size -= size;
  return bytes;
}

static uint64_t get_number(
  struct tls4217_keyproto_reader *reader, size_t size) {
  const unsigned char *bytes = get(reader, size);
  uint64_t value = 0;

  for (size_t i = 0; bytes != NULL && i < size; i++) {
    value = value << 8 | bytes[i];
  }

  return value;
}

enum tls4217_keyproto_type tls4217_keyproto_open(
  struct tls4217_keyproto_reader *reader, const void *bytes, size_t size) {
  uint64_t version, type, len;

  *reader = (struct tls4217_keyproto_reader){ .bytes = bytes, .size = size };

  version = get_number(reader, 1);
  type = get_number(reader, 1);
  reader->tag = (unsigned int) get_number(reader, 2);
  len = get_number(reader, 4);

  reader->bad = reader->bad || version != TLS4217_KEYPROTO_VERSION ||
    type < TLS4217_KEYPROTO_SIGN || type > TLS4217_KEYPROTO_FAILED ||
    len != size;
  return reader->bad ? 0 : (enum tls4217_keyproto_type) type;
}

unsigned int tls4217_keyproto_get_u16(struct tls4217_keyproto_reader *reader) {
  return (unsigned int) get_number(reader, 2);
}

uint64_t tls4217_keyproto_get_u64(struct tls4217_keyproto_reader *reader) {
  return get_number(reader, 8);
}

const void *tls4217_keyproto_get_bytes(
  struct tls4217_keyproto_reader *reader, size_t *size) {
  const void *bytes;

  *size = (size_t) get_number(reader, 4);
  bytes = get(reader, *size);
  if (bytes == NULL) {
    *size = 0;
  }

  return bytes;
}

const char *tls4217_keyproto_get_text(struct tls4217_keyproto_reader *reader) {
  size_t size;
  const char *text = tls4217_keyproto_get_bytes(reader, &size);

  if (text == NULL || size == 0) {
    return NULL;
  }

  if (memchr(text, '\0', size) != text + size - 1) {
    reader->bad = true;
    return NULL;
  }

  return text;
}

bool tls4217_keyproto_close(const struct tls4217_keyproto_reader *reader) {
  return reader->bad == false && reader->size == 0;
}

/* Whole frames. */

size_t tls4217_keyproto_write_sign(void *bytes, size_t room,
  const struct tls4217_signjob *job, uint64_t deadline) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, bytes, room, TLS4217_KEYPROTO_SIGN);
  tls4217_keyproto_put_u64(&writer, job->handle);
  tls4217_keyproto_put_u64(&writer, deadline);
  tls4217_keyproto_put_u16(&writer, job->digest);
  tls4217_keyproto_put_u16(&writer, job->padding);
  tls4217_keyproto_put_bytes(&writer, job->message, job->size);
  return tls4217_keyproto_end(&writer);
}

bool tls4217_keyproto_read_sign(struct tls4217_keyproto_reader *reader,
  struct tls4217_signjob *job, uint64_t *deadline) {
  unsigned int digest, padding;

  job->handle = tls4217_keyproto_get_u64(reader);
  *deadline = tls4217_keyproto_get_u64(reader);
  digest = tls4217_keyproto_get_u16(reader);
  padding = tls4217_keyproto_get_u16(reader);
  job->message = tls4217_keyproto_get_bytes(reader, &job->size);

  if (tls4217_keyproto_close(reader) == false ||
    digest >= TLS4217_SIGN_NDIGESTS || padding >= TLS4217_SIGN_NPADDINGS ||
    job->size > TLS4217_SIGN_MAX_MESSAGE) {
    return false;
  }

  job->digest = (enum tls4217_sign_digest) digest;
  job->padding = (enum tls4217_sign_padding) padding;
  return true;
}

size_t tls4217_keyproto_write_failure(
  void *bytes, size_t room, const struct tls4217_error *err) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, bytes, room, TLS4217_KEYPROTO_FAILED);
  tls4217_keyproto_put_u16(&writer, (unsigned int) err->errnum);
  tls4217_keyproto_put_u16(&writer, (unsigned int) err->detail);
  tls4217_keyproto_put_text(&writer, err->text);
  return tls4217_keyproto_end(&writer);
}

void tls4217_keyproto_read_failure(
  struct tls4217_keyproto_reader *reader, struct tls4217_error *err) {
  int errnum = (int) tls4217_keyproto_get_u16(reader);
  int detail = (int) tls4217_keyproto_get_u16(reader);
  const char *text = tls4217_keyproto_get_text(reader);

  if (text == NULL || tls4217_keyproto_close(reader) == false) {
    tls4217_error_set(err, EPROTO, "the key process sent an invalid response");
    return;
  }

  if (err != NULL && tls4217_error_is_set(err) == false) {
    err->detail = detail;
  }

  tls4217_error_set(err, errnum, "%s", text);
}
