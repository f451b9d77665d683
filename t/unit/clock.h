/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a clock that a test can move
 *
 * Takes the place of time(2) and gettimeofday(2) in the whole process, OpenSSL
 * included.  One file of a driver includes it, and sets clock_offset, in
 * seconds.
 */

#ifndef TLS4217_UNIT_CLOCK_H
#define TLS4217_UNIT_CLOCK_H

#include <sys/time.h>
#include <time.h>

static long clock_offset;

__attribute__((visibility("default"))) int gettimeofday(
  struct timeval *restrict tv, void *restrict zone) {
  struct timespec ts;

  (void) zone;
  (void) clock_gettime(CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec + clock_offset;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *out) {
  struct timeval tv;

  (void) gettimeofday(&tv, NULL);
  if (out != NULL) {
    *out = tv.tv_sec;
  }

  return tv.tv_sec;
}

#endif
