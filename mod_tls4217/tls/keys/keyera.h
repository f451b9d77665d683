/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which channels were there before something was dropped
 *
 * Time in the key process is counted in eras.  A channel belongs to the one in
 * which it came.
 */

#ifndef TLS4217_TLS_KEYS_KEYERA_H
#define TLS4217_TLS_KEYS_KEYERA_H

#include <stddef.h>
#include <stdint.h>

/* Channels that came in one era. */
struct tls4217_keyera {
  struct tls4217_keyera *next;
  uint64_t number;
  size_t channels;
};

/* Empty: all zeros. */
struct tls4217_keyeras {
  struct tls4217_keyera *first; /* those that have channels, newest first */
  uint64_t now;
};

/* Frees what is counted. */
void tls4217_keyera_free(struct tls4217_keyeras *eras);

/* A channel comes.  Returns its era. */
uint64_t tls4217_keyera_enter(struct tls4217_keyeras *eras);

/* A channel of that era goes. */
void tls4217_keyera_leave(struct tls4217_keyeras *eras, uint64_t number);

/* Ends the era, and returns its number. */
uint64_t tls4217_keyera_next(struct tls4217_keyeras *eras);

/* The oldest era that has channels; the next one to come, where none has. */
uint64_t tls4217_keyera_oldest(const struct tls4217_keyeras *eras);

/* How many channels there are. */
size_t tls4217_keyera_channels(const struct tls4217_keyeras *eras);

#endif
