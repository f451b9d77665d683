/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - how much of its life a certificate has left
 *
 * See lifetime.h.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mod_tls4217/rfc4217/lifetime.h"

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define WEEK   (7 * DAY)

/* What is read: more is a mistake. */
#define MAX_DURATION (100 * 365 * DAY)

static const struct unit {
  char letter;
  int64_t seconds;
  const char *one, *many; /* NULL: read, and not said */
} units[] = {
  { 'w', WEEK, NULL, NULL },
  { 'd', DAY, "day", "days" },
  { 'h', HOUR, "hour", "hours" },
  { 'm', MINUTE, "minute", "minutes" },
  { 's', 1, "second", "seconds" },
};

#define NUNITS (sizeof(units) / sizeof(units[0]))

static bool is_short(int64_t start, int64_t end) {
  return end - start < TLS4217_LIFETIME_SHORT;
}

static int64_t begin_of(
  int64_t start, int64_t end, enum tls4217_lifetime_stage stage) {
  const int64_t life = end > start ? end - start : 0;

  switch (stage) {
    case TLS4217_LIFETIME_FRESH:
      return INT64_MIN;

    case TLS4217_LIFETIME_LATE:
      return end - life / (is_short(start, end) ? 2 : 4);

    case TLS4217_LIFETIME_LAST:
      return end - life / 10;

    default: /* ENDED */
      break;
  }

  return end;
}

enum tls4217_lifetime_stage tls4217_lifetime_stage(
  int64_t start, int64_t end, int64_t now) {
  int stage = TLS4217_LIFETIME_ENDED;

  while (now < begin_of(start, end, (enum tls4217_lifetime_stage) stage)) {
    stage--;
  }

  return (enum tls4217_lifetime_stage) stage;
}

int64_t tls4217_lifetime_next(int64_t start, int64_t end, int64_t now) {
  const int stage = (int) tls4217_lifetime_stage(start, end, now);

  return stage < TLS4217_LIFETIME_ENDED ?
    begin_of(start, end, (enum tls4217_lifetime_stage)(stage + 1)) :
    INT64_MAX;
}

const char *tls4217_lifetime_part(
  int64_t start, int64_t end, enum tls4217_lifetime_stage stage) {
  switch (stage) {
    case TLS4217_LIFETIME_FRESH:
      return "all";

    case TLS4217_LIFETIME_LATE:
      return is_short(start, end) ? "half" : "a quarter";

    case TLS4217_LIFETIME_LAST:
      return "a tenth";

    default: /* ENDED */
      break;
  }

  return "nothing";
}

bool tls4217_lifetime_read(const char *text, int64_t *seconds) {
  char *rest = NULL;
  long long number;

  if (*text < '0' || *text > '9') {
    return false;
  }

  number = strtoll(text, &rest, 10);
  for (size_t i = 0; i < NUNITS; i++) {
    if (rest[0] == units[i].letter && rest[1] == '\0' &&
      number <= MAX_DURATION / units[i].seconds) {
      *seconds = number * units[i].seconds;
      return true;
    }
  }

  return false;
}

void tls4217_lifetime_describe(
  int64_t seconds, char text[TLS4217_LIFETIME_TEXT]) {
  const struct unit *unit = units;
  int64_t count;

  while (
    unit->seconds > 1 && (unit->many == NULL || seconds < 2 * unit->seconds)) {
    unit++;
  }

  count = seconds / unit->seconds;
  (void) snprintf(text, TLS4217_LIFETIME_TEXT, "%lld %s", (long long) count,
    count == 1 ? unit->one : unit->many);
}

void tls4217_lifetime_date(int64_t when, char text[TLS4217_LIFETIME_TEXT]) {
  const time_t seconds = (time_t) when;
  struct tm tm;

  if (gmtime_r(&seconds, &tm) == NULL) {
    (void) snprintf(text, TLS4217_LIFETIME_TEXT, "?");
    return;
  }

  /* A year has ten digits at most: that fits. */
  (void) strftime(text, TLS4217_LIFETIME_TEXT, "%Y-%m-%d %H:%M UTC", &tm);
}
