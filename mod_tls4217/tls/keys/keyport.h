/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one of the sockets that the key process serves
 *
 * The daemon's own, the one where channels are handed in, and the channels of
 * sessions: which keys a channel may ask for, and how often, comes with it and
 * never changes; a request that waits for its turn is kept with its channel.
 * Nothing here has a lock: a port is one thread's at a time (keyserver.c).
 */

#ifndef TLS4217_TLS_KEYS_KEYPORT_H
#define TLS4217_TLS_KEYS_KEYPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "mod_tls4217/tls/keys/keyturns.h"

enum tls4217_keyport_kind {
  TLS4217_KEYPORT_DAEMON,
  TLS4217_KEYPORT_FRONT, /* where channels are handed in */
  TLS4217_KEYPORT_CHANNEL
};

struct tls4217_keyport {
  enum tls4217_keyport_kind kind;
  int fd;              /* owned */
  uint64_t era;        /* keyera.h; of a channel, as all that follows */
  unsigned int budget; /* how often it may still ask */
  struct tls4217_keyturn turn;
  void *request; /* that waits for its turn; NULL: none */
  size_t request_size;
  size_t nscopes;
  uint64_t scopes[]; /* that it may ask for */
};

/* The daemon's port, or the front.  Returns it, or NULL: out of memory, and fd
 * is still the caller's. */
struct tls4217_keyport *tls4217_keyport_new(
  enum tls4217_keyport_kind kind, int fd);

/*
 * The channel that a session hands in as fd, with a frame of size bytes that
 * says what it may ask for.  Returns it, or NULL where that is not such a
 * frame, or out of memory; fd is still the caller's then.
 */
struct tls4217_keyport *tls4217_keyport_read(
  const void *frame, size_t size, int fd);

/* Closes the socket, and frees all of it. */
void tls4217_keyport_free(struct tls4217_keyport *port);

/* Whether a channel may ask once more, which is counted. */
bool tls4217_keyport_spend(struct tls4217_keyport *port);

/* Keeps a request of size bytes until its turn.  Returns false: out of
 * memory. */
bool tls4217_keyport_hold(
  struct tls4217_keyport *port, const void *frame, size_t size);

/* The request that was held, which is forgotten, or the next one from the
 * socket; takes and returns what tls4217_keysocket_receive does. */
ssize_t tls4217_keyport_take(
  struct tls4217_keyport *port, void *frame, size_t room);

#endif
