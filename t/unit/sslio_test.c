/*
 * mod_tls4217 - tests of tls/sslio.c: a peer that never runs dry
 *
 * Messages behind the handshake (KeyUpdate: RFC 8446, section 4.6.3), which a
 * peer may send for ever without a byte of data.  What the loop does with
 * data, deadlines and ends is in connection_stream_test.c and
 * connection_close_test.c.
 */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/sslio.h"
#include "t/unit/world.h"

#define MOST TLS4217_SSLIO_MAX_MESSAGES

static void update_keys(struct endpoint *ep, int times) {
  for (int i = 0; i < times; i++) {
    assert_int_equal(
      SSL_key_update(ep->client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    assert_int_equal(SSL_do_handshake(ep->client), 1);
  }
}

static void over_both_channels(void (*run)(struct endpoint *ep)) {
  static const struct way *const both[] = { CONTROL_13, DATA_13 };

  for (size_t i = 0; i < 2; i++) {
    const struct endpoint_spec spec = spec_of(both[i]);
    struct endpoint *ep = endpoint_open(&spec);

    run(ep);
    endpoint_free(ep);
  }
}

/* As many as are allowed, again and again: data starts the count anew. */
static void run_within_bounds(struct endpoint *ep) {
  char heard[4];

  for (int round = 0; round < 3; round++) {
    update_keys(ep, MOST);
    endpoint_say(ep, "NOOP", 4);
    if (round > 0) {
      endpoint_flush(ep);
    }

    endpoint_read(ep, heard, 4);
    assert_memory_equal(heard, "NOOP", 4);
  }

  assert_false(tls4217_connection_is_flooded(ep->conn));
}

static void test_within_bounds(void **state) {
  (void) state;
  over_both_channels(run_within_bounds);
}

static void assert_flooded(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };
  char heard[4];

  assert_int_equal(
    tls4217_connection_read(ep->conn, heard, sizeof(heard), &err), -1);
  assert_int_equal(err.errnum, EPROTO);
  assert_non_null(strstr(err.text, "handshake messages"));
  assert_true(tls4217_connection_is_flooded(ep->conn));
  assert_int_equal(
    tls4217_connection_write(ep->conn, "421", 3, LATE, NULL), -1);
}

/* One more, whatever follows it, is the end. */
static void run_flood(struct endpoint *ep) {
  update_keys(ep, MOST + 1);
  endpoint_say(ep, "NOOP", 4);
  endpoint_flush(ep);
  assert_flooded(ep);

  endpoint_settle(ep);
  assert_true(ep->closed);
}

static void test_flood(void **state) {
  (void) state;
  over_both_channels(run_flood);
}

static void run_trickled_flood(struct endpoint *ep) {
  update_keys(ep, MOST + 1);
  assert_flooded(ep);
}

static void test_flood_in_pieces(void **state) {
  (void) state;
  over_both_channels(run_trickled_flood);
}

static void run_flood_without_waiting(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };
  char byte;

  update_keys(ep, 10 * MOST);
  endpoint_flush(ep);
  assert_int_equal(tls4217_connection_read_now(ep->conn, &byte, 1, &err), -1);
  assert_int_equal(err.errnum, EPROTO);
}

static void test_flood_without_waiting(void **state) {
  (void) state;
  over_both_channels(run_flood_without_waiting);
}

/* Signals are served by the waiter: it is asked although the socket never
 * runs dry, and may give up. */
static void test_waiter_is_asked_between_messages(void **state) {
  struct endpoint *ep = open_way(CONTROL_13);
  struct tls4217_error err = { .text = "" };
  char heard[4];

  (void) state;
  update_keys(ep, 3);
  endpoint_say(ep, "NOOP", 4);
  endpoint_flush(ep);
  ep->give_up = ECONNABORTED;
  assert_int_equal(
    tls4217_connection_read(ep->conn, heard, sizeof(heard), &err), -1);
  assert_int_equal(err.errnum, ECONNABORTED);

  ep->give_up = 0;
  endpoint_read(ep, heard, 4);
  endpoint_free(ep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_within_bounds),
    cmocka_unit_test(test_flood),
    cmocka_unit_test(test_flood_in_pieces),
    cmocka_unit_test(test_flood_without_waiting),
    cmocka_unit_test(test_waiter_is_asked_between_messages),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
