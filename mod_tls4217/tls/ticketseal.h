/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a ring of ticket keys as text for a database
 *
 * What hosts share is in a database that more people can read than may have the
 * keys.  It is sealed (AES-256-GCM) with a secret of the hosts, if they have
 * one: no one can learn anything from the text there, and only a host can
 * replace it. The text is one line of base64 after a word that says which of
 * the two it is.
 */

#ifndef TLS4217_TLS_TICKETSEAL_H
#define TLS4217_TLS_TICKETSEAL_H

#include "mod_tls4217/tls/ticketring.h"

/* What it is sealed with. */
struct tls4217_ticketseal {
  bool is_open; /* not sealed: there is no secret */
  unsigned char key[32];
};

/* The most bytes of a text, its NUL included. */
#define TLS4217_TICKETSEAL_TEXT 8192

/* Derives it (HKDF, RFC 5869) from the hosts' secret.  Returns 0, or -1 with
 * err filled. */
int tls4217_ticketseal_derive(struct tls4217_ticketseal *seal,
  const struct tls4217_ticketsecret *secret, struct tls4217_error *err);

/*
 * Writes a ring, bound to the name under which it is kept, so that it cannot be
 * passed off as another one.  text has room for TLS4217_TICKETSEAL_TEXT bytes.
 * Returns 0, or -1 with err filled.
 */
int tls4217_ticketseal_close(const struct tls4217_ticketseal *seal,
  const char *name, const struct tls4217_ticketring *ring, char *text,
  struct tls4217_error *err);

/*
 * Reads it: size bytes, none of which is trusted.  Returns 0; or -1 with err
 * filled, and an empty ring: it was not written by close with the same seal and
 * name, or its secrets or times are invalid.
 */
int tls4217_ticketseal_open(const struct tls4217_ticketseal *seal,
  const char *name, const char *text, size_t size,
  struct tls4217_ticketring *ring, struct tls4217_error *err);

#endif
