/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/sslio.c: a peer that never runs dry, and memory
 * that does
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

#include <openssl/crypto.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/sslio.h"
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

/* As many as are allowed, again and again: data restarts the count. */
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

  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), &err), -1);
  assert_int_equal(err.errnum, EPROTO);
  assert_non_null(strstr(err.text, "handshake messages"));
  assert_true(tls4217_connection_is_flooded(ep->conn));
  assert_int_equal(tls4217_connection_write(ep->conn, "421", 3, LATE, NULL),
    TLS4217_IO_FAILED);
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
  assert_int_equal(endpoint_take_now(ep->conn, &byte, 1, &err), -1);
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
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), &err), -1);
  assert_int_equal(err.errnum, ECONNABORTED);

  ep->give_up = 0;
  endpoint_read(ep, heard, 4);
  endpoint_free(ep);
}

/* Memory that runs out. */

static int allocations_left = -1; /* -1: any number */

static bool has_run_out(void) {
  if (allocations_left > 0) {
    allocations_left--;
  }

  return allocations_left == 0;
}

static void *allocate(size_t size, const char *file, int line) {
  (void) file;
  (void) line;
  return has_run_out() ? NULL : malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line) {
  (void) file;
  (void) line;
  return has_run_out() ? NULL : realloc(old, size);
}

static void release(void *old, const char *file, int line) {
  (void) file;
  (void) line;
  free(old);
}

/* A ticket and a reply, or a command, with so many allocations left.  Returns
 * 0, or -1 with the reason where it failed. */
static int use(
  struct endpoint *ep, bool write, int left, struct tls4217_error *err) {
  char heard[4];
  ssize_t res;

  if (write == false) {
    endpoint_say(ep, "NOOP", 4);
    endpoint_flush(ep);
  }

  allocations_left = left;
  if (write) {
    (void) tls4217_connection_issue_ticket(ep->conn, NULL);
    res = tls4217_connection_write(ep->conn, "227 ok\r\n", 8, LATE, err) ==
        TLS4217_IO_DONE ?
      0 :
      -1;
  } else {
    res = endpoint_take(ep->conn, heard, sizeof(heard), err);
  }

  allocations_left = -1;
  return res < 0 ? -1 : 0;
}

/* Whatever has failed: the next attempt fails at once, in both directions and
 * for the same reason. */
static void assert_dead(struct endpoint *ep, const char *why) {
  struct tls4217_error again = { .text = "" };
  char byte;

  assert_string_not_equal(why, "");
  endpoint_say(ep, "MKD", 3);
  endpoint_flush(ep);
  assert_int_equal(endpoint_take(ep->conn, &byte, 1, &again), -1);
  assert_string_equal(again.text, why);
  assert_int_not_equal(
    tls4217_connection_write(ep->conn, "2", 1, LATE, NULL), TLS4217_IO_DONE);
}

static void run_out(const struct way *way, bool write) {
  int res = -1, failures = 0;

  for (int left = 1; res < 0 && left < 200; left++) {
    struct endpoint *ep = open_way(way);
    struct tls4217_error err = { .text = "" };

    endpoint_settle(ep);
    res = use(ep, write, left, &err);
    if (res < 0) {
      failures++;
      assert_dead(ep, err.text);
    }

    endpoint_free(ep);
  }

  assert_int_equal(res, 0);
  print_message("  %s: %d failures\n", way->name, failures);
}

static void test_out_of_memory(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    run_out(&ways[i], true);
    run_out(&ways[i], false);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_out_of_memory),
    cmocka_unit_test(test_within_bounds),
    cmocka_unit_test(test_flood),
    cmocka_unit_test(test_flood_in_pieces),
    cmocka_unit_test(test_flood_without_waiting),
    cmocka_unit_test(test_waiter_is_asked_between_messages),
  };

  if (CRYPTO_set_mem_functions(allocate, reallocate, release) != 1) {
    return 1;
  }

  return cmocka_run_group_tests(tests, world_make, world_end);
}
