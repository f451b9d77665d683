/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what tests of TLS connections have in common
 *
 * One server with one certificate, made once for all tests of a driver
 * (cmocka_run_group_tests_name(3)), and the four ways in which a connection
 * is one.  Include <cmocka.h> first.
 */

#ifndef TLS4217_UNIT_WORLD_H
#define TLS4217_UNIT_WORLD_H

#include "t/unit/endpoint.h"

/* Milliseconds: a short limit, one that is never met, and what a machine
 * under load may add to the first. */
#define SOON  80
#define LATE  60000
#define SLACK 5000

extern struct world {
  struct pki_cert *leaf;
  struct tls4217_context *context; /* both versions, the scope "test" */
} world;

/* Group set-up and tear-down. */
int world_make(void **state);
int world_end(void **state);

struct way {
  const char *name;
  enum tls4217_channel channel;
  int version;
};

#define WAYS 4

/* Control and data connections in TLS 1.2 and TLS 1.3. */
extern const struct way ways[WAYS];

/* How a client can hold a session. */
struct kind {
  const char *name;
  int version;
  bool no_tickets;
};

#define KINDS 3

extern const struct kind kinds[KINDS];

/* By name, where a test wants one only. */
#define CONTROL_13 (&ways[1])
#define DATA_13    (&ways[3])

/* A pair of ends of that way, whose name it prints; and the same through the
 * handshake, quietly. */
struct endpoint_spec spec_of(const struct way *way);
struct endpoint *open_way(const struct way *way);

/* Runs a test over all ways, each with ends of its own. */
void over_all_ways(void (*run)(struct endpoint *ep));

#endif
