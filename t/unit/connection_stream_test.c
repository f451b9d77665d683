/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/connection.c: what flows after the handshake
 *
 * Reading, reading without waiting, writing, and what makes either fail in
 * the midst of a connection.  See connection_test.c.
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
#include <unistd.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/waiter.h"
#include "t/unit/between.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* More than a socket and its peer's pending bytes ever hold. */
#define TOO_MUCH (4 * 1024 * 1024)

/* A read must fail with errnum, and words in the text. */
static void refuse_read(struct endpoint *ep, int errnum, const char *words) {
  struct tls4217_error err = { .text = "" };
  char buf[64];

  assert_int_equal(endpoint_take(ep->conn, buf, sizeof(buf), &err), -1);
  if (err.errnum != errnum || strstr(err.text, words) == NULL) {
    fail_msg(
      "\"%s\" (%d) lacks \"%s\" (%d)", err.text, err.errnum, words, errnum);
  }
}

static void refuse_write(
  struct endpoint *ep, const void *buf, size_t size, enum tls4217_io want) {
  struct tls4217_error err = { .text = "" };
  enum tls4217_io outcome = tls4217_connection_write(
    ep->conn, buf, size, SOON, &err);

  if (outcome != want || err.text[0] == '\0') {
    fail_msg("\"%s\": %u is not %u", err.text, (unsigned int) outcome,
      (unsigned int) want);
  }
}

static const size_t sizes[] = { 1, 2, 10, 4096, 16383, 16384, 16385,
  64 * 1024 + 1, 1024 * 1024 };

static void echo(struct endpoint *ep, size_t size) {
  unsigned char *sent = endpoint_pattern(size);
  unsigned char *heard = calloc(1, size);
  struct tls4217_error err = { .text = "" };

  assert_non_null(heard);
  assert_int_equal(
    tls4217_connection_write(ep->conn, sent, size, LATE * 10, &err), 0);
  endpoint_read(ep, heard, size);
  assert_memory_equal(sent, heard, size);
  assert_false(tls4217_connection_is_pending(ep->conn));
  free(sent);
  free(heard);
}

static void run_echo(struct endpoint *ep) {
  ep->echo = true;
  for (size_t i = 0; i < COUNT(sizes); i++) {
    echo(ep, sizes[i]);
  }
}

static void test_echo_in_pieces(void **state) {
  (void) state;
  over_all_ways(run_echo);
}

static void test_echo_over_two_descriptors(void **state) {
  const struct endpoint_spec spec = { .context = world.context,
    .two_descriptors = true };
  struct endpoint *ep = endpoint_open(&spec);

  (void) state;
  ep->echo = true;
  echo(ep, 20000);
  endpoint_free(ep);
}

static void run_nothing_to_write(struct endpoint *ep) {
  size_t before = ep->received_size;

  assert_int_equal(tls4217_connection_write(ep->conn, "", 0, SOON, NULL), 0);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);
}

static void test_nothing_to_write(void **state) {
  (void) state;
  over_all_ways(run_nothing_to_write);
}

/* Records of every size in one segment: one read takes what has arrived. */
static void run_many_records(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(3000), heard[4000];
  ssize_t res;
  size_t at = 0;

  for (size_t size = 1; at + size <= 3000; at += size, size++) {
    endpoint_say(ep, sent + at, size);
  }
  endpoint_flush(ep);

  for (size_t done = 0; done < at; done += (size_t) res) {
    res = endpoint_take_now(ep->conn, heard + done, sizeof(heard) - done, NULL);
    assert_true(res > 0);
  }
  assert_memory_equal(sent, heard, at);
  free(sent);
}

static void test_many_records_at_once(void **state) {
  (void) state;
  over_all_ways(run_many_records);
}

static void run_read_now(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };
  char heard[8] = "";
  size_t done;

  assert_int_equal(
    tls4217_connection_read_now(ep->conn, heard, sizeof(heard), &done, &err),
    TLS4217_IO_AGAIN);
  assert_int_equal(err.errnum, EAGAIN);

  /* Half a record is nothing to read either. */
  endpoint_say(ep, "NOOP\r\n", 6);
  ep->mute = true;
  for (int i = 0; i < 2; i++) {
    ep->mute = false;
    (void) endpoint_pump(ep);
    ep->mute = true;
    tls4217_error_clear(&err);
    assert_int_equal(
      endpoint_take_now(ep->conn, heard, sizeof(heard), &err), -1);
    assert_int_equal(err.errnum, EAGAIN);
  }

  ep->mute = false;
  endpoint_settle(ep);
  assert_int_equal(endpoint_take_now(ep->conn, heard, sizeof(heard), NULL), 6);
  assert_memory_equal(heard, "NOOP\r\n", 6);
  assert_int_equal(endpoint_take_now(ep->conn, heard, sizeof(heard), NULL), -1);
}

static void test_read_now(void **state) {
  (void) state;
  over_all_ways(run_read_now);
}

static void run_pending(struct endpoint *ep) {
  char heard[4];

  assert_false(tls4217_connection_is_pending(ep->conn));
  endpoint_say(ep, "NOOP\r\n", 6);
  endpoint_flush(ep);
  assert_false(tls4217_connection_is_pending(ep->conn));
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_true(tls4217_connection_is_pending(ep->conn));
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 2);
  assert_false(tls4217_connection_is_pending(ep->conn));
}

static void test_is_pending(void **state) {
  (void) state;
  over_all_ways(run_pending);
}

/* Who sleeps in poll(2) must not sleep on what is here already; on the data
 * channel, which reads ahead, nobody does. */
static void test_pending_behind_a_record(void **state) {
  struct endpoint *ep = open_way(CONTROL_13);
  char heard[4], byte;

  (void) state;
  endpoint_say(ep, "NOOP", 4);
  endpoint_say(ep, "QUIT", 4);
  endpoint_flush(ep);
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_true(tls4217_connection_is_pending(ep->conn) ||
    recv(ep->rfd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1);
  endpoint_free(ep);
}

/* What is read ahead is found by the next read. */
static void run_read_ahead(struct endpoint *ep) {
  char heard[4];

  endpoint_say(ep, "NOOP", 4);
  endpoint_say(ep, "QUIT", 4);
  endpoint_flush(ep);
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_int_equal(endpoint_take_now(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_memory_equal(heard, "QUIT", 4);
}

static void test_read_ahead(void **state) {
  (void) state;
  over_all_ways(run_read_ahead);
}

static void give_up_writing(struct endpoint *ep, const unsigned char *sent) {
  int64_t begin = tls4217_waiter_now();

  ep->deaf = true;
  refuse_write(ep, sent, TOO_MUCH, TLS4217_IO_LATE);
  assert_between(tls4217_waiter_now() - begin, SOON, SOON + SLACK);
  ep->deaf = false;
  endpoint_settle(ep);
  refuse_write(ep, sent, TOO_MUCH, TLS4217_IO_LATE);
}

/* A record cut in the middle ends both directions, which say why. */
static void cut_record(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(TOO_MUCH);
  size_t before;

  give_up_writing(ep, sent);
  endpoint_say(ep, "MKD", 3);
  refuse_read(ep, ETIMEDOUT, "did not answer in time");
  before = ep->received_size;
  assert_int_equal(tls4217_connection_shutdown(ep->conn, true, LATE, NULL), 0);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);
  free(sent);
}

/* A data connection writes whole records, and can still end in order. */
static void end_behind_records(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(TOO_MUCH);
  char *heard;
  long size;

  give_up_writing(ep, sent);
  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, NULL), 0);
  endpoint_settle(ep);
  assert_true(ep->closed);
  size = BIO_get_mem_data(ep->received, &heard);
  assert_between(size, 1, TOO_MUCH - 1);
  assert_memory_equal(heard, sent, size);
  free(sent);
}

static void test_write_that_nobody_reads(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint *ep = open_way(&ways[i]);

    if (ways[i].channel == TLS4217_CHANNEL_DATA) {
      end_behind_records(ep);

    } else {
      cut_record(ep);
    }

    endpoint_free(ep);
  }
}

/* It reads a little now and then: no byte of it gives more time. */
static void test_write_that_is_read_slowly(void **state) {
  unsigned char *sent = endpoint_pattern(TOO_MUCH);
  struct endpoint *ep = open_way(DATA_13);
  int64_t begin = tls4217_waiter_now();

  (void) state;
  ep->trickle = 5;
  endpoint_say(ep, sent, 1000);
  refuse_write(ep, sent, TOO_MUCH, TLS4217_IO_LATE);
  assert_between(tls4217_waiter_now() - begin, SOON, SOON + SLACK);
  endpoint_free(ep);
  free(sent);
}

static void run_write_to_nobody(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(TOO_MUCH);
  struct tls4217_error err = { .text = "" };

  ep->end = ENDPOINT_CLOSE;
  assert_int_equal(
    tls4217_connection_write(ep->conn, sent, TOO_MUCH, LATE, &err),
    TLS4217_IO_CUT);
  assert_string_not_equal(err.text, "");
  assert_int_equal(tls4217_connection_shutdown(ep->conn, true, LATE, NULL), 0);
  free(sent);
}

static void test_write_to_nobody(void **state) {
  (void) state;
  over_all_ways(run_write_to_nobody);
}

/* An ABOR: what the waiter says is what the caller gets. */
static void expect_received(struct endpoint *ep, const void *sent, int size) {
  char *received = NULL;

  endpoint_settle(ep);
  assert_int_equal(BIO_get_mem_data(ep->received, &received), size);
  assert_memory_equal(received, sent, size);
}

/* What is all that is to come waits for close_notify. */
static void run_write_all(struct endpoint *ep) {
  size_t before;

  endpoint_settle(ep);
  before = ep->received_size;
  assert_int_equal(tls4217_connection_write_all(ep->conn, "file", 4, NULL), 0);
  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);

  assert_int_equal(tls4217_connection_shutdown(ep->conn, false, LATE, NULL), 0);
  expect_received(ep, "file", 4);
  assert_true(ep->closed);
}

static void test_write_all(void **state) {
  (void) state;
  over_all_ways(run_write_all);
}

/* A caller that was wrong loses nothing, and neither does a long file. */
static void run_write_all_and_more(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(100000);

  assert_int_equal(
    tls4217_connection_write_all(ep->conn, sent, 16384, NULL), 0);
  assert_int_equal(
    tls4217_connection_write(ep->conn, sent + 16384, 3616, LATE, NULL), 0);
  expect_received(ep, sent, 20000);
  assert_int_equal(
    tls4217_connection_write_all(ep->conn, sent + 20000, 80000, NULL), 0);
  expect_received(ep, sent, 100000);
  free(sent);
}

static void test_write_all_and_more(void **state) {
  (void) state;
  over_all_ways(run_write_all_and_more);
}

/* The end says that the client cannot have it. */
static void run_write_all_to_nobody(struct endpoint *ep) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(tls4217_connection_write_all(ep->conn, "file", 4, NULL), 0);
  (void) close(ep->fd);
  ep->fd = -1;
  assert_int_equal(
    tls4217_connection_shutdown(ep->conn, false, LATE, &err), TLS4217_IO_CUT);
  assert_string_not_equal(err.text, "");
}

static void test_write_all_to_nobody(void **state) {
  (void) state;
  over_all_ways(run_write_all_to_nobody);
}

static void run_waiter_gives_up(struct endpoint *ep) {
  unsigned char *sent = endpoint_pattern(TOO_MUCH);

  ep->give_up = ECONNABORTED;
  refuse_read(ep, ECONNABORTED, "gave up waiting for the client");
  refuse_write(ep, sent, TOO_MUCH, TLS4217_IO_STOPPED);
  free(sent);
}

static void test_waiter_gives_up(void **state) {
  (void) state;
  over_all_ways(run_waiter_gives_up);
}

/* A read that was given up harms nothing: the record is still to come. */
static void run_read_again(struct endpoint *ep) {
  char heard[6];

  endpoint_say(ep, "NOOP\r\n", 6);
  ep->give_up = ECONNABORTED;
  refuse_read(ep, ECONNABORTED, "gave up waiting for the client");
  ep->give_up = 0;
  endpoint_read(ep, heard, sizeof(heard));
  assert_memory_equal(heard, "NOOP\r\n", 6);
}

static void test_read_again_after_giving_up(void **state) {
  (void) state;
  over_all_ways(run_read_again);
}

/* Not TLS at all, and a record that somebody altered. */
static const struct damage {
  const char *name;
  const char *bytes;
  size_t size;
} damages[] = {
  { "clear text", "NOOP\r\nNOOP\r\nNOOP\r\n", 18 },
  { "a forged record",
    "\x17\x03\x03\0\x20"
    "0123456789abcdef0123456789abcdef",
    37 },
};

static void read_damage(struct endpoint *ep, const struct damage *damage) {
  print_message("    %s\n", damage->name);
  endpoint_say_raw(ep, damage->bytes, damage->size);
  refuse_read(ep, EPROTO, "TLS read failed: ");
  assert_false(tls4217_connection_cut_between_records(ep->conn));

  /* The alert that we sent was the last word. */
  assert_int_equal(tls4217_connection_shutdown(ep->conn, true, LATE, NULL), 0);
  endpoint_settle(ep);
  assert_true(ep->client_error != 0);
  assert_false(ep->closed);
}

static void test_damage(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS * COUNT(damages); i++) {
    struct endpoint *ep = open_way(&ways[i % WAYS]);

    read_damage(ep, &damages[i / WAYS]);
    endpoint_free(ep);
  }
}

/* What came before the damage is handed out; the damage is not forgotten,
 * nor taken for an end. */
static void run_damage_behind_data(struct endpoint *ep) {
  char heard[64];

  endpoint_say(ep, "good", 4);
  endpoint_say_raw(ep, damages[1].bytes, damages[1].size);
  ep->end = ENDPOINT_FIN;
  endpoint_flush(ep);
  assert_int_equal(endpoint_take(ep->conn, heard, sizeof(heard), NULL), 4);
  assert_memory_equal(heard, "good", 4);
  refuse_read(ep, EPROTO, "TLS read failed: ");
  assert_false(tls4217_connection_cut_between_records(ep->conn));
  refuse_read(ep, EPROTO, "TLS read failed: ");
  assert_false(tls4217_connection_cut_between_records(ep->conn));
}

static void test_damage_behind_data(void **state) {
  (void) state;
  over_all_ways(run_damage_behind_data);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_echo_in_pieces),
    cmocka_unit_test(test_echo_over_two_descriptors),
    cmocka_unit_test(test_nothing_to_write),
    cmocka_unit_test(test_many_records_at_once),
    cmocka_unit_test(test_read_now),
    cmocka_unit_test(test_is_pending),
    cmocka_unit_test(test_pending_behind_a_record),
    cmocka_unit_test(test_read_ahead),
    cmocka_unit_test(test_write_that_nobody_reads),
    cmocka_unit_test(test_write_that_is_read_slowly),
    cmocka_unit_test(test_write_to_nobody),
    cmocka_unit_test(test_write_all),
    cmocka_unit_test(test_write_all_and_more),
    cmocka_unit_test(test_write_all_to_nobody),
    cmocka_unit_test(test_waiter_gives_up),
    cmocka_unit_test(test_read_again_after_giving_up),
    cmocka_unit_test(test_damage),
    cmocka_unit_test(test_damage_behind_data),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
