/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiter.c: deadlines, and the ways to give up
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mod_tls4217/tls/conn/waiter.h"

/* What the waiter under the test is asked, and answers. */
struct script {
  int fd, timeout;
  short events;
  int answer, errnum;
};

static int play(void *user, int fd, short events, int timeout) {
  struct script *script = user;

  script->fd = fd;
  script->events = events;
  script->timeout = timeout;
  errno = script->errnum;
  return script->answer;
}

struct wait_case {
  const char *name;
  int timeout; /* of the deadline; see below */
  int answer, errnum;
  enum tls4217_io want;
  int want_errnum;
};

#define NO_WAIT (-2)

static const struct wait_case cases[] = {
  { "ready", 1000, 1, 0, TLS4217_IO_DONE, 0 },
  { "try again", 1000, 0, 0, TLS4217_IO_DONE, 0 },
  { "no deadline", -1, 1, 0, TLS4217_IO_DONE, 0 },
  { "gives up", 1000, -1, ECONNABORTED, TLS4217_IO_STOPPED, ECONNABORTED },
  { "gives up without a deadline", -1, -1, EBADF, TLS4217_IO_FAILED, EBADF },
  { "has passed", 0, 1, 0, TLS4217_IO_LATE, ETIMEDOUT },
  { "does not wait", NO_WAIT, 1, 0, TLS4217_IO_AGAIN, EAGAIN },
};

static void test_until(void **state) {
  const struct wait_case *row = *state;
  struct script script = { .answer = row->answer, .errnum = row->errnum };
  const struct tls4217_waiter waiter = { play, &script };
  struct tls4217_error err;
  int64_t deadline = row->timeout == NO_WAIT ?
    TLS4217_WAITER_NO_WAIT :
    tls4217_waiter_deadline(row->timeout);

  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_waiter_until(&waiter, 7, POLLOUT, deadline, &err), row->want);
  assert_int_equal(err.errnum, row->want_errnum);
  assert_int_equal(tls4217_error_is_set(&err), row->want != TLS4217_IO_DONE);

  if (row->want == TLS4217_IO_DONE) {
    assert_int_equal(script.fd, 7);
    assert_int_equal(script.events, POLLOUT);
    assert_true(
      row->timeout < 0 ? script.timeout == -1 : script.timeout <= row->timeout);
  }
}

/* The same clock and the same giving up, but nobody waits. */
static void test_look(void **unused) {
  struct script script = { .timeout = -7 };
  const struct tls4217_waiter waiter = { play, &script };
  struct tls4217_error err;

  (void) unused;
  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_waiter_look(&waiter, 7, POLLIN, TLS4217_WAITER_NO_WAIT, &err), 0);
  assert_int_equal(script.timeout, -7);
  assert_int_equal(
    tls4217_waiter_look(&waiter, 7, POLLIN, TLS4217_WAITER_NEVER, &err), 0);
  assert_int_equal(script.timeout, 0);
  assert_int_equal(script.fd, 7);

  script.answer = -1;
  script.errnum = ECONNABORTED;
  assert_int_equal(tls4217_waiter_look(
                     &waiter, 7, POLLIN, tls4217_waiter_deadline(1000), &err),
    TLS4217_IO_STOPPED);
  assert_int_equal(err.errnum, ECONNABORTED);

  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_waiter_look(&waiter, 7, POLLIN, tls4217_waiter_deadline(0), &err),
    TLS4217_IO_LATE);
  assert_int_equal(err.errnum, ETIMEDOUT);
}

static void test_deadlines(void **unused) {
  int64_t before = tls4217_waiter_now();

  (void) unused;
  assert_true(tls4217_waiter_deadline(-1) == TLS4217_WAITER_NEVER);
  assert_true(tls4217_waiter_deadline(500) >= before + 500);
  assert_true(tls4217_waiter_now() >= before);
}

static void test_poll(void **unused) {
  const struct tls4217_waiter *waiter = &tls4217_waiter_poll;
  int fds[2];

  (void) unused;
  assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
  assert_int_equal(waiter->wait(waiter->user, fds[0], POLLIN, 0), 0);
  assert_int_equal(waiter->wait(waiter->user, fds[0], POLLOUT, 0), 1);
  assert_int_equal(write(fds[1], "x", 1), 1);
  assert_int_equal(waiter->wait(waiter->user, fds[0], POLLIN, -1), 1);
  (void) close(fds[0]);
  (void) close(fds[1]);
}

int main(void) {
  struct CMUnitTest tests[sizeof(cases) / sizeof(cases[0]) + 3] = {
    cmocka_unit_test(test_look),
    cmocka_unit_test(test_deadlines),
    cmocka_unit_test(test_poll),
  };

  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    tests[i + 3] = (struct CMUnitTest){ .name = cases[i].name,
      .test_func = test_until,
      .initial_state = (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, NULL, NULL);
}
