/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ring of ticket keys that hosts share through Redis
 *
 * TLSSessionTicketKeys redis:.  The ring is one value in Redis (ticketseal.h).
 * Each host reads it twice in a TLSReloadInterval; the first one that finds
 * none writes its own there, the first one that finds the newest key older than
 * the maximum puts a new one in front.  A host decrypts with a key that it has
 * not seen before at once, and encrypts with it an interval later: by then all
 * hosts have it.
 *
 * The daemon does not wait: a child asks (redisask.h).  Without Redis a host
 * continues to use the ring that it has.
 */

#ifndef TLS4217_FTP_DAEMON_TICKETREDIS_H
#define TLS4217_FTP_DAEMON_TICKETREDIS_H

#include "mod_tls4217/ftp/config/settings.h"

/*
 * Takes the configuration; interval is TLSReloadInterval in seconds.  Returns
 * 0, or -1 with err filled: Redis cannot be used at all, or the secret cannot.
 * Then nothing is shared.
 */
int tls4217_ticketredis_begin(const struct tls4217_ticket_keys *settings,
  int interval, struct tls4217_error *err);

/* Seconds between two calls of tls4217_ticketredis_look that a timer makes. */
int tls4217_ticketredis_pause(void);

/*
 * Takes the answer of a child, or starts one; waits for it patience
 * milliseconds at most.  Where Redis has another ring, ring becomes that, and
 * true is returned.
 */
bool tls4217_ticketredis_look(struct tls4217_ticketring *ring, int patience);

/*
 * Puts a new key in front, whatever the age of the newest.  Waits for seconds
 * at most.  Returns 0, ring being what Redis has then; or -1 with err filled.
 */
int tls4217_ticketredis_rotate(
  struct tls4217_ticketring *ring, struct tls4217_error *err);

/* Reads it now.  The same. */
int tls4217_ticketredis_reload(
  struct tls4217_ticketring *ring, struct tls4217_error *err);

/* Whether Redis answered the last time that it was asked, or has not been asked
 * yet. */
bool tls4217_ticketredis_is_well(void);

/* Ends the child, and wipes the keys and the secret. */
void tls4217_ticketredis_end(void);

#endif
