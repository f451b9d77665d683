/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which channels were there before something was dropped
 *
 * See keyera.h.
 */

#include <stdlib.h>

#include "mod_tls4217/tls/keys/keyera.h"

void tls4217_keyera_free(struct tls4217_keyeras *eras) {
  while (eras->first != NULL) {
    struct tls4217_keyera *era = eras->first;

    eras->first = era->next;
    free(era);
  }
}

uint64_t tls4217_keyera_enter(struct tls4217_keyeras *eras) {
  struct tls4217_keyera *era = eras->first;

  if (era == NULL || era->number != eras->now) {
    struct tls4217_keyera *made = calloc(1, sizeof(*made));

    /* Without memory it is counted with older ones: what they had is kept a
     * little longer. */
    if (made != NULL) {
      made->number = eras->now;
      made->next = era;
      eras->first = era = made;
    }
  }

  if (era == NULL) {
    return eras->now;
  }

  era->channels++;
  return era->number;
}

void tls4217_keyera_leave(struct tls4217_keyeras *eras, uint64_t number) {
  struct tls4217_keyera **link = &eras->first;

  while (*link != NULL && (*link)->number != number) {
    link = &(*link)->next;
  }

  if (*link != NULL && --(*link)->channels == 0) {
    struct tls4217_keyera *era = *link;

    *link = era->next;
    free(era);
  }
}

uint64_t tls4217_keyera_next(struct tls4217_keyeras *eras) {
  return eras->now++;
}

uint64_t tls4217_keyera_oldest(const struct tls4217_keyeras *eras) {
  uint64_t oldest = eras->now;

  for (const struct tls4217_keyera *era = eras->first; era != NULL;
       era = era->next) {
    oldest = era->number;
  }

  return oldest;
}

size_t tls4217_keyera_channels(const struct tls4217_keyeras *eras) {
  size_t channels = 0;

  for (const struct tls4217_keyera *era = eras->first; era != NULL;
       era = era->next) {
    channels += era->channels;
  }

  return channels;
}
