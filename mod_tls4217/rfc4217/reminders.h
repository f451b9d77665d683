/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what has been said about the life of a certificate
 *
 * In memory that outlives SIGHUP, so that it is not said again then.  One
 * process writes it.
 */

#ifndef TLS4217_RFC4217_REMINDERS_H
#define TLS4217_RFC4217_REMINDERS_H

#include <stddef.h>
#include <stdint.h>

/* How many certificates there is room for. */
#define TLS4217_REMINDERS_ROWS 4096

struct tls4217_reminders;

/* The memory that it needs, in bytes; all zeros is one without rows. */
size_t tls4217_reminders_size(void);

/*
 * Notes that the certificate with an id (not 0) is in a stage (1, 2, ...) of
 * its life.  Returns 1 where that has not been noted, nor a later stage; 0
 * where it has; -1 where there is no room for it, or reminders is NULL.
 */
int tls4217_reminders_note(
  struct tls4217_reminders *reminders, uint64_t id, unsigned int stage);

#endif
