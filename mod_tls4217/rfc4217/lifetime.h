/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how much of its life a certificate has left
 *
 * Lives become shorter (200 days in 2026, 47 in 2029, and six where somebody
 * wants them), so that a fixed number of days says nothing: what counts is the
 * part that is left.  Times are time(2)'s, in seconds, and handed in.
 */

#ifndef TLS4217_RFC4217_LIFETIME_H
#define TLS4217_RFC4217_LIFETIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A life under so many seconds is a short one: it is renewed at its half. */
#define TLS4217_LIFETIME_SHORT (10 * 24 * 60 * 60)

enum tls4217_lifetime_stage {
  TLS4217_LIFETIME_FRESH,
  TLS4217_LIFETIME_LATE, /* a quarter of it is left; a half of a short one */
  TLS4217_LIFETIME_LAST, /* a tenth is left */
  TLS4217_LIFETIME_ENDED
};

/* In which stage of its life, from start to end, something is at now. */
enum tls4217_lifetime_stage tls4217_lifetime_stage(
  int64_t start, int64_t end, int64_t now);

/* When the stage behind that of now begins; INT64_MAX where there is none. */
int64_t tls4217_lifetime_next(int64_t start, int64_t end, int64_t now);

/* What is left in a stage, in words: "a quarter", "half", "a tenth"; "nothing"
 * in the last one, and "all" in the first.  Static text. */
const char *tls4217_lifetime_part(
  int64_t start, int64_t end, enum tls4217_lifetime_stage stage);

/*
 * Reads a duration: a number and one of s, m, h, d, w ("30d", "12h", "2w"), of
 * at most a hundred years.  Returns false where text is none.
 */
bool tls4217_lifetime_read(const char *text, int64_t *seconds);

/* The size of a duration in words. */
#define TLS4217_LIFETIME_TEXT 32

/* A duration of 0 or more seconds in words, in the largest unit of which there
 * are two: "83 days", "26 hours", "1 second". */
void tls4217_lifetime_describe(
  int64_t seconds, char text[TLS4217_LIFETIME_TEXT]);

/* A time in words: "2026-12-17 12:00 UTC"; "?" where the calendar has none. */
void tls4217_lifetime_date(int64_t when, char text[TLS4217_LIFETIME_TEXT]);

#endif
