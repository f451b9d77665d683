/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/connection.c: how a connection ends
 *
 * close_notify both ways (RFC 8446, section 6.1; RFC 5246, section 7.2.1),
 * and the ends without one, of which only the end between two records may
 * ever be taken for an end.  See connection_test.c.
 */

#define _DEFAULT_SOURCE

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/waiter.h"
#include "t/unit/between.h"
#include "t/unit/world.h"

static void refuse_read(struct endpoint *ep, int errnum, const char *words) {
  struct tls4217_error err = { .text = "" };
  char buf[64];
  size_t done;

  assert_int_equal(
    tls4217_connection_read(ep->conn, buf, sizeof(buf), &done, &err),
    errnum == ECONNRESET ? TLS4217_IO_CUT : TLS4217_IO_FAILED);
  assert_int_equal(done, 0);
  if (err.errnum != errnum || strstr(err.text, words) == NULL) {
    fail_msg(
      "\"%s\" (%d) lacks \"%s\" (%d)", err.text, err.errnum, words, errnum);
  }
}

static void shut_down(struct endpoint *ep, bool wait, enum tls4217_io want) {
  struct tls4217_error err = { .text = "" };
  enum tls4217_io outcome = tls4217_connection_shutdown(
    ep->conn, wait, want == TLS4217_IO_LATE ? SOON : LATE, &err);

  if (outcome != want) {
    fail_msg("\"%s\": %u is not %u", err.text, (unsigned int) outcome,
      (unsigned int) want);
  }
  assert_int_equal(tls4217_error_is_set(&err), want != TLS4217_IO_DONE);
}

static void assert_end(struct endpoint *ep) {
  size_t done;
  char byte;

  assert_int_equal(tls4217_connection_read(ep->conn, &byte, 1, &done, NULL),
    TLS4217_IO_CLOSED);
  assert_int_equal(tls4217_connection_read_now(ep->conn, &byte, 1, &done, NULL),
    TLS4217_IO_CLOSED);
  assert_false(tls4217_connection_cut_between_records(ep->conn));
}

/* The peer ends. */

static void run_peer_ends(struct endpoint *ep) {
  char heard[3];

  endpoint_say(ep, "end", 3);
  endpoint_say_goodbye(ep);
  ep->end = ENDPOINT_FIN;
  endpoint_read(ep, heard, sizeof(heard));
  assert_end(ep);

  /* What is left to say still reaches it, then our own close_notify. */
  assert_int_equal(
    tls4217_connection_write(ep->conn, "226 ok\r\n", 8, LATE, NULL), 0);
  shut_down(ep, true, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_true(ep->closed);
  assert_int_equal(BIO_ctrl_pending(ep->received), 8);
}

static void test_peer_ends(void **state) {
  (void) state;
  over_all_ways(run_peer_ends);
}

static void run_end_behind_data(struct endpoint *ep) {
  char heard[64];

  endpoint_say(ep, "data", 4);
  endpoint_say_goodbye(ep);
  endpoint_flush(ep);
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_end(ep);
}

static void test_end_behind_data_in_one_segment(void **state) {
  (void) state;
  over_all_ways(run_end_behind_data);
}

/* Somebody who can cut the TCP connection has a close_notify follow data
 * that he held back: what comes behind the real one must not count. */
static void run_data_behind_end(struct endpoint *ep) {
  endpoint_say_goodbye(ep);
  endpoint_say_raw(ep, "\x17\x03\x03\0\1x", 6);
  endpoint_flush(ep);
  assert_end(ep);
}

static void test_data_behind_the_end(void **state) {
  (void) state;
  over_all_ways(run_data_behind_end);
}

static size_t cut_record(const struct way *way, size_t size, bool at_once) {
  struct endpoint *ep = open_way(way);
  char heard[64];
  size_t whole;
  bool between;

  endpoint_say(ep, "file contents", 13);
  whole = endpoint_waiting(ep);
  endpoint_cut(ep, size);
  ep->end = ENDPOINT_FIN;
  if (at_once && size > 0) {
    endpoint_flush(ep);
  }

  if (size == whole) {
    endpoint_read(ep, heard, 13);
  }
  refuse_read(ep, ECONNRESET, "without close_notify");
  between = (size == 0 || size == whole);
  if (tls4217_connection_cut_between_records(ep->conn) != between) {
    fail_msg("%s: wrong after %zu of %zu bytes", way->name, size, whole);
  }

  refuse_read(ep, ECONNRESET, "without close_notify");
  assert_int_equal(tls4217_connection_cut_between_records(ep->conn), between);
  shut_down(ep, true, TLS4217_IO_DONE);
  endpoint_free(ep);
  return whole;
}

static void test_peer_closes_without_notify(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    size_t whole = cut_record(&ways[i], 0, false);

    print_message("  %s\n", ways[i].name);
    for (size_t size = 1; size <= whole; size++) {
      (void) cut_record(&ways[i], size, false);
      (void) cut_record(&ways[i], size, true);
    }
  }
}

/* A record of the handshake's kind, cut, is no record's end either. */
static void test_peer_closes_inside_a_key_update(void **state) {
  struct endpoint *ep = open_way(DATA_13);

  (void) state;
  assert_int_equal(SSL_key_update(ep->client, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
  assert_int_equal(SSL_do_handshake(ep->client), 1);
  endpoint_cut(ep, endpoint_waiting(ep) - 1);
  ep->end = ENDPOINT_FIN;
  refuse_read(ep, ECONNRESET, "without close_notify");
  assert_false(tls4217_connection_cut_between_records(ep->conn));
  endpoint_free(ep);
}

/* A socketpair resets where bytes are left unread. */
static void run_reset(struct endpoint *ep) {
  ep->deaf = true;
  assert_int_equal(
    tls4217_connection_write(ep->conn, "150 x\r\n", 7, LATE, NULL), 0);
  ep->end = ENDPOINT_CLOSE;
  refuse_read(ep, ECONNRESET, "TLS read failed: ");
  assert_false(tls4217_connection_cut_between_records(ep->conn));
  shut_down(ep, true, TLS4217_IO_DONE);
}

static void test_reset(void **state) {
  (void) state;
  over_all_ways(run_reset);
}

static void run_fatal_alert(struct endpoint *ep) {
  /* What the client cannot read it answers with an alert. */
  assert_int_equal(send(ep->wfd, "not TLS at all\r\n", 16, 0), 16);
  refuse_read(ep, EPROTO, "TLS read failed: ");
  assert_false(tls4217_connection_cut_between_records(ep->conn));
  shut_down(ep, true, TLS4217_IO_DONE);
}

static void test_fatal_alert(void **state) {
  (void) state;
  over_all_ways(run_fatal_alert);
}

/* We end. */

static void run_we_end(struct endpoint *ep) {
  size_t before;

  shut_down(ep, false, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_true(ep->closed);

  before = ep->received_size;
  shut_down(ep, false, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);
}

static void test_we_end_once(void **state) {
  (void) state;
  over_all_ways(run_we_end);
}

static void run_goodbye_crosses(struct endpoint *ep) {
  unsigned char *rest = endpoint_pattern(70000);
  size_t before;

  endpoint_say(ep, rest, 70000);
  endpoint_say_goodbye(ep);
  shut_down(ep, true, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_true(ep->closed);

  before = ep->received_size;
  shut_down(ep, true, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);
  free(rest);
}

static void test_wait_for_peer_that_sends_data_first(void **state) {
  (void) state;
  over_all_ways(run_goodbye_crosses);
}

static void run_never_answers(struct endpoint *ep) {
  int64_t begin = tls4217_waiter_now();

  shut_down(ep, true, TLS4217_IO_LATE);
  assert_between(tls4217_waiter_now() - begin, SOON, SOON + SLACK);
  assert_true(ep->closed);
}

static void test_wait_for_peer_that_never_answers(void **state) {
  (void) state;
  over_all_ways(run_never_answers);
}

/* Data upon data, a byte at a time, and no end. */
static void test_wait_for_peer_that_goes_on(void **state) {
  struct endpoint *ep = open_way(CONTROL_13);
  int64_t begin = tls4217_waiter_now();

  (void) state;
  for (int i = 0; i < 1000; i++) {
    endpoint_say(ep, "x", 1);
  }
  ep->trickle = 5;
  shut_down(ep, true, TLS4217_IO_LATE);
  assert_between(tls4217_waiter_now() - begin, SOON, SOON + SLACK);
  assert_true(endpoint_waiting(ep) > 0);
  endpoint_free(ep);
}

static void run_peer_closes_instead(struct endpoint *ep) {
  ep->end = ENDPOINT_FIN;
  shut_down(ep, true, TLS4217_IO_CUT);
}

static void test_wait_for_peer_that_closes_instead(void **state) {
  (void) state;
  over_all_ways(run_peer_closes_instead);
}

/* The peer's window is shut: our close_notify has to wait too. */
static void test_goodbye_that_nobody_reads(void **state) {
  struct endpoint *ep = open_way(DATA_13);
  char byte = 0;

  (void) state;
  ep->deaf = true;
  while (send(ep->wfd, &byte, 1, MSG_DONTWAIT) == 1) {
    continue;
  }
  shut_down(ep, false, TLS4217_IO_LATE);
  endpoint_free(ep);
}

static void test_waiter_gives_up_on_the_peer(void **state) {
  struct endpoint *ep = open_way(CONTROL_13);

  (void) state;
  ep->give_up = ECONNABORTED;
  shut_down(ep, true, TLS4217_IO_STOPPED);
  endpoint_free(ep);
}

static void test_before_the_handshake_there_is_no_end(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);

  (void) state;
  shut_down(ep, true, TLS4217_IO_DONE);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, 0);
  endpoint_free(ep);
}

static void run_freed_without_goodbye(struct endpoint *ep) {
  size_t before = ep->received_size;

  endpoint_drop_server(ep);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);
  assert_false(ep->closed);
}

static void test_freed_without_goodbye(void **state) {
  (void) state;
  over_all_ways(run_freed_without_goodbye);
}

/* We break off. */

static void run_alert(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(
    tls4217_connection_write(ep->conn, "part", 4, LATE, NULL), 0);
  endpoint_say(ep, "unread", 6);
  endpoint_flush(ep);
  assert_int_equal(tls4217_connection_alert(ep->conn, LATE, &err), 0);
  endpoint_settle(ep);
  assert_int_equal(BIO_ctrl_pending(ep->received), 4);
  assert_false(ep->closed);
  assert_int_equal(ERR_GET_LIB(ep->client_error), ERR_LIB_SSL);
  assert_true(ERR_GET_REASON(ep->client_error) > SSL_AD_REASON_OFFSET);

  /* Nothing follows it. */
  assert_int_equal(tls4217_connection_write(ep->conn, "more", 4, LATE, &err),
    TLS4217_IO_FAILED);
  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, NULL), 0);
  assert_int_equal(tls4217_connection_alert(ep->conn, LATE, NULL), 0);
}

static void test_alert(void **state) {
  (void) state;
  over_all_ways(run_alert);
}

static void run_alert_behind_end(struct endpoint *ep) {
  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, NULL), 0);
  assert_int_equal(tls4217_connection_alert(ep->conn, LATE, NULL), 0);
  endpoint_settle(ep);
  assert_true(ep->closed);
  assert_int_equal(ep->client_error, 0);
}

static void test_alert_behind_the_end(void **state) {
  (void) state;
  over_all_ways(run_alert_behind_end);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_peer_ends),
    cmocka_unit_test(test_alert),
    cmocka_unit_test(test_alert_behind_the_end),
    cmocka_unit_test(test_end_behind_data_in_one_segment),
    cmocka_unit_test(test_data_behind_the_end),
    cmocka_unit_test(test_peer_closes_without_notify),
    cmocka_unit_test(test_peer_closes_inside_a_key_update),
    cmocka_unit_test(test_reset),
    cmocka_unit_test(test_fatal_alert),
    cmocka_unit_test(test_we_end_once),
    cmocka_unit_test(test_wait_for_peer_that_sends_data_first),
    cmocka_unit_test(test_wait_for_peer_that_never_answers),
    cmocka_unit_test(test_wait_for_peer_that_goes_on),
    cmocka_unit_test(test_wait_for_peer_that_closes_instead),
    cmocka_unit_test(test_goodbye_that_nobody_reads),
    cmocka_unit_test(test_waiter_gives_up_on_the_peer),
    cmocka_unit_test(test_before_the_handshake_there_is_no_end),
    cmocka_unit_test(test_freed_without_goodbye),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
