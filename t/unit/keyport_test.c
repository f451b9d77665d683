/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyport.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyport.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

#define ROOM ((size_t) 8 * TLS4217_KEYCLIENT_MAX_SCOPES + 64)

/* A frame in which a channel is handed in; returns its length. */
static size_t write_frame(unsigned char *frame, enum tls4217_keyproto_type type,
  unsigned int budget, unsigned int count, unsigned int has) {
  struct tls4217_keyproto_writer writer;

  tls4217_keyproto_begin(&writer, frame, ROOM, type);
  tls4217_keyproto_put_u16(&writer, budget);
  tls4217_keyproto_put_u16(&writer, count);
  for (unsigned int i = 0; i < has; i++) {
    tls4217_keyproto_put_u64(&writer, 100 + i);
  }

  return tls4217_keyproto_end(&writer);
}

static void test_frames(void **state) {
  static const struct {
    const char *name;
    enum tls4217_keyproto_type type;
    unsigned int count, has;
    bool want;
  } cases[] = {
    { "no key at all", TLS4217_KEYPROTO_CHANNEL, 0, 0, true },
    { "one host", TLS4217_KEYPROTO_CHANNEL, 1, 1, true },
    { "as many as there may be", TLS4217_KEYPROTO_CHANNEL,
      TLS4217_KEYCLIENT_MAX_SCOPES, TLS4217_KEYCLIENT_MAX_SCOPES, true },
    { "one more", TLS4217_KEYPROTO_CHANNEL, TLS4217_KEYCLIENT_MAX_SCOPES + 1,
      TLS4217_KEYCLIENT_MAX_SCOPES + 1, false },
    { "fewer than it says", TLS4217_KEYPROTO_CHANNEL, 2, 1, false },
    { "more than it says", TLS4217_KEYPROTO_CHANNEL, 1, 2, false },
    { "another request", TLS4217_KEYPROTO_SIGN, 1, 1, false },
  };
  unsigned char frame[ROOM];

  (void) state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const size_t size = write_frame(
      frame, cases[i].type, 3, cases[i].count, cases[i].has);
    struct tls4217_keyport *port;

    print_message("%s\n", cases[i].name);
    assert_true(size > 0);
    port = tls4217_keyport_read(frame, size, dup(0));
    assert_int_equal(port != NULL, cases[i].want);
    if (port != NULL) {
      assert_int_equal(port->kind, TLS4217_KEYPORT_CHANNEL);
      assert_int_equal(port->nscopes, cases[i].count);
      assert_true(port->nscopes == 0 || port->scopes[0] == 100);
      tls4217_keyport_free(port);
    }
  }
}

static struct tls4217_keyport *make(unsigned int budget, int fd) {
  unsigned char frame[ROOM];
  const size_t size = write_frame(
    frame, TLS4217_KEYPROTO_CHANNEL, budget, 0, 0);
  struct tls4217_keyport *port = tls4217_keyport_read(frame, size, fd);

  assert_non_null(port);
  return port;
}

static void test_budget(void **state) {
  struct tls4217_keyport *port = make(2, dup(0));

  (void) state;
  assert_true(tls4217_keyport_spend(port));
  assert_true(tls4217_keyport_spend(port));
  assert_false(tls4217_keyport_spend(port));
  assert_false(tls4217_keyport_spend(port));
  tls4217_keyport_free(port);

  port = make(TLS4217_KEYCLIENT_UNLIMITED, dup(0));
  for (unsigned int i = 0; i <= TLS4217_KEYCLIENT_UNLIMITED; i++) {
    assert_true(tls4217_keyport_spend(port));
  }

  tls4217_keyport_free(port);
}

/* What was held comes first and once; then the socket's next. */
static void test_held_request(void **state) {
  struct tls4217_keyport *port;
  char bytes[16];
  int fds[2];

  (void) state;
  assert_int_equal(tls4217_keysocket_pair(fds), 0);
  port = make(1, fds[0]);
  assert_true(tls4217_keysocket_send(fds[1], "next", 4, NULL, 0, 0) == 0);

  assert_true(tls4217_keyport_hold(port, "waits", 5));
  assert_int_equal(tls4217_keyport_take(port, bytes, sizeof(bytes)), 5);
  assert_memory_equal(bytes, "waits", 5);
  assert_int_equal(tls4217_keyport_take(port, bytes, sizeof(bytes)), 4);
  assert_memory_equal(bytes, "next", 4);

  /* One that is held is freed with the port, whose socket is closed. */
  assert_true(tls4217_keyport_hold(port, "waits", 5));
  tls4217_keyport_free(port);
  assert_int_equal(read(fds[1], bytes, 1), 0);
  (void) close(fds[1]);
}

static void test_other_ports(void **state) {
  struct tls4217_keyport *port = tls4217_keyport_new(
    TLS4217_KEYPORT_FRONT, dup(0));

  (void) state;
  assert_non_null(port);
  assert_int_equal(port->kind, TLS4217_KEYPORT_FRONT);
  assert_int_equal(port->nscopes, 0);
  assert_false(tls4217_keyport_spend(port));
  tls4217_keyport_free(port);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_frames),
    cmocka_unit_test(test_budget),
    cmocka_unit_test(test_held_request),
    cmocka_unit_test(test_other_ports),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
