/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - binding.c: which client needs a new ticket, and when
 *
 * TLS 1.2 renews one that is old; TLS 1.3 gives one for each transfer to a
 * client that uses each of them once.  With a clock that tests turn.
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/compat.h"
#include "mod_tls4217/tls/ticketring.h"
#include "t/unit/clock.h"
#include "t/unit/world.h"

#define LIFE 7200

static const struct tls4217_ticketring_rules rules = { 2L * LIFE, 3 };
static struct tls4217_ticketring ring;

static void apply(void) {
  assert_int_equal(
    tls4217_ticketring_apply(&ring, world.context, time(NULL), LIFE, NULL), 0);
}

static int set_up(void **state) {
  (void) state;
  clock_offset = 0;
  tls4217_ticketring_clear(&ring);
  assert_int_equal(tls4217_ticketring_tend(&ring, &rules, time(NULL), NULL), 1);
  apply();
  return 0;
}

static struct endpoint *open_end(
  int version, struct tls4217_binding *binding, const SSL_SESSION *session) {
  SSL_SESSION *copy = session != NULL ?
    SSL_SESSION_dup((SSL_SESSION *) session) :
    NULL;
  const struct endpoint_spec spec = {
    .context = world.context,
    .channel = binding != NULL ? TLS4217_CHANNEL_DATA : TLS4217_CHANNEL_CONTROL,
    .binding = binding,
    .version = version,
    .session = copy,
  };
  struct endpoint *ep = endpoint_open(&spec);

  SSL_SESSION_free(copy);
  return ep;
}

/* TLS 1.2: a control connection that resumes. */

static bool has_new_ticket(
  const struct endpoint *ep, const SSL_SESSION *session) {
  const unsigned char *before, *after;
  size_t before_size, after_size;

  SSL_SESSION_get0_ticket(session, &before, &before_size);
  SSL_SESSION_get0_ticket(SSL_get0_session(ep->client), &after, &after_size);
  return before_size != after_size || memcmp(before, after, after_size) != 0;
}

static bool is_renewed(SSL_SESSION *session) {
  struct endpoint *ep = open_end(TLS1_2_VERSION, NULL, session);
  bool renewed = has_new_ticket(ep, session);

  assert_int_equal(SSL_session_reused(ep->client), 1);
  endpoint_free(ep);
  return renewed;
}

static void test_tls1_2_renews_what_is_old(void **state) {
  struct endpoint *first = open_end(TLS1_2_VERSION, NULL, NULL);
  SSL_SESSION *session = SSL_SESSION_dup(SSL_get0_session(first->client));

  (void) state;
  assert_false(is_renewed(session));
  clock_offset = LIFE / 2 - 60;
  assert_false(is_renewed(session));
  clock_offset = LIFE / 2 + 60;
  assert_true(is_renewed(session));

  /* A key that encrypts no more. */
  clock_offset = 0;
  assert_int_equal(
    tls4217_ticketring_rotate(&ring, &rules, time(NULL), NULL), 0);
  apply();
  assert_true(is_renewed(session));
  SSL_SESSION_free(session);
  endpoint_free(first);
}

/* The session does not become younger by it. */
static void test_tls1_2_session_ages(void **state) {
  struct endpoint *first = open_end(TLS1_2_VERSION, NULL, NULL), *later;
  SSL_SESSION *session;

  (void) state;
  clock_offset = LIFE - 60;
  later = open_end(TLS1_2_VERSION, NULL, SSL_get0_session(first->client));
  assert_int_equal(SSL_session_reused(later->client), 1);
  session = SSL_SESSION_dup(SSL_get0_session(later->client));
  endpoint_free(later);

  clock_offset = LIFE + 60;
  (void) SSL_SESSION_set_time_ex(session, time(NULL));
  later = open_end(TLS1_2_VERSION, NULL, session);
  assert_int_equal(SSL_session_reused(later->client), 0);
  endpoint_free(later);
  SSL_SESSION_free(session);
  endpoint_free(first);
}

/* TLS 1.3: what a client does on its data connections. */

static bool needs_ticket(const struct endpoint *control) {
  return tls4217_binding_needs_ticket(control->binding, (int64_t) time(NULL));
}

static void transfer(struct endpoint *control, const SSL_SESSION *session) {
  struct endpoint *data = open_end(TLS1_3_VERSION, control->binding, session);

  assert_int_equal(tls4217_connection_reuse(data->conn), TLS4217_REUSE_OWN);
  endpoint_free(data);
}

static void issue(struct endpoint *control) {
  assert_int_equal(tls4217_connection_issue_ticket(control->conn, NULL), 1);
  assert_int_equal(
    tls4217_connection_write(control->conn, "227 x\r\n", 7, -1, NULL), 0);
  endpoint_settle(control);
}

static void test_each_ticket_once(void **state) {
  struct endpoint *control = open_end(TLS1_3_VERSION, NULL, NULL);

  (void) state;
  for (int i = 0; i < 20; i++) {
    transfer(control, control->session);
    assert_true(needs_ticket(control));
    issue(control);
  }

  endpoint_free(control);
}

static void test_the_same_again(void **state) {
  struct endpoint *control = open_end(TLS1_3_VERSION, NULL, NULL);
  SSL_SESSION *first = SSL_SESSION_dup(control->session);

  (void) state;
  assert_true(needs_ticket(control));
  issue(control);
  transfer(control, first);
  assert_true(needs_ticket(control));
  issue(control);
  transfer(control, first);
  assert_false(needs_ticket(control));
  transfer(control, first);
  assert_false(needs_ticket(control));

  /* Its client will not use it for ever. */
  clock_offset = LIFE / 2 + 60;
  assert_true(needs_ticket(control));
  clock_offset = -60;
  assert_true(needs_ticket(control));
  SSL_SESSION_free(first);
  endpoint_free(control);
}

/* The one that it resumed by, once more. */
static void test_the_same_on_both_channels(void **state) {
  struct endpoint *before = open_end(TLS1_3_VERSION, NULL, NULL);
  struct endpoint *control = open_end(TLS1_3_VERSION, NULL, before->session);

  (void) state;
  assert_true(needs_ticket(control));
  transfer(control, before->session);
  assert_false(needs_ticket(control));
  endpoint_free(control);
  endpoint_free(before);
}

/* A handshake that its client has not completed shows nothing. */
static void test_a_handshake_that_fails(void **state) {
  struct endpoint *control = open_end(TLS1_3_VERSION, NULL, NULL);
  SSL_SESSION *first = SSL_SESSION_dup(control->session);
  SSL_SESSION *copy = SSL_SESSION_dup(first);
  const struct endpoint_spec spec = {
    .context = world.context,
    .channel = TLS4217_CHANNEL_DATA,
    .binding = control->binding,
    .version = TLS1_3_VERSION,
    .session = copy,
  };
  struct endpoint *data = endpoint_new(&spec);

  (void) state;
  data->deaf = true;
  data->end = ENDPOINT_FIN;
  assert_int_not_equal(
    tls4217_connection_handshake(data->conn, 5000, NULL), TLS4217_IO_DONE);
  endpoint_free(data);
  transfer(control, first);
  assert_true(needs_ticket(control));
  SSL_SESSION_free(copy);
  SSL_SESSION_free(first);
  endpoint_free(control);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_tls1_2_renews_what_is_old),
    CASE(test_tls1_2_session_ages),
    CASE(test_each_ticket_once),
    CASE(test_the_same_again),
    CASE(test_the_same_on_both_channels),
    CASE(test_a_handshake_that_fails),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
