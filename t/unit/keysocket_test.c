/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keysocket.c
 *
 * Messages that are too long, descriptors that nobody asked for, no room, no
 * descriptors left: an error each, and no descriptor more than before.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keysocket.h"

#define MOST TLS4217_KEYSOCKET_MAX_FDS

static int make_pair(void **state) {
  static int fds[2];

  assert_int_equal(tls4217_keysocket_pair(fds), 0);
  *state = fds;
  return 0;
}

static int end_pair(void **state) {
  const int *fds = *state;

  (void) close(fds[0]);
  (void) close(fds[1]);
  return 0;
}

static int64_t within(int milliseconds) {
  return tls4217_keysocket_now() + milliseconds;
}

/* How many descriptors this process has. */
static int count_open(void) {
  int count = 0;

  for (int fd = 0; fd < 256; fd++) {
    count += fcntl(fd, F_GETFD) >= 0;
  }
  return count;
}

static void test_descriptors_are_above_two(void **state) {
  const int *fds = *state;
  int saved = dup(0), low[2];

  assert_true(fds[0] > 2 && fds[1] > 2);
  assert_int_equal(fcntl(fds[0], F_GETFD), FD_CLOEXEC);

  (void) close(0);
  assert_int_equal(tls4217_keysocket_pair(low), 0);
  assert_true(low[0] > 2 && low[1] > 2);
  assert_int_equal(fcntl(0, F_GETFD), -1);
  (void) close(low[0]);
  (void) close(low[1]);
  assert_int_equal(dup2(saved, 0), 0);
  (void) close(saved);
}

static void test_message_with_descriptors(void **state) {
  const int *fds = *state;
  int sent[MOST], got[MOST];
  size_t ngot = 0;
  char text[8];

  for (int i = 0; i < MOST; i++) {
    sent[i] = fds[0];
  }
  assert_int_equal(
    tls4217_keysocket_send(fds[0], "hello", 5, sent, MOST, within(1000)), 0);
  assert_int_equal(tls4217_keysocket_receive(
                     fds[1], text, sizeof(text), got, &ngot, within(1000)),
    5);
  assert_int_equal(ngot, MOST);
  for (int i = 0; i < MOST; i++) {
    assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
    (void) close(got[i]);
  }
}

/* A message that does not fit is gone, and its descriptors with it. */
static void test_too_much(void **state) {
  const int *fds = *state;
  int before = count_open(), got[MOST];
  size_t ngot = 0;
  char text[4];

  assert_int_equal(
    tls4217_keysocket_send(fds[0], "hello", 5, fds, 1, within(1000)), 0);
  assert_int_equal(tls4217_keysocket_receive(
                     fds[1], text, sizeof(text), got, &ngot, within(1000)),
    -1);
  assert_int_equal(errno, EMSGSIZE);

  assert_int_equal(
    tls4217_keysocket_send(fds[0], "fits", 4, fds, 1, within(1000)), 0);
  assert_int_equal(tls4217_keysocket_receive(
                     fds[1], text, sizeof(text), NULL, NULL, within(1000)),
    -1);
  assert_int_equal(errno, EMSGSIZE);
  assert_int_equal(count_open(), before);
}

static void ignore(int signo) {
  (void) signo;
}

static void test_waiting(void **state) {
  const struct itimerval timer = { .it_value.tv_usec = 20000 };
  const struct itimerval off = { .it_value.tv_usec = 0 };
  struct sigaction action = { .sa_handler = ignore };
  const int *fds = *state;
  char text[4];

  assert_int_equal(
    tls4217_keysocket_receive(fds[1], text, sizeof(text), NULL, NULL, 0), -1);
  assert_int_equal(errno, EAGAIN);

  /* A signal does not end it. */
  assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
  assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
  assert_int_equal(tls4217_keysocket_receive(
                     fds[1], text, sizeof(text), NULL, NULL, within(100)),
    -1);
  assert_int_equal(errno, ETIMEDOUT);
  assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
}

static void test_no_room(void **state) {
  static const char much[4096];
  const int *fds = *state;
  int res, sent = 0;

  do {
    res = tls4217_keysocket_send(fds[0], much, sizeof(much), NULL, 0, 0);
    sent++;
  } while (res == 0 && sent < 10000);
  assert_int_equal(res, -1);
  assert_int_equal(errno, EAGAIN);
  assert_int_equal(
    tls4217_keysocket_send(fds[0], much, sizeof(much), NULL, 0, within(20)),
    -1);
  assert_int_equal(errno, ETIMEDOUT);
}

static void test_other_end_is_gone(void **state) {
  const int *fds = *state;
  char text[4];

  assert_int_equal(shutdown(fds[1], SHUT_RDWR), 0);
  assert_int_equal(
    tls4217_keysocket_send(fds[0], "x", 1, NULL, 0, within(1000)), -1);
  assert_int_equal(errno, EPIPE);
  assert_int_equal(tls4217_keysocket_receive(
                     fds[0], text, sizeof(text), NULL, NULL, within(1000)),
    0);
  assert_int_equal(
    tls4217_keysocket_send(-1, "x", 1, NULL, 0, within(1000)), -1);
  assert_int_equal(errno, EBADF);
}

/* All that may be had are taken, but for some. */
static void test_no_descriptors(void **state) {
  (void) state;
  for (rlim_t left = 0; left < 3; left++) {
    struct rlimit limit, old;
    int lowest = dup(0), fds[2], before;

    assert_true(lowest >= 0);
    (void) close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    limit = old;
    limit.rlim_cur = (rlim_t) lowest + left;
    before = count_open();
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    if (tls4217_keysocket_pair(fds) == 0) {
      assert_int_equal(left, 2);
      (void) close(fds[0]);
      (void) close(fds[1]);
    } else {
      assert_int_equal(errno, EMFILE);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(count_open(), before);
  }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_pair, end_pair)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_descriptors_are_above_two),
    CASE(test_message_with_descriptors),
    CASE(test_too_much),
    CASE(test_waiting),
    CASE(test_no_room),
    CASE(test_other_end_is_gone),
    CASE(test_no_descriptors),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
