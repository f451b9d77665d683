/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ring of ticket keys that hosts share through Redis
 *
 * TLSSessionTicketKeys redis:.  The ring is one value in Redis (ticketseal.h).
 * Each host reads it twice in a TLSReloadInterval; the first one that finds
 * none writes its own there, the first one that finds the newest key older than
 * an age puts another one in front.  A key that a host has not seen before
 * decrypts at once, and encrypts an interval later: all of them have it by
 * then.
 *
 * The daemon does not wait: a child asks (redisask.h).  Without Redis a host
 * goes on with the ring that it has.
 */

#ifndef TLS4217_FTP_DAEMON_TICKETREDIS_H
#define TLS4217_FTP_DAEMON_TICKETREDIS_H

#include "mod_tls4217/ftp/config/settings.h"

/*
 * Takes the configuration; interval is TLSReloadInterval in seconds.  Returns
 * 0, or -1 with err filled: Redis cannot be asked at all, or the secret cannot
 * be used.  Nothing is asked for then.
 */
int tls4217_ticketredis_begin(const struct tls4217_ticket_keys *settings,
  int interval, struct tls4217_error *err);

/* Seconds between two calls of tls4217_ticketredis_look that a timer makes. */
int tls4217_ticketredis_pause(void);

/*
 * Hears what a child has to say, or starts one; waits for it patience
 * milliseconds at most.  Where there is another ring, ring becomes it, and true
 * is returned.
 */
bool tls4217_ticketredis_look(struct tls4217_ticketring *ring, int patience);

/*
 * Has another key put in front, whatever the age of the newest.  Waits for
 * seconds at most.  Returns 0, ring being what Redis has then; or -1 with err
 * filled.
 */
int tls4217_ticketredis_rotate(
  struct tls4217_ticketring *ring, struct tls4217_error *err);

/* Reads it now.  The same. */
int tls4217_ticketredis_reload(
  struct tls4217_ticketring *ring, struct tls4217_error *err);

/* Whether Redis has answered the last time it was asked, or has not been asked
 * yet. */
bool tls4217_ticketredis_is_well(void);

/* Ends the child, and wipes what there is. */
void tls4217_ticketredis_end(void);

#endif
