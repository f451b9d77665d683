/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - turns of the keys in the key process
 *
 * See keyturns.h.
 */

#include <stdlib.h>

#include "mod_tls4217/tls/keys/keyturns.h"

struct tls4217_keybusy {
  struct tls4217_keybusy *next;
  uint64_t handle;
  unsigned int working;
  struct tls4217_keyturn *first, **last; /* who waits */
};

static struct tls4217_keybusy *find(
  const struct tls4217_keyturns *turns, uint64_t handle) {
  struct tls4217_keybusy *it = turns->first;

  while (it != NULL && it->handle != handle) {
    it = it->next;
  }

  return it;
}

bool tls4217_keyturns_has_room(
  const struct tls4217_keyturns *turns, uint64_t handle) {
  const struct tls4217_keybusy *busy = find(turns, handle);

  return busy == NULL || busy->working < turns->share;
}

void tls4217_keyturns_enter(struct tls4217_keyturns *turns, uint64_t handle) {
  struct tls4217_keybusy *busy = find(turns, handle);

  if (busy == NULL) {
    busy = calloc(1, sizeof(*busy));
    if (busy == NULL) {
      return;
    }

    busy->handle = handle;
    busy->last = &busy->first;
    busy->next = turns->first;
    turns->first = busy;
  }

  busy->working++;
}

void tls4217_keyturns_wait(struct tls4217_keyturns *turns, uint64_t handle,
  struct tls4217_keyturn *turn) {
  struct tls4217_keybusy *busy = find(turns, handle);

  turn->next = NULL;
  *busy->last = turn;
  busy->last = &turn->next;
}

/* One that no thread uses and no channel waits for. */
static void sweep(
  struct tls4217_keyturns *turns, struct tls4217_keybusy *busy) {
  struct tls4217_keybusy **link = &turns->first;

  if (busy->working > 0 || busy->first != NULL) {
    return;
  }

  while (*link != busy) {
    link = &(*link)->next;
  }

  *link = busy->next;
  free(busy);
}

void tls4217_keyturns_leave(struct tls4217_keyturns *turns, uint64_t handle) {
  struct tls4217_keybusy *busy = find(turns, handle);

  if (busy != NULL) {
    /* Not all may have been counted. */
    busy->working -= busy->working > 0 ? 1 : 0;
    sweep(turns, busy);
  }
}

struct tls4217_keyturn *tls4217_keyturns_next(
  struct tls4217_keyturns *turns, uint64_t handle) {
  struct tls4217_keybusy *busy = find(turns, handle);
  struct tls4217_keyturn *turn;

  if (busy == NULL || busy->first == NULL || busy->working >= turns->share) {
    return NULL;
  }

  turn = busy->first;
  busy->first = turn->next;
  if (busy->first == NULL) {
    busy->last = &busy->first;
  }

  sweep(turns, busy);
  return turn;
}
