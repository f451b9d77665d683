/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/connection.c: the handshake, tickets, life
 *
 * Serves RFC 4217, sections 4 and 10.1.  Bytes that flow after the handshake
 * are in connection_stream_test.c, how a connection ends in
 * connection_close_test.c, session reuse in binding_test.c.
 */

#define _DEFAULT_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/waiter.h"
#include "t/unit/between.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The handshake must fail in this way, with words in the text. */
static void refuse(
  struct endpoint *ep, int timeout, enum tls4217_io want, const char *words) {
  struct tls4217_error err = { .text = "" };
  enum tls4217_io outcome;

  outcome = tls4217_connection_handshake(ep->conn, timeout, &err);
  if (outcome != want || strstr(err.text, words) == NULL) {
    fail_msg("\"%s\" (%u) lacks \"%s\" (%u)", err.text, (unsigned int) outcome,
      words, (unsigned int) want);
  }
}

/* What was said to the client is what "spoken" means, besides the hello. */
static void assert_spoken(struct endpoint *ep, bool want) {
  ep->end = ENDPOINT_OPEN;
  endpoint_settle(ep);
  assert_int_equal(tls4217_connection_has_spoken(ep->conn), want);
  assert_int_equal(ep->received_size > 0, want);
}

static void test_handshake(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct tls4217_connection_info info;
    struct endpoint *ep;

    spec.server_name = "ftp.example.org";
    spec.alpn = "\3ftp";
    ep = endpoint_open(&spec);
    tls4217_connection_info(ep->conn, &info);
    assert_string_equal(info.version, SSL_get_version(ep->client));
    assert_string_equal(info.cipher, SSL_get_cipher_name(ep->client));
    assert_true(info.cipher_bits >= 128);
    assert_non_null(info.group);
    assert_string_equal(info.server_name, "ftp.example.org");
    assert_string_equal(info.alpn, "ftp");
    assert_false(info.resumed);
    assert_true(info.handshake_ms < LATE);
    assert_true(tls4217_connection_has_spoken(ep->conn));
    endpoint_free(ep);
  }
}

static void test_info_without_extensions(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_open(&spec);
  struct tls4217_connection_info info;

  (void) state;
  tls4217_connection_info(ep->conn, &info);
  assert_string_equal(info.version, "TLSv1.3");
  assert_null(info.server_name);
  assert_null(info.alpn);
  assert_non_null(tls4217_connection_ssl(ep->conn));
  endpoint_free(ep);
}

/* 64 digits of each handshake's own, also with a ticket in TLS 1.2. */
static void test_session_ids(void **state) {
  char ids[2 * WAYS][TLS4217_SESSIONID_SIZE];

  (void) state;
  for (size_t i = 0; i < 2 * WAYS; i++) {
    struct endpoint *ep = open_way(&ways[i / 2]);

    tls4217_connection_session_id(ep->conn, ids[i]);
    endpoint_free(ep);
    assert_int_equal(strlen(ids[i]), 64);
    assert_int_equal(strspn(ids[i], "0123456789ABCDEF"), 64);
    for (size_t j = 0; j < i; j++) {
      assert_string_not_equal(ids[i], ids[j]);
    }
  }
}

/* A name goes to the log: nothing in it may forge a line there. */
static void test_server_name_is_fit_for_a_log(void **state) {
  const struct endpoint_spec spec = { .context = world.context,
    .server_name = "ftp\n[x] root%s\"" };
  struct endpoint *ep = endpoint_open(&spec);
  struct tls4217_connection_info info;

  (void) state;
  tls4217_connection_info(ep->conn, &info);
  assert_string_equal(info.server_name, "ftp??x??root?s?");
  endpoint_free(ep);
}

/* RFC 4217, section 10.1: before any TLS, a reply in clear is understood. */
static const struct garbage {
  const char *name;
  const char *bytes;
  size_t size;
  enum tls4217_io outcome;
  const char *want;
} garbages[] = {
  { "FTP", "USER anonymous\r\n", 16, TLS4217_IO_FAILED,
    "what arrived is not TLS" },
  { "HTTP", "GET / HTTP/1.0\r\n\r\n", 18, TLS4217_IO_FAILED,
    "an HTTP request" },
  { "proxy", "CONNECT x HTTP/1.0\r\n", 20, TLS4217_IO_FAILED,
    "an HTTP proxy request" },
  { "zeros", "\0\0\0\0\0\0\0\0\0\0\0\0", 12, TLS4217_IO_FAILED,
    "handshake failed" },
  { "a record that is no hello", "\x17\x03\x03\0\5xxxxx", 10, TLS4217_IO_FAILED,
    "message out of order" },
  { "a hello that is none", "\x16\x03\x01\0\5\1\0\0\1x", 10, TLS4217_IO_FAILED,
    "handshake failed" },
  { "close_notify", "\x15\x03\x03\0\2\1\0", 7, TLS4217_IO_FAILED,
    "message out of order" },
  { "SSL 2.0",
    "\x80\x1c\1\0\2\0\3\0\0\0\x10\1\0\x80"
    "0123456789abcdef",
    30, TLS4217_IO_FAILED, "handshake failed" },
  { "nothing", "", 0, TLS4217_IO_CUT, "handshake failed" },
  { "half a header", "\x16\x03", 2, TLS4217_IO_CUT, "handshake failed" },
};

static void test_garbage_instead_of_hello(void **state) {
  const struct endpoint_spec spec = { .context = world.context };

  (void) state;
  for (size_t i = 0; i < COUNT(garbages); i++) {
    const struct garbage *garbage = &garbages[i];
    struct endpoint *ep = endpoint_new(&spec);

    print_message("  %s\n", garbage->name);
    endpoint_cut(ep, 0);
    if (garbage->size > 0) {
      endpoint_say_raw(ep, garbage->bytes, garbage->size);
    }
    ep->end = ENDPOINT_FIN;
    assert_int_equal(tls4217_connection_hold_until_hello(ep->conn, NULL), 0);
    refuse(ep, LATE, garbage->outcome, garbage->want);
    assert_spoken(ep, false);
    endpoint_free(ep);
  }
}

/* Without it a client that speaks TLS at once gets the alert. */
static void test_alert_where_nothing_is_held(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);

  (void) state;
  endpoint_cut(ep, 0);
  endpoint_say_raw(ep, "\x16\x03\x01\0\5\1\0\0\1x", 10);
  refuse(ep, LATE, TLS4217_IO_FAILED, "handshake failed");
  endpoint_settle(ep);
  assert_true(ep->received_size > 0);
  endpoint_free(ep);
}

static void test_hello_is_spoken(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);

  (void) state;
  assert_int_equal(tls4217_connection_hold_until_hello(ep->conn, NULL), 0);
  assert_false(tls4217_connection_has_spoken(ep->conn));
  endpoint_flush(ep);
  ep->mute = ep->deaf = true;
  refuse(ep, SOON, TLS4217_IO_LATE, "did not answer in time");
  ep->deaf = false;
  assert_spoken(ep, true);
  endpoint_free(ep);
}

static void test_hello_cut_anywhere(void **state) {
  const struct endpoint_spec spec = { .context = world.context };

  (void) state;
  for (size_t size = 0, whole = 1; size < whole; size++) {
    struct endpoint *ep = endpoint_new(&spec);

    whole = endpoint_waiting(ep);
    endpoint_cut(ep, size);
    if (size > 0) {
      endpoint_flush(ep);
    }
    ep->end = ENDPOINT_FIN;
    assert_int_equal(tls4217_connection_hold_until_hello(ep->conn, NULL), 0);
    refuse(ep, LATE, TLS4217_IO_CUT, "TLS handshake failed: ");
    assert_spoken(ep, false);
    endpoint_free(ep);
  }
}

static void test_deadline_for_a_silent_client(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep = endpoint_new(&spec);
    int64_t begin = tls4217_waiter_now(), spent;

    ep->mute = true;
    refuse(ep, SOON, TLS4217_IO_LATE, "did not answer in time");
    spent = tls4217_waiter_now() - begin;
    assert_between(spent, SOON, SOON + SLACK);
    assert_spoken(ep, false);
    endpoint_free(ep);
  }
}

/* A byte per 10 ms: the hello alone would take seconds. */
static void test_deadline_is_not_extended_by_trickling(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);
  size_t before = endpoint_waiting(ep);
  int64_t begin = tls4217_waiter_now();

  (void) state;
  ep->trickle = 10;
  refuse(ep, SOON, TLS4217_IO_LATE, "did not answer in time");
  assert_between(tls4217_waiter_now() - begin, SOON, SOON + SLACK);
  assert_between(before - endpoint_waiting(ep), 1, SOON / 10);
  endpoint_free(ep);
}

static void test_no_time_at_all(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);

  (void) state;
  refuse(ep, 0, TLS4217_IO_LATE, "did not answer in time");
  endpoint_free(ep);
}

static void test_client_that_distrusts_us(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep;

    spec.distrustful = true;
    ep = endpoint_new(&spec);
    refuse(ep, LATE, TLS4217_IO_FAILED,
      "the client does not trust the server's "
      "certificate");
    assert_spoken(ep, true);
    assert_int_equal(
      tls4217_connection_shutdown(ep->conn, true, LATE, NULL), 0);
    endpoint_free(ep);
  }
}

/* Closes in the midst of our flight, which it has not read. */
static void test_client_that_vanishes(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep = endpoint_new(&spec);

    ep->deaf = true;
    ep->end = ENDPOINT_CLOSE;
    refuse(ep, LATE, TLS4217_IO_CUT, "TLS handshake failed: ");
    endpoint_free(ep);
  }
}

static void test_version_that_we_lack(void **state) {
  struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep;

  (void) state;
  ep = endpoint_new(&spec);
  endpoint_cut(ep, 0);
  /* A whole hello of TLS 1.0: random, no session, one suite, no more. */
  endpoint_say_raw(ep,
    "\x16\x03\x01\0\x2d\1\0\0\x29\x03\x01"
    "................................"
    "\0\0\2\0\x2f\1\0",
    50);
  refuse(ep, LATE, TLS4217_IO_FAILED,
    "an older TLS version than TLSProtocol allows");
  assert_spoken(ep, true);
  endpoint_free(ep);
}

static void test_waiter_that_gives_up(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep = endpoint_new(&spec);

    ep->give_up = ECONNABORTED;
    refuse(ep, LATE, TLS4217_IO_STOPPED, "gave up waiting for the client");
    endpoint_free(ep);
  }
}

/* Tickets. */

static void issue_and_say(struct endpoint *ep) {
  const SSL *ssl = tls4217_connection_ssl(ep->conn);

  assert_int_equal(tls4217_connection_issue_ticket(ep->conn, NULL),
    SSL_version(ssl) == TLS1_3_VERSION ? 1 : 0);
  assert_int_equal(
    tls4217_connection_write(ep->conn, "227 x\r\n", 7, LATE, NULL), 0);
  endpoint_settle(ep);
}

static void test_ticket_per_call(void **state) {
  (void) state;

  for (size_t i = 0; i < WAYS; i++) {
    struct endpoint_spec spec = spec_of(&ways[i]);
    struct endpoint *ep = endpoint_open(&spec);
    bool is_13 = ways[i].version == TLS1_3_VERSION;
    char heard[32] = "";

    if (ways[i].channel == TLS4217_CHANNEL_DATA) {
      assert_int_equal(ep->sessions, is_13 ? 0 : 1);
      endpoint_free(ep);
      continue;
    }

    assert_int_equal(ep->sessions, 1);
    for (unsigned int n = 1; n <= 3; n++) {
      issue_and_say(ep);
      assert_int_equal(ep->sessions, is_13 ? 1 + n : 1);
      assert_int_equal(BIO_read(ep->received, heard, sizeof(heard)), 7);
      assert_string_equal(heard, "227 x\r\n");
    }

    endpoint_say(ep, "NOOP\r\n", 6);
    memset(heard, 0, sizeof(heard));
    endpoint_read(ep, heard, 6);
    assert_string_equal(heard, "NOOP\r\n");
    endpoint_free(ep);
  }
}

static void test_ticket_before_the_handshake(void **state) {
  const struct endpoint_spec spec = { .context = world.context };
  struct endpoint *ep = endpoint_new(&spec);

  (void) state;
  assert_int_equal(tls4217_connection_issue_ticket(ep->conn, NULL), 0);
  assert_int_equal(tls4217_connection_handshake(ep->conn, LATE, NULL), 0);
  endpoint_settle(ep);
  assert_int_equal(ep->sessions, 1);
  endpoint_free(ep);
}

/* Life. */

static const struct mode {
  const char *name;
  bool two, nonblocking;
} modes[] = {
  { "blocking", false, false },
  { "non-blocking", false, true },
  { "two descriptors, blocking", true, false },
  { "two descriptors, non-blocking", true, true },
};

static void test_mode_of_the_socket_is_given_back(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(modes); i++) {
    const struct endpoint_spec spec = { .context = world.context,
      .two_descriptors = modes[i].two,
      .nonblocking = modes[i].nonblocking };
    struct endpoint *ep = endpoint_open(&spec);
    int want = modes[i].nonblocking ? O_NONBLOCK : 0;

    print_message("  %s\n", modes[i].name);
    assert_int_equal(fcntl(ep->rfd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    assert_int_equal(fcntl(ep->wfd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
    endpoint_drop_server(ep);
    assert_int_equal(fcntl(ep->rfd, F_GETFL) & O_NONBLOCK, want);
    assert_int_equal(fcntl(ep->wfd, F_GETFL) & O_NONBLOCK, want);
    endpoint_free(ep);
  }
}

static void test_sockets_that_are_none(void **state) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_binding binding;

  (void) state;
  tls4217_connection_free(NULL);
  assert_int_equal(tls4217_binding_init(&binding, &err), 0);
  assert_null(tls4217_connection_new(world.context->ctx,
    TLS4217_CHANNEL_CONTROL, -1, -1, &binding, &tls4217_waiter_poll, &err));
  assert_int_equal(err.errnum, EBADF);
  assert_string_not_equal(err.text, "");
  tls4217_binding_clear(&binding);
}

static void test_context_may_be_freed_meanwhile(void **state) {
  struct tls4217_context *brief = endpoint_context(world.leaf, "brief");
  const struct endpoint_spec spec = { .context = brief };
  struct endpoint *ep = endpoint_new(&spec);
  char byte;

  (void) state;
  tls4217_context_free(brief);
  assert_int_equal(tls4217_connection_handshake(ep->conn, LATE, NULL), 0);
  endpoint_say(ep, "x", 1);
  assert_int_equal(endpoint_take(ep->conn, &byte, 1, NULL), 1);
  assert_int_equal(ep->client_error, 0);
  assert_int_equal(ep->sessions, 0);
  endpoint_free(ep);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_handshake),
    cmocka_unit_test(test_info_without_extensions),
    cmocka_unit_test(test_session_ids),
    cmocka_unit_test(test_server_name_is_fit_for_a_log),
    cmocka_unit_test(test_garbage_instead_of_hello),
    cmocka_unit_test(test_alert_where_nothing_is_held),
    cmocka_unit_test(test_hello_is_spoken),
    cmocka_unit_test(test_hello_cut_anywhere),
    cmocka_unit_test(test_deadline_for_a_silent_client),
    cmocka_unit_test(test_deadline_is_not_extended_by_trickling),
    cmocka_unit_test(test_no_time_at_all),
    cmocka_unit_test(test_client_that_distrusts_us),
    cmocka_unit_test(test_client_that_vanishes),
    cmocka_unit_test(test_version_that_we_lack),
    cmocka_unit_test(test_waiter_that_gives_up),
    cmocka_unit_test(test_ticket_per_call),
    cmocka_unit_test(test_ticket_before_the_handshake),
    cmocka_unit_test(test_mode_of_the_socket_is_given_back),
    cmocka_unit_test(test_sockets_that_are_none),
    cmocka_unit_test(test_context_may_be_freed_meanwhile),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
