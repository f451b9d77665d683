/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which commands are served while a transfer goes on
 *
 * See interrupt.h.
 */

#include "mod_tls4217/rfc4217/interrupt.h"

#include <stddef.h>
#include <string.h>

static const struct {
  const char *verb;
  enum tls4217_interrupt what;
} interrupts[] = {
  { "ABOR", TLS4217_INTERRUPT_ABORT },
  { "NOOP", TLS4217_INTERRUPT_SERVE },
  { "QUIT", TLS4217_INTERRUPT_LEAVE },
  { "STAT", TLS4217_INTERRUPT_SERVE },
};

enum tls4217_interrupt tls4217_interrupt_classify(
  const struct tls4217_line *line) {
  if (line->argument) {
    return TLS4217_INTERRUPT_HOLD;
  }

  for (size_t i = 0; i < sizeof(interrupts) / sizeof(interrupts[0]); i++) {
    if (strcmp(line->verb, interrupts[i].verb) == 0) {
      return interrupts[i].what;
    }
  }

  return TLS4217_INTERRUPT_HOLD;
}

void tls4217_interrupt_add(
  struct tls4217_interrupts *all, const struct tls4217_line *line, bool early) {
  enum tls4217_interrupt what = tls4217_interrupt_classify(line);

  if (what == TLS4217_INTERRUPT_ABORT ||
    (what == TLS4217_INTERRUPT_LEAVE && !all->held && !early)) {
    all->abort = true;
  }

  if (what == TLS4217_INTERRUPT_SERVE && all->lines == 0) {
    all->serve = true;
  }

  /* An empty line asks for nothing. */
  if (what != TLS4217_INTERRUPT_SERVE && !line->empty) {
    all->held = true;
  }

  all->lines++;
}
