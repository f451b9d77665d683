/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what has happened, counted in memory that processes share
 *
 * Each number only grows, and by one addition, so that none waits.  The
 * names are those of Prometheus' text format (prometheus.io/docs/practices/
 * naming).  Every function takes NULL for a server that counts nothing.
 */

#ifndef TLS4217_RFC4217_COUNTERS_H
#define TLS4217_RFC4217_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/rfc4217/reply.h"

struct tls4217_counters;

/* The memory that they need, in bytes; all zeros is nothing counted. */
size_t tls4217_counters_size(void);

/* A handshake that has succeeded; data: of a data connection.  version and
 * group are OpenSSL's names; group NULL: none. */
void tls4217_counters_handshake(struct tls4217_counters *counters, bool data,
  const char *version, const char *group, bool resumed);

/* One that has failed. */
void tls4217_counters_failure(struct tls4217_counters *counters, bool data);

/* A command or a data connection that was refused. */
void tls4217_counters_refusal(
  struct tls4217_counters *counters, enum tls4217_reply_id id);

/* A protected data connection that is over; bytes of data, not of TLS. */
void tls4217_counters_transfer(
  struct tls4217_counters *counters, bool sends, uint64_t bytes, bool kernel);

/* A signature that the key process did not give to a session, or that was
 * wrong, by the key of that number. */
void tls4217_counters_signature(
  struct tls4217_counters *counters, uint64_t key);

/* How many of these there are; *key becomes that of the last one. */
uint64_t tls4217_counters_last_signature(
  const struct tls4217_counters *counters, uint64_t *key);

/* The key process was restarted. */
void tls4217_counters_restart(struct tls4217_counters *counters);

/* A signature that the key process has given to a session. */
void tls4217_counters_signed(struct tls4217_counters *counters);

/* What is counted of the key process; all 0 where nothing is. */
struct tls4217_counters_keys {
  uint64_t signatures, failures, restarts;
};
struct tls4217_counters_keys tls4217_counters_of_keys(
  const struct tls4217_counters *counters);

/*
 * Calls put for each number, all of one name together: its name, what it is,
 * its labels ("a=\"b\",c=\"d\"", or ""), its value.  Texts are valid during
 * the call only.
 */
typedef void (*tls4217_counters_put)(void *user, const char *name,
  const char *help, const char *labels, uint64_t value);
void tls4217_counters_list(const struct tls4217_counters *counters,
  tls4217_counters_put put, void *user);

#endif
