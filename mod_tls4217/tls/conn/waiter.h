/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - waiting for a socket, with a deadline
 *
 * The deadline is wall clock (CLOCK_MONOTONIC), so that a peer that trickles
 * bytes does not extend it.  The caller decides how to wait: it may have
 * signals to serve meanwhile.
 */

#ifndef TLS4217_TLS_CONN_WAITER_H
#define TLS4217_TLS_CONN_WAITER_H

#include <stdint.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/conn/io.h"

/*
 * wait behaves as poll(2) on one descriptor: events is POLLIN or POLLOUT;
 * timeout is in milliseconds, -1 for none.  Returns 1 when the descriptor is
 * ready, 0 when the clock is to be checked and the operation tried again (a
 * timeout, a signal that has been served), -1 with errno set to give up
 * (ECONNABORTED: the transfer was aborted).
 */
struct tls4217_waiter {
  int (*wait)(void *user, int fd, short events, int timeout);
  void *user;
};

/* A waiter for callers that have nothing else to serve: plain poll(2). */
extern const struct tls4217_waiter tls4217_waiter_poll;

/* Two special deadlines: no time limit, and no waiting at all. */
#define TLS4217_WAITER_NEVER   INT64_MAX
#define TLS4217_WAITER_NO_WAIT INT64_MIN

/* Milliseconds of a clock that only goes forward. */
int64_t tls4217_waiter_now(void);

/* The deadline that is timeout milliseconds away; -1 for none. */
int64_t tls4217_waiter_deadline(int timeout);

/*
 * Waits once, timeout milliseconds at most (-1: no limit), without checking the
 * clock.  Returns DONE, or STOPPED or FAILED with err filled.
 */
enum tls4217_io tls4217_waiter_once(const struct tls4217_waiter *waiter, int fd,
  short events, int timeout, struct tls4217_error *err);

/*
 * Waits once for events on fd.  Returns DONE to try again; with err filled,
 * AGAIN where the deadline is TLS4217_WAITER_NO_WAIT, LATE when it has passed,
 * STOPPED or FAILED when the waiter gave up.
 */
enum tls4217_io tls4217_waiter_until(const struct tls4217_waiter *waiter,
  int fd, short events, int64_t deadline, struct tls4217_error *err);

/*
 * Lets the waiter serve what it has to, and checks the clock, without waiting
 * for fd: for a peer so fast that there is never a reason to wait.  Returns
 * DONE to go on, or what tls4217_waiter_until does.  With
 * TLS4217_WAITER_NO_WAIT it does nothing.
 */
enum tls4217_io tls4217_waiter_look(const struct tls4217_waiter *waiter, int fd,
  short events, int64_t deadline, struct tls4217_error *err);

/*
 * Sets O_NONBLOCK on fd, so that only a waiter waits for it, and puts
 * the previous flags into *old_flags (-1 where they cannot be read).
 * Returns 0, or -1 with err, which may be NULL, filled.
 */
int tls4217_waiter_make_nonblocking(
  int fd, int *old_flags, struct tls4217_error *err);

/* Makes fd blocking again if old_flags says that it was; -1 is fine. */
void tls4217_waiter_restore_mode(int fd, int old_flags);

#endif
