/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys that outlive the contexts that have them
 *
 * What the session tickets of each context are encrypted with, as bytes that
 * can be kept elsewhere while the contexts are built anew: clients then resume
 * their sessions at the new ones.  SSL_CTX_set_tlsext_ticket_keys(3) is
 * OpenSSL's pair of macros around SSL_CTX_ctrl(3).
 *
 * The bytes are a version, and for each context its scope, the time at which
 * its keys were made, and the keys.  A scope has keys of its own, so that one
 * host never reads the ticket of another one.
 */

#ifndef TLS4217_TLS_TICKETRING_H
#define TLS4217_TLS_TICKETRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/context.h"

/* How many contexts a ring has room for.  Keys of further ones end with them. */
#define TLS4217_TICKETRING_MAX 1024

/* Seconds.  Keys that are older are not taken over. */
#define TLS4217_TICKETRING_MAX_AGE (24 * 60 * 60)

/* Bytes of one context: scope, time, and what OpenSSL 3 and 4 have as keys. */
#define TLS4217_TICKETRING_ENTRY (TLS4217_CONTEXT_SCOPE + 8 + 80)

struct tls4217_ticketring {
  size_t size; /* of what there is; 0: nothing */
  unsigned char bytes[1 + TLS4217_TICKETRING_MAX * TLS4217_TICKETRING_ENTRY];
};

/* An empty one; NULL: out of memory.  Free it with tls4217_ticketring_free. */
struct tls4217_ticketring *tls4217_ticketring_new(void);

/* Wipes and frees it.  NULL is fine. */
void tls4217_ticketring_free(struct tls4217_ticketring *ring);

/* Adds the keys of a context.  Returns whether there was room. */
bool tls4217_ticketring_add(
  struct tls4217_ticketring *ring, const struct tls4217_context *context);

/*
 * Gives a context that has served nobody yet the keys that the ring has for
 * its scope.  now is time(2)'s.  Returns whether there were any, of this
 * version and not too old; if not, the context keeps those that OpenSSL has
 * made for it.
 */
bool tls4217_ticketring_use(const struct tls4217_ticketring *ring,
  struct tls4217_context *context, int64_t now);

/* Gives a context new keys, made at now.  Returns 0, or -1 with err filled; it
 * keeps those that it has then. */
int tls4217_ticketring_renew(
  struct tls4217_context *context, int64_t now, struct tls4217_error *err);

#endif
