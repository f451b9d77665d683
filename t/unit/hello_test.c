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
  { "a name with a dot behind it", TLS1_2_VERSION, true, false,
    "ftp.example.org.", false, "ftp.example.org" },
  { "6066-3-ipv4-address", TLS1_3_VERSION, true, false, "192.0.2.1", false,
    NULL },
  { "6066-3-ipv6-address", TLS1_2_VERSION, true, false, "2001:db8::1", false,
    NULL },
  { "a name of numbers that is no address", TLS1_3_VERSION, true, false,
    "192.0.2.1.example", false, "192.0.2.1.example" },
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

/* Who chooses is asked once, also where the client is asked for another key
 * share (RFC 8446, section 4.1.4), and before any session is looked up. */

struct question {
  enum tls4217_choice answer;
  unsigned int asked;
  char name[64];
};

static enum tls4217_choice answer(void *who, const char *name) {
  struct question *question = who;

  question->asked++;
  (void) snprintf(question->name, sizeof(question->name), "%s", name);
  return question->answer;
}

/* Returns whether the handshake succeeded; *reason what the client got. */
static bool ask(struct question *question, int version, int *reason) {
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version,
    .server_name = "ftp.example.org" };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_error err = { .text = "" };
  bool succeeded;

  assert_int_equal(SSL_set1_groups_list(ep->client, "P-521:P-256"), 1);
  assert_int_equal(
    SSL_set1_groups_list(tls4217_connection_ssl(ep->conn), "P-256"), 1);
  tls4217_connection_choose_with(ep->conn, answer, question);
  succeeded = tls4217_connection_handshake(ep->conn, LATE, &err) == 0;
  endpoint_settle(ep);
  *reason = ERR_GET_REASON(ep->client_error);
  endpoint_free(ep);
  return succeeded;
}

static void test_choice(void **state) {
  static const struct {
    enum tls4217_choice answer;
    bool want;
    int reason;
  } rows[] = {
    { TLS4217_CHOICE_MADE, true, 0 },
    { TLS4217_CHOICE_IGNORED, true, 0 },
    { TLS4217_CHOICE_UNKNOWN, false, SSL_R_TLSV1_UNRECOGNIZED_NAME },
    { TLS4217_CHOICE_FAILED, false, SSL_R_TLSV1_ALERT_INTERNAL_ERROR },
  };

  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
      struct question question = { .answer = rows[i].answer };
      int reason;

      assert_int_equal(ask(&question, version, &reason), rows[i].want);
      assert_int_equal(question.asked, 1);
      assert_string_equal(question.name, "ftp.example.org");
      if (rows[i].want == false) {
        assert_int_equal(reason, rows[i].reason);
      }
    }
  }
}

#define NCASES (sizeof(cases) / sizeof(cases[0]))

int main(void) {
  struct CMUnitTest tests[NCASES + 1];

  tests[NCASES] = (struct CMUnitTest) cmocka_unit_test(test_choice);
  for (size_t i = 0; i < NCASES; i++) {
    tests[i] = (struct CMUnitTest){ .name = cases[i].name,
      .test_func = test_hello,
      .initial_state = (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, world_make, world_end);
}
