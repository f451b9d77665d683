/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves what rfc4217/interrupt.c serves beside a transfer
 *
 * By induction over lines: once another command waits, QUIT waits, too, and
 * nothing is served out of its turn; ABOR aborts always.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/interrupt.c"

static struct tls4217_line any_line(void) {
  struct tls4217_line line = { .argument = nondet_bool(),
    .empty = nondet_bool() };

  any_text(line.verb, sizeof(line.verb));
  suppose(line.empty == false || line.verb[0] == '\0');
  return line;
}

int main(void) {
  const struct tls4217_line line = any_line();
  const enum tls4217_interrupt what = tls4217_interrupt_classify(&line);
  const struct tls4217_interrupts before = { .abort = nondet_bool(),
    .serve = nondet_bool(),
    .lines = (unsigned int) nondet_int(),
    .held = nondet_bool() };
  const bool early = nondet_bool();
  struct tls4217_interrupts after = before;

  prove(what == TLS4217_INTERRUPT_HOLD || line.argument == false);
  prove((what == TLS4217_INTERRUPT_ABORT) ==
    (strcmp(line.verb, "ABOR") == 0 && line.argument == false));
  prove((what == TLS4217_INTERRUPT_LEAVE) ==
    (strcmp(line.verb, "QUIT") == 0 && line.argument == false));
  prove((what == TLS4217_INTERRUPT_SERVE) ==
    ((strcmp(line.verb, "NOOP") == 0 || strcmp(line.verb, "STAT") == 0) &&
      line.argument == false));

  suppose(before.lines < 8192);
  tls4217_interrupt_add(&after, &line, early);
  prove(after.lines == before.lines + 1);
  prove(after.abort || before.abort == false);
  prove(after.held || before.held == false);
  prove(what != TLS4217_INTERRUPT_ABORT || after.abort);
  prove(what != TLS4217_INTERRUPT_LEAVE || after.abort == before.abort ||
    (before.held == false && early == false));
  prove(after.serve == before.serve || before.lines == 0);
  prove(what != TLS4217_INTERRUPT_HOLD || line.empty || after.held);
  prove(what == TLS4217_INTERRUPT_ABORT || what == TLS4217_INTERRUPT_LEAVE ||
    after.abort == before.abort);
  return 0;
}
