/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the pass phrases of keys
 *
 * Kept by the process that reads the keys, so that a renewed file opens with
 * the phrase of the previous one.  They are in pages of their own, which are
 * left out of core dumps, locked in memory where that is permitted, and zeros
 * in every process that is forked: madvise(2), mlock(2).
 *
 * A phrase comes through a pipe, from the process that asked for it and has
 * closed its end, and is on trial until it has opened a key.
 */

#ifndef TLS4217_TLS_CERT_PHRASEBOOK_H
#define TLS4217_TLS_CERT_PHRASEBOOK_H

#include <stdbool.h>
#include <stddef.h>

#include "mod_tls4217/tls/error.h"

/* The most bytes of a phrase, and the most phrases: the one that has not been
 * used for longest is dropped. */
#define TLS4217_PHRASE_MAX     1023
#define TLS4217_PHRASEBOOK_MAX 16

/* All of them.  One thread at a time. */
struct tls4217_phrasebook;

/* An empty one.  NULL: out of memory. */
struct tls4217_phrasebook *tls4217_phrasebook_new(void);

/* Wipes it and gives its pages back.  NULL is fine. */
void tls4217_phrasebook_free(struct tls4217_phrasebook *book);

/*
 * What tls4217_phrasebook_new has returned in the same process, perhaps to a
 * module that has since been unloaded; NULL where there is none.
 */
struct tls4217_phrasebook *tls4217_phrasebook_find(void *address);

/*
 * Reads a phrase, and puts it on trial in place of the one that was: the first
 * line of what is in fd, a pipe in non-blocking mode (O_NONBLOCK).  The caller
 * still owns fd.  Returns 0, or -1 with err filled: nothing, more than
 * TLS4217_PHRASE_MAX bytes, a NUL.
 */
int tls4217_phrasebook_take(
  struct tls4217_phrasebook *book, int fd, struct tls4217_error *err);

/*
 * The phrases, the one on trial first, the last used one next; NULL after the
 * last one.  Valid until the book changes.
 */
const char *tls4217_phrasebook_get(
  const struct tls4217_phrasebook *book, size_t at);

/* Notes that the one at a place has opened a key. */
void tls4217_phrasebook_confirm(struct tls4217_phrasebook *book, size_t at);

/* Whether one is on trial; and its end. */
bool tls4217_phrasebook_has_trial(const struct tls4217_phrasebook *book);
void tls4217_phrasebook_end_trial(struct tls4217_phrasebook *book);

#endif
