/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a daemon asks of a keybook, without a process between them
 */

#ifndef TLS4217_UNIT_ASKBOOK_H
#define TLS4217_UNIT_ASKBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/keys/keybook.h"
#include "mod_tls4217/tls/keys/keyproto.h"

/* Of every pair here. */
#define ASKBOOK_SCOPE 1

/* Asks what has been written, and has the answer behind its header in reader.
 * Returns whether it is DONE; err is filled from FAILED. */
bool askbook_serve(struct tls4217_keybook *book,
  struct tls4217_keyproto_writer *writer, const int *fds, size_t nfds,
  struct tls4217_keyproto_reader *reader, struct tls4217_error *err);

/* Begins a question, in the one buffer that there is. */
struct tls4217_keyproto_writer askbook_begin(enum tls4217_keyproto_type type);

/* LOAD, with a file of certificate and key: the handle, or 0. */
uint64_t askbook_load(struct tls4217_keybook *book, const char *file,
  const char *id, struct tls4217_error *err);

/* ACCEPT and DROP; RECALL, KEEP and FETCH, whose bytes may be NULL. */
bool askbook_number(struct tls4217_keybook *book,
  enum tls4217_keyproto_type type, uint64_t number, struct tls4217_error *err);
bool askbook_text(struct tls4217_keybook *book, enum tls4217_keyproto_type type,
  const char *name, const char *bytes, struct tls4217_error *err);

#endif
