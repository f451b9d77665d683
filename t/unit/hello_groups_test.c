/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - hello.c: which key exchange a data connection takes
 *
 * With OpenSSL 3.5 and later, which has hybrid groups; parameters.c says where
 * X25519 may be.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "mod_tls4217/rfc4217/groups.h"
#include "t/unit/world.h"

#define BOTH   "*X25519MLKEM768:*X25519"
#define HYBRID "*X25519MLKEM768:X25519"
#define CURVES "*P-256:*X25519"

struct group_case {
  const char *name;
  const char *groups; /* of the client's data connection */
  bool resumes, takes;
  const char *want; /* a prefix */
};

static const struct group_case cases[] = {
  { "resumed, both shares", BOTH, true, true, "x25519" },
  { "resumed, and not told so", BOTH, true, false, "X25519MLKEM768" },
  { "not resumed", BOTH, false, true, "X25519MLKEM768" },
  { "resumed, the hybrid's share alone", HYBRID, true, true, "X25519MLKEM768" },
  { "resumed, the hybrid alone", "X25519MLKEM768", true, true,
    "X25519MLKEM768" },
  { "a client without hybrids", CURVES, true, true, "secp256r1" },
};

static void finish(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(tls4217_connection_handshake(ep->conn, LATE, &err), 0);
  endpoint_settle(ep);
  assert_true(ep->connected);
}

static const char *group_of(const struct endpoint *ep) {
  struct tls4217_connection_info info;

  tls4217_connection_info(ep->conn, &info);
  return info.group;
}

static bool has_hybrids(void) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  bool has = SSL_CTX_set1_groups_list(ctx, "X25519MLKEM768") == 1;

  SSL_CTX_free(ctx);
  ERR_clear_error();
  return has;
}

static void test_case(void **state) {
  const struct group_case *row = *state;
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = TLS1_3_VERSION,
    .groups = BOTH };
  struct endpoint *control, *data;

  if (has_hybrids() == false) {
    skip();
  }

  control = endpoint_new(&spec);
  finish(control);
  assert_true(tls4217_groups_is_post_quantum(group_of(control)));

  data = endpoint_new(&(struct endpoint_spec){ .context = world.context,
    .channel = TLS4217_CHANNEL_DATA,
    .binding = control->binding,
    .version = TLS1_3_VERSION,
    .groups = row->groups,
    .session = row->resumes ? control->session : NULL });
  if (row->takes) {
    tls4217_connection_take_x25519(data->conn);
  }

  finish(data);
  assert_int_equal(SSL_session_reused(data->client), row->resumes);
  assert_int_equal(
    strncasecmp(group_of(data), row->want, strlen(row->want)), 0);
  endpoint_free(data);
  endpoint_free(control);
}

#define NCASES (sizeof(cases) / sizeof(cases[0]))

int main(void) {
  struct CMUnitTest tests[NCASES];

  for (size_t i = 0; i < NCASES; i++) {
    tests[i] = (struct CMUnitTest){ .name = cases[i].name,
      .test_func = test_case,
      .initial_state = (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, world_make, world_end);
}
