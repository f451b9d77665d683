/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what has been said about the life of a certificate
 *
 * See reminders.h.  Ids are parts of digests: their lowest bits are as good as
 * any hash.
 */

#include "mod_tls4217/rfc4217/reminders.h"

/* How many rows are tried for an id. */
#define TRIES 64

struct row {
  uint64_t id; /* 0: empty */
  uint64_t stage;
};

struct tls4217_reminders {
  struct row rows[TLS4217_REMINDERS_ROWS];
};

size_t tls4217_reminders_size(void) {
  return sizeof(struct tls4217_reminders);
}

int tls4217_reminders_note(
  struct tls4217_reminders *reminders, uint64_t id, unsigned int stage) {
  for (uint64_t i = 0; reminders != NULL && i < TRIES; i++) {
    struct row *row = &reminders->rows[(id + i) % TLS4217_REMINDERS_ROWS];

    if (row->id == 0) {
      row->id = id;
    }

    if (row->id == id) {
      const int is_new = row->stage < stage ? 1 : 0;

      row->stage = is_new ? stage : row->stage;
      return is_new;
    }
  }

  return -1;
}
