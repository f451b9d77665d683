/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what tests of TLS connections have in common
 *
 * See world.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "t/unit/world.h"

struct world world;

int world_make(void **state) {
  (void) state;
  world.leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  world.context = endpoint_context(world.leaf, "test");
  return 0;
}

int world_end(void **state) {
  (void) state;
  tls4217_context_free(world.context);
  pki_free(world.leaf);
  return 0;
}

const struct way ways[WAYS] = {
  { "control, TLSv1.2", TLS4217_CHANNEL_CONTROL, TLS1_2_VERSION },
  { "control, TLSv1.3", TLS4217_CHANNEL_CONTROL, TLS1_3_VERSION },
  { "data, TLSv1.2", TLS4217_CHANNEL_DATA, TLS1_2_VERSION },
  { "data, TLSv1.3", TLS4217_CHANNEL_DATA, TLS1_3_VERSION },
};

const struct kind kinds[KINDS] = {
  { "TLSv1.2, session id", TLS1_2_VERSION, true },
  { "TLSv1.2, ticket", TLS1_2_VERSION, false },
  { "TLSv1.3", TLS1_3_VERSION, false },
};

static struct endpoint_spec plain_spec(const struct way *way) {
  return (struct endpoint_spec){
    .context = world.context, .channel = way->channel, .version = way->version
  };
}

struct endpoint_spec spec_of(const struct way *way) {
  print_message("  %s\n", way->name);
  return plain_spec(way);
}

struct endpoint *open_way(const struct way *way) {
  const struct endpoint_spec spec = plain_spec(way);

  return endpoint_open(&spec);
}

void over_all_ways(void (*run)(struct endpoint *ep)) {
  for (size_t i = 0; i < WAYS; i++) {
    const struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep = endpoint_open(&spec);

    run(ep);
    endpoint_free(ep);
  }
}
