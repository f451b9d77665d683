/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyloader.c, but for pairs (keyloads_test)
 */

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "t/unit/keyworld.h"

/* Answers until there are so many, or a failure: -1. */
static int wait_for_answers(int fd, int wanted) {
  const int64_t end = keyworld_soon();
  int count = 0;

  while (count < wanted && tls4217_keysocket_now() < end) {
    int answers = tls4217_keyloader_pong(fd);

    if (answers < 0) {
      return -1;
    }

    count += answers;
    (void) poll(NULL, 0, 1);
  }

  return count;
}

static void test_alive(void **state) {
  struct keyworld *world = *state;

  assert_int_equal(tls4217_keyloader_pong(world->daemon), 0);
  tls4217_keyloader_ping(world->daemon);
  tls4217_keyloader_ping(world->daemon);
  assert_int_equal(wait_for_answers(world->daemon, 2), 2);
  assert_int_equal(tls4217_keyloader_pong(world->daemon), 0);
}

static void test_ended(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  size_t keys, channels;

  assert_int_equal(kill(world->pid, SIGKILL), 0);
  (void) keyworld_wait_for_end(world);
  assert_int_equal(tls4217_keyloader_pong(world->daemon), -1);
  tls4217_keyloader_ping(world->daemon);
  assert_int_equal(
    tls4217_keyloader_count(world->daemon, &keys, &channels, &err), -1);
  assert_int_equal(err.errnum, EPIPE);
  assert_true(tls4217_keyloader_has_lost(&err));
}

/* Something that is no answer, or one that says that it failed. */
static void test_other_messages(void **state) {
  const struct tls4217_error why = { .text = "no", .errnum = EIO };
  unsigned char frame[256];
  size_t size;
  int fds[2];

  (void) state;
  assert_int_equal(tls4217_keysocket_pair(fds), 0);
  assert_int_equal(tls4217_keysocket_send(fds[1], "x", 1, NULL, 0, 0), 0);
  assert_int_equal(tls4217_keyloader_pong(fds[0]), -1);

  size = tls4217_keyproto_write_failure(frame, sizeof(frame), &why);
  assert_true(size > 0 && size <= TLS4217_KEYPROTO_HEADER + 16);
  assert_int_equal(tls4217_keysocket_send(fds[1], frame, size, NULL, 0, 0), 0);
  assert_int_equal(tls4217_keyloader_pong(fds[0]), -1);
  (void) close(fds[0]);
  (void) close(fds[1]);
}

static void test_bytes(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  char got[16];
  size_t size = sizeof(got);

  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", got, &size, &err), 0);
  assert_int_equal(size, 0);
  assert_int_equal(
    tls4217_keyloader_keep(world->daemon, "ring", "0123456789", 10, &err), 0);
  size = sizeof(got);
  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", got, &size, &err), 0);
  assert_int_equal(size, 10);
  assert_memory_equal(got, "0123456789", 10);
  assert_string_equal(err.text, "");

  /* More than there is room for: nothing is written. */
  size = 9;
  memset(got, 'x', sizeof(got));
  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", got, &size, &err), -1);
  assert_int_equal(err.errnum, EPROTO);
  assert_memory_equal(got, "xxxxxxxxxxxxxxxx", sizeof(got));
}

/* It is not asked, and goes on. */
static void test_a_request_that_is_too_long(void **state) {
  static const char bytes[TLS4217_KEYPROTO_MAX];
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  size_t keys, channels;

  assert_int_equal(
    tls4217_keyloader_keep(world->daemon, "ring", bytes, sizeof(bytes), &err),
    -1);
  assert_int_equal(err.errnum, EMSGSIZE);
  assert_false(tls4217_keyloader_has_lost(&err));
  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_keyloader_count(world->daemon, &keys, &channels, &err), 0);
  assert_int_equal(keys, 0);
}

/* It says no to one request, and goes on; what is to go is gone. */
static void test_an_unknown_handle(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };

  assert_int_equal(tls4217_keyloader_accept(world->daemon, 4711, &err), -1);
  assert_non_null(strstr(err.text, "there is no such key"));
  assert_false(tls4217_keyloader_has_lost(&err));
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_keyloader_drop(world->daemon, 4711, &err), 0);
  assert_string_equal(err.text, "");
}

static void test_no_socket(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_equal(tls4217_keyloader_keep(-1, "ring", "x", 1, &err), -1);
  assert_int_equal(err.errnum, EPIPE);
  assert_int_equal(tls4217_keyloader_pong(-1), -1);
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_alive),
    CASE(test_ended),
    CASE(test_bytes),
    CASE(test_a_request_that_is_too_long),
    CASE(test_an_unknown_handle),
    cmocka_unit_test(test_other_messages),
    cmocka_unit_test(test_no_socket),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
