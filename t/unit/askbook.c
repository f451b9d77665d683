/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a daemon asks of a keybook, without a process between them
 *
 * See askbook.h.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "t/unit/askbook.h"

static unsigned char frame[TLS4217_KEYPROTO_MAX];

struct tls4217_keyproto_writer askbook_begin(enum tls4217_keyproto_type type) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, frame, sizeof(frame), type);
  return writer;
}

bool askbook_serve(struct tls4217_keybook *book,
  struct tls4217_keyproto_writer *writer, const int *fds, size_t nfds,
  struct tls4217_keyproto_reader *reader, struct tls4217_error *err) {
  size_t size = tls4217_keybook_serve(
    book, frame, tls4217_keyproto_end(writer), sizeof(frame), fds, nfds);
  enum tls4217_keyproto_type type = tls4217_keyproto_open(reader, frame, size);

  if (type != TLS4217_KEYPROTO_DONE) {
    assert_int_equal(type, TLS4217_KEYPROTO_FAILED);
    tls4217_keyproto_read_failure(reader, err);
  }

  return type == TLS4217_KEYPROTO_DONE;
}

uint64_t askbook_load(struct tls4217_keybook *book, const char *file,
  const char *id, struct tls4217_error *err) {
  struct tls4217_keyproto_writer writer = askbook_begin(TLS4217_KEYPROTO_LOAD);
  struct tls4217_keyproto_reader reader;
  int fd = open(file, O_RDONLY | O_CLOEXEC);

  assert_true(fd >= 0);
  tls4217_keyproto_put_text(&writer, id);
  tls4217_keyproto_put_u64(&writer, ASKBOOK_SCOPE);
  tls4217_keyproto_put_u64(&writer, 0);
  tls4217_keyproto_put_text(&writer, file);
  for (int i = 0; i < 2; i++) {
    tls4217_keyproto_put_text(&writer, NULL);
  }

  return askbook_serve(book, &writer, &fd, 1, &reader, err) ?
    tls4217_keyproto_get_u64(&reader) :
    0;
}

bool askbook_number(struct tls4217_keybook *book,
  enum tls4217_keyproto_type type, uint64_t number, struct tls4217_error *err) {
  struct tls4217_keyproto_writer writer = askbook_begin(type);
  struct tls4217_keyproto_reader reader;

  tls4217_keyproto_put_u64(&writer, number);
  return askbook_serve(book, &writer, NULL, 0, &reader, err);
}

bool askbook_text(struct tls4217_keybook *book, enum tls4217_keyproto_type type,
  const char *name, const char *bytes, struct tls4217_error *err) {
  struct tls4217_keyproto_writer writer = askbook_begin(type);
  struct tls4217_keyproto_reader reader;

  tls4217_keyproto_put_text(&writer, name);
  if (type == TLS4217_KEYPROTO_RECALL) {
    tls4217_keyproto_put_u64(&writer, ASKBOOK_SCOPE);
  } else if (bytes != NULL) {
    tls4217_keyproto_put_bytes(&writer, bytes, strlen(bytes));
  }

  return askbook_serve(book, &writer, NULL, 0, &reader, err);
}
