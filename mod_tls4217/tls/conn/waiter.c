/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a socket, with a deadline
 *
 * See waiter.h.  clock_gettime(2), poll(2), fcntl(2).
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stddef.h>
#include <time.h>

#include "mod_tls4217/tls/conn/waiter.h"

static int poll_wait(void *user, int fd, short events, int timeout) {
  struct pollfd pfd = { .fd = fd, .events = events };
  int res;

  (void) user;
  res = poll(&pfd, 1, timeout);
  if (res < 0 && errno == EINTR) {
    return 0;
  }

  return res;
}

const struct tls4217_waiter tls4217_waiter_poll = { poll_wait, NULL };

int64_t tls4217_waiter_now(void) {
  struct timespec ts;

  (void) clock_gettime(CLOCK_MONOTONIC, &ts);
  return (int64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t tls4217_waiter_deadline(int timeout) {
  return timeout < 0 ? TLS4217_WAITER_NEVER : tls4217_waiter_now() + timeout;
}

/* Milliseconds that are left, at least 1; -1 without a deadline, 0 with err
 * filled where it has passed. */
static int time_left(int64_t deadline, struct tls4217_error *err) {
  int64_t left;

  if (deadline == TLS4217_WAITER_NEVER) {
    return -1;
  }

  left = deadline - tls4217_waiter_now();
  if (left <= 0) {
    tls4217_error_set(err, ETIMEDOUT, "the client did not answer in time");
    return 0;
  }

  return (int) (left < INT_MAX ? left : INT_MAX);
}

enum tls4217_io tls4217_waiter_once(const struct tls4217_waiter *waiter, int fd,
  short events, int timeout, struct tls4217_error *err) {
  if (waiter->wait(waiter->user, fd, events, timeout) < 0) {
    enum tls4217_io outcome = errno == ECONNABORTED ? TLS4217_IO_STOPPED :
                                                      TLS4217_IO_FAILED;

    tls4217_error_set_errno(err, errno, "gave up waiting for the client");
    return outcome;
  }

  return TLS4217_IO_DONE;
}

enum tls4217_io tls4217_waiter_until(const struct tls4217_waiter *waiter,
  int fd, short events, int64_t deadline, struct tls4217_error *err) {
  int timeout;

  if (deadline == TLS4217_WAITER_NO_WAIT) {
    tls4217_error_set(err, EAGAIN, "nothing to read now");
    return TLS4217_IO_AGAIN;
  }

  timeout = time_left(deadline, err);
  return timeout == 0 ? TLS4217_IO_LATE :
                        tls4217_waiter_once(waiter, fd, events, timeout, err);
}

enum tls4217_io tls4217_waiter_look(const struct tls4217_waiter *waiter, int fd,
  short events, int64_t deadline, struct tls4217_error *err) {
  if (deadline == TLS4217_WAITER_NO_WAIT) {
    return TLS4217_IO_DONE;
  }

  return time_left(deadline, err) == 0 ?
    TLS4217_IO_LATE :
    tls4217_waiter_once(waiter, fd, events, 0, err);
}

int tls4217_waiter_make_nonblocking(
  int fd, int *old_flags, struct tls4217_error *err) {
  *old_flags = fcntl(fd, F_GETFL);
  if (*old_flags < 0 ||
    ((*old_flags & O_NONBLOCK) == 0 &&
      fcntl(fd, F_SETFL, *old_flags | O_NONBLOCK) < 0)) {
    tls4217_error_set_errno(err, errno, "cannot set up the socket");
    return -1;
  }

  return 0;
}

void tls4217_waiter_restore_mode(int fd, int old_flags) {
  if (old_flags >= 0 && (old_flags & O_NONBLOCK) == 0) {
    (void) fcntl(fd, F_SETFL, old_flags);
  }
}
