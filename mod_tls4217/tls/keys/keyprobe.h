/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process signs with the right key
 *
 * The daemon asks for one signature, as a session would, on a channel of its
 * own, and looks later: it never waits.
 */

#ifndef TLS4217_TLS_KEYS_KEYPROBE_H
#define TLS4217_TLS_KEYS_KEYPROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"

/* One question that has been asked. */
struct tls4217_keyprobe;

enum tls4217_keyprobe_state {
  TLS4217_KEYPROBE_WAITS, /* there is no answer yet */
  TLS4217_KEYPROBE_HOLDS, /* a signature by the right key */
  TLS4217_KEYPROBE_FAILS  /* anything else */
};

/*
 * Asks for a signature by the key of handle, which belongs to scope.  key is
 * its public half (one more reference is taken), front the socket where
 * channels are handed in, and time the milliseconds after which the answer is
 * of no use.  Returns a new probe, or NULL with err filled: it could not be
 * asked.  errnum is EAGAIN where there is no room for its channel just now.
 */
struct tls4217_keyprobe *tls4217_keyprobe_new(int front, uint64_t scope,
  uint64_t handle, EVP_PKEY *key, int time, struct tls4217_error *err);

/* Looks for the answer; for FAILS, err is filled. */
enum tls4217_keyprobe_state tls4217_keyprobe_look(
  struct tls4217_keyprobe *probe, struct tls4217_error *err);

/* Frees it, and ends its channel.  NULL is fine. */
void tls4217_keyprobe_free(struct tls4217_keyprobe *probe);

#endif
