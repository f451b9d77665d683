/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ring of ticket keys
 *
 * Secrets, the newest first, of which the keys of each context are derived
 * (ticketcrypt.h).  The first one whose time has come encrypts, the others
 * decrypt: older ones because tickets of theirs are about, a newer one because
 * another process or another host may encrypt with it already.
 *
 * A ring that is made here always has its next secret ready, so that sessions
 * from before a rotation can read the tickets of later ones.  One that is read
 * from files has their order; a secret that is new there encrypts when a delay
 * is over, in which the other hosts get it, too.  One that hosts share is
 * stored with the times at which its secrets were made; each host has its own
 * times at which they encrypt.
 *
 * Times are time(2)'s, in seconds, and handed in.
 */

#ifndef TLS4217_TLS_TICKETRING_H
#define TLS4217_TLS_TICKETRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/context.h"

/* Bytes of a secret, at most: what nginx and HAProxy take as a key. */
#define TLS4217_TICKETRING_SECRET 80

/* How many may be kept that encrypt or have done so; beside them, the next. */
#define TLS4217_TICKETRING_KEPT 64
#define TLS4217_TICKETRING_MAX  (TLS4217_TICKETRING_KEPT + 1)

/* Where the secrets come from. */
enum tls4217_ticketring_source {
  TLS4217_TICKETRING_NOWHERE, /* there are none yet */
  TLS4217_TICKETRING_MADE,    /* made here */
  TLS4217_TICKETRING_FILES,   /* read from files */
  TLS4217_TICKETRING_SHARED   /* made by one of several hosts */
};

/* From when on a secret encrypts that is not to do so yet. */
#define TLS4217_TICKETRING_LATER INT64_MAX

struct tls4217_ticketsecret {
  unsigned char bytes[TLS4217_TICKETRING_SECRET];
  size_t size;
  int64_t from; /* when it encrypts, if no newer one does */
};

struct tls4217_ticketring {
  enum tls4217_ticketring_source source;
  struct tls4217_ticketsecret secrets[TLS4217_TICKETRING_MAX];
  size_t count;
};

/* How a ring is to be kept (TLSSessionTicketKeys). */
struct tls4217_ticketring_rules {
  int64_t age; /* seconds for which a secret encrypts */
  size_t kept; /* that one and older ones; 2 to TLS4217_TICKETRING_KEPT */
};

/* Seconds for which a ticket is good: half as long. */
int64_t tls4217_ticketring_life(const struct tls4217_ticketring_rules *rules);

/* Wipes and empties a ring. */
void tls4217_ticketring_clear(struct tls4217_ticketring *ring);

/*
 * Brings a ring that is made here up to date: makes its secrets where it has
 * none, rotates where the one that encrypts has done so for an age, drops those
 * that are too many or too old.  A clock that was put back makes no secret last
 * longer.  Returns 1 where the ring is another one now, 0 where it is not; or
 * -1 with err filled, and what there was remains.
 */
int tls4217_ticketring_tend(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err);

/* Has the next secret of such a ring encrypt from now on.  Returns 0, or -1
 * with err filled, and what there was remains. */
int tls4217_ticketring_rotate(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err);

/* The secret of these bytes, in the ring; or NULL. */
const struct tls4217_ticketsecret *tls4217_ticketring_find(
  const struct tls4217_ticketring *ring, const unsigned char *bytes,
  size_t size);

/*
 * Makes ring what files say now: the secrets of read, at least one, of which
 * from is not looked at.  Those that ring has had keep their time; others
 * encrypt delay seconds from now, and the oldest one at once where there is no
 * other.
 */
void tls4217_ticketring_take(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring *read, int64_t now, int64_t delay);

/*
 * A ring that hosts share, as it is stored: from is when a secret was made, by
 * the clock of the host that did it, and never later than now.
 *
 * publish makes one of a host's own ring, which has at least one secret, but
 * for the one that is next.
 */
void tls4217_ticketring_publish(const struct tls4217_ticketring *ring,
  struct tls4217_ticketring *stored, int64_t now);

/* Whether its newest secret is older than an age, or by another clock made
 * more than an age from now. */
bool tls4217_ticketring_is_due(const struct tls4217_ticketring *stored,
  const struct tls4217_ticketring_rules *rules, int64_t now);

/*
 * Puts a new secret in front, and drops the oldest one where there is one more
 * than are kept beside it.  Returns 0, or -1 with err filled, and what there
 * was remains.
 */
int tls4217_ticketring_advance(struct tls4217_ticketring *stored,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err);

/*
 * Makes ring what is stored now.  Secrets that it has had keep their time;
 * others encrypt delay seconds from now.  Where ring was not a shared one, this
 * host comes late, and they encrypt delay seconds after they were made.
 * Returns whether ring is another one than before.
 */
bool tls4217_ticketring_share(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring *stored, int64_t now, int64_t delay);

/*
 * Makes a ring that others have, and that cannot be asked for any more, this
 * host's own: it encrypts with a new secret at once, and another one is next.
 * Returns 0, or -1 with err filled, and what there was remains.
 */
int tls4217_ticketring_leave(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err);

/* Which of its secrets encrypts. */
size_t tls4217_ticketring_current(
  const struct tls4217_ticketring *ring, int64_t now);

/* A label of a secret, which does not disclose it: 16 hexadecimal digits.
 * Returns 0, or -1 with err filled. */
#define TLS4217_TICKETRING_LABEL 17
int tls4217_ticketring_label(const struct tls4217_ticketsecret *secret,
  char label[TLS4217_TICKETRING_LABEL], struct tls4217_error *err);

/*
 * Gives a context the keys of a ring, and its tickets life seconds.  Returns 0,
 * or -1 with err filled; it keeps those that it has then.
 */
int tls4217_ticketring_apply(const struct tls4217_ticketring *ring,
  struct tls4217_context *context, int64_t now, int64_t life,
  struct tls4217_error *err);

/* A ring as bytes that can be kept elsewhere: a version, the source, and the
 * secrets, each with its time and its size. */
#define TLS4217_TICKETRING_ENTRY (8 + 1 + TLS4217_TICKETRING_SECRET)
#define TLS4217_TICKETRING_BYTES \
 (2 + TLS4217_TICKETRING_MAX * TLS4217_TICKETRING_ENTRY)

/* Returns how many bytes there are. */
size_t tls4217_ticketring_write(
  const struct tls4217_ticketring *ring, unsigned char *bytes);

/* Returns false, and an empty ring, where they are none of this version. */
bool tls4217_ticketring_read(
  struct tls4217_ticketring *ring, const unsigned char *bytes, size_t size);

#endif
