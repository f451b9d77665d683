/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whom TLSSessionReuse user would refuse, in shared memory
 *
 * See strangers.h.  A row is written once, and then only counts.
 */

#include <ctype.h>
#include <stdatomic.h>
#include <string.h>

#include "mod_tls4217/rfc4217/strangers.h"

enum {
  EMPTY,
  TAKEN,
  WRITTEN
};

struct row {
  _Atomic uint32_t stage;
  _Atomic uint64_t count;
  struct tls4217_stranger who;
};

struct tls4217_strangers {
  struct row rows[TLS4217_STRANGERS_ROWS];
};

size_t tls4217_strangers_size(void) {
  return sizeof(struct tls4217_strangers);
}

static bool is_same(
  const struct tls4217_stranger *one, const struct tls4217_stranger *other) {
  return one->server == other->server &&
    strncmp(one->user, other->user, sizeof(one->user)) == 0 &&
    strncmp(one->client, other->client, sizeof(one->client)) == 0;
}

/* Two sessions of one user may take a row each; who reads adds them up. */
int tls4217_strangers_add(
  struct tls4217_strangers *strangers, const struct tls4217_stranger *who) {
  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    struct row *row = &strangers->rows[i];
    uint32_t stage = EMPTY;

    if (atomic_compare_exchange_strong(&row->stage, &stage, TAKEN)) {
      row->who = *who;
      atomic_store(&row->stage, WRITTEN);
      stage = WRITTEN;
    }

    if (stage == WRITTEN && is_same(&row->who, who)) {
      (void) atomic_fetch_add(&row->count, 1);
      return 0;
    }
  }

  return -1;
}

bool tls4217_strangers_read(const struct tls4217_strangers *strangers, int row,
  struct tls4217_stranger *who) {
  const struct row *from = &strangers->rows[row];

  if (atomic_load(&from->stage) != WRITTEN) {
    return false;
  }

  *who = from->who;
  who->user[sizeof(who->user) - 1] = '\0';
  who->client[sizeof(who->client) - 1] = '\0';
  who->host[sizeof(who->host) - 1] = '\0';
  who->count = atomic_load(&from->count);
  return true;
}

bool tls4217_strangers_is_plain(const char *user) {
  static const char *const words[] = { "AND", "OR", "regex" };

  if (*user == '\0' || *user == '!' || *user == '#') {
    return false;
  }

  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
    if (strcmp(user, words[i]) == 0) {
      return false;
    }
  }

  for (const char *at = user; *at != '\0'; at++) {
    if (isalnum((unsigned char) *at) == 0 && strchr("._-@+$", *at) == NULL &&
      (unsigned char) *at < 0x80) {
      return false;
    }
  }

  return true;
}
