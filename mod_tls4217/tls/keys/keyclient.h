/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a session's own channel to the key process
 *
 * Made before the first byte of the client is read: a pair of sockets of the
 * kind SOCK_SEQPACKET, one end of which goes to the key process.  So one
 * session can neither stop nor flood the others, a chroot does not matter, and
 * the key process knows for which hosts and how often a channel may ask.
 */

#ifndef TLS4217_TLS_KEYS_KEYCLIENT_H
#define TLS4217_TLS_KEYS_KEYCLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/signform.h"

/* The hosts of one address. */
#define TLS4217_KEYCLIENT_MAX_SCOPES 4096

/* How long a session waits for room, in milliseconds. */
#define TLS4217_KEYCLIENT_OPEN_TIME 2000

/* A channel that may ask for as many signatures as it needs. */
#define TLS4217_KEYCLIENT_UNLIMITED 0xffff

struct tls4217_keyclient {
  int fd;     /* -1: there is no channel */
  bool spent; /* it has had all the signatures that it may have */

  /* How long an answer may take: what is left for the handshake, in
   * milliseconds of CLOCK_MONOTONIC. */
  int64_t deadline;
};

/*
 * Makes a channel and hands its other end in by front, the socket that the
 * daemon has left open for that; front is not closed.  The channel may ask for
 * keys of nscopes scopes, TLS4217_KEYCLIENT_MAX_SCOPES at most, budget times or
 * TLS4217_KEYCLIENT_UNLIMITED.  Where many sessions begin at once, it waits up
 * to timeout milliseconds for room there (0: not at all).  Returns 0, or -1
 * with err filled: there is no channel then; errnum is ETIMEDOUT or EAGAIN
 * where there was no room.
 */
int tls4217_keyclient_open(struct tls4217_keyclient *client, int front,
  const uint64_t *scopes, size_t nscopes, unsigned int budget, int timeout,
  struct tls4217_error *err);

/* Closes the channel. */
void tls4217_keyclient_close(struct tls4217_keyclient *client);

/*
 * Asks for a signature, and takes the answer: two halves of
 * tls4217_keyclient_sign.  With a deadline of 0, take does not wait; -1 with
 * err->errnum EAGAIN says that there is no answer yet.
 */
int tls4217_keyclient_ask(struct tls4217_keyclient *client,
  const struct tls4217_signjob *job, struct tls4217_error *err);
int tls4217_keyclient_take(struct tls4217_keyclient *client,
  unsigned char *signature, size_t *size, struct tls4217_error *err);

/*
 * Asks for a signature; a tls4217_remotekey_ask, whose user is a struct
 * tls4217_keyclient.  An interrupted wait goes on until the deadline.  No
 * answer by then, or one that is not understood, closes the channel.
 */
int tls4217_keyclient_sign(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err);

#endif
