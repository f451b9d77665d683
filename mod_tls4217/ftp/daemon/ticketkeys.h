/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ticket keys of the hosts, kept over SIGHUP
 *
 * SIGHUP unmaps the module and frees every context; the key process keeps what
 * their tickets are encrypted with (tls/ticketring.h), so that clients resume
 * their sessions afterwards.  Without a key process new keys are made.
 */

#ifndef TLS4217_FTP_DAEMON_TICKETKEYS_H
#define TLS4217_FTP_DAEMON_TICKETKEYS_H

#include "mod_tls4217/tls/ticketring.h"

/* A new ring, to be filled and kept.  NULL, which all of these take, where
 * there is no key process, or no memory. */
struct tls4217_ticketring *tls4217_ticketkeys_begin(void);

/* Adds the keys of a host's context; NULL: it cannot serve TLS. */
void tls4217_ticketkeys_add(
  struct tls4217_ticketring *ring, const struct tls4217_context *context);

/* Has the ring kept in place of the one of before, and ends it.  A failure is
 * logged: the next SIGHUP costs clients a full handshake. */
void tls4217_ticketkeys_keep(struct tls4217_ticketring *ring);

/* The ring that is kept.  End it with tls4217_ticketkeys_end. */
struct tls4217_ticketring *tls4217_ticketkeys_fetch(void);

/* Gives a context the keys that it had before, if there are any. */
void tls4217_ticketkeys_use(
  const struct tls4217_ticketring *ring, struct tls4217_context *context);

/* Gives a context the keys of the one whose place it takes, where both have the
 * same scope: clients resume their sessions there. */
void tls4217_ticketkeys_pass_on(
  const struct tls4217_context *from, struct tls4217_context *to);

/* Wipes and frees it. */
void tls4217_ticketkeys_end(struct tls4217_ticketring *ring);

#endif
