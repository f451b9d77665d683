/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - hello.c: what is kept of a ClientHello
 *
 * A server's SSL over memory that gets the hello of a client's, and a place
 * to keep it in, as connection.c provides one.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/sslstate.h"
#include "t/unit/world.h"

struct hello_case {
  const char *name;
  int version;
  bool tickets;
  bool resumes;
  const char *server_name;
  bool want_id;
  const char *want_name;
};

static const struct hello_case cases[] = {
  { "TLS 1.2, nothing offered", TLS1_2_VERSION, false, false, NULL, false,
    NULL },
  { "TLS 1.2, a session id", TLS1_2_VERSION, false, true, NULL, true, NULL },
  { "TLS 1.3, a dummy id", TLS1_3_VERSION, true, false, NULL, false, NULL },
  { "a name", TLS1_3_VERSION, true, false, "ftp.example.org", false,
    "ftp.example.org" },
  { "a name that forges a log", TLS1_2_VERSION, true, false, "a\n[b] c", false,
    "a??b??c" },
};

static SSL_SESSION *get_session(int version) {
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version,
    .no_tickets = true };
  struct endpoint *ep = endpoint_open(&spec);
  /* A copy: OpenSSL spoils the session of a connection without an end. */
  SSL_SESSION *session = SSL_SESSION_dup(SSL_get_session(ep->client));

  endpoint_free(ep);
  return session;
}

static void test_hello(void **state) {
  const struct hello_case *row = *state;
  SSL_SESSION *session = row->resumes ? get_session(row->version) : NULL;
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = row->version,
    .no_tickets = row->tickets == false,
    .session = session,
    .server_name = row->server_name };
  struct endpoint *ep = endpoint_open(&spec);
  const struct tls4217_sslstate *of_ssl = tls4217_sslstate_find(
    tls4217_connection_ssl(ep->conn));
  const struct tls4217_hello *hello;

  assert_non_null(of_ssl);
  hello = &of_ssl->hello;
  assert_true(hello->parsed);
  assert_int_equal(hello->offered_id, row->want_id);
  assert_string_equal(
    hello->server_name, row->want_name != NULL ? row->want_name : "");

  endpoint_free(ep);
  SSL_SESSION_free(session);
}

int main(void) {
  struct CMUnitTest tests[sizeof(cases) / sizeof(cases[0])];

  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    tests[i] = (struct CMUnitTest){ .name = cases[i].name,
      .test_func = test_hello,
      .initial_state = (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, world_make, world_end);
}
