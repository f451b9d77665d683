/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - turns of the keys in the key process
 *
 * A signature of RSA 4096 takes two hundred times as long as one of P-256.  So
 * that many sessions of one host do not keep every thread from those of the
 * others, at most all threads but one work with one key; further requests for
 * it wait in a queue, and each thread that is done takes the next.
 */

#ifndef TLS4217_TLS_KEYS_KEYTURNS_H
#define TLS4217_TLS_KEYS_KEYTURNS_H

#include <stdbool.h>
#include <stdint.h>

/* One that waits: part of the caller's own struct. */
struct tls4217_keyturn {
  struct tls4217_keyturn *next;
  void *owner;
};

/* A key that is worked with. */
struct tls4217_keybusy;

/* Empty but for its share: the most that may work with one key, 1 at least. */
struct tls4217_keyturns {
  struct tls4217_keybusy *first;
  unsigned int share;
};

/* Whether one more may work with a key. */
bool tls4217_keyturns_has_room(
  const struct tls4217_keyturns *turns, uint64_t handle);

/* Begins to work with it: tls4217_keyturns_leave is to follow.  Where memory
 * runs out it is not counted. */
void tls4217_keyturns_enter(struct tls4217_keyturns *turns, uint64_t handle);

/* Waits, where there is no room; turn stays the caller's. */
void tls4217_keyturns_wait(struct tls4217_keyturns *turns, uint64_t handle,
  struct tls4217_keyturn *turn);

/* Ends the work; tls4217_keyturns_next is to follow. */
void tls4217_keyturns_leave(struct tls4217_keyturns *turns, uint64_t handle);

/*
 * Where there is room: the turn that has waited for longest, removed from the
 * queue, or NULL.  The caller enters with it, or calls the next one in its
 * place.
 */
struct tls4217_keyturn *tls4217_keyturns_next(
  struct tls4217_keyturns *turns, uint64_t handle);

#endif
