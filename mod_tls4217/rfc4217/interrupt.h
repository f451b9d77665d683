/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which commands are served while a transfer goes on
 *
 * RFC 959, section 5.1.1, lets a client send ABOR, QUIT and STAT during a
 * transfer; NOOP keeps a control connection alive.  Everything else waits for
 * the end of the transfer, because it could change what the transfer stands
 * on: its level (PROT), its control connection (CCC, REIN), its type, its
 * user.  RFC 4217, section 14: no urgent data comes before these commands.
 */

#ifndef TLS4217_RFC4217_INTERRUPT_H
#define TLS4217_RFC4217_INTERRUPT_H

#include <stdbool.h>

#include "mod_tls4217/rfc4217/line.h"

/* What becomes of one line. */
enum tls4217_interrupt {
  TLS4217_INTERRUPT_HOLD,  /* it is read when the transfer is over */
  TLS4217_INTERRUPT_SERVE, /* it may be served beside the transfer */
  TLS4217_INTERRUPT_ABORT, /* it ends the transfer, and is read then: ABOR */
  TLS4217_INTERRUPT_LEAVE  /* the same: QUIT */
};

/*
 * Classifies one line.  Those of the four that have an argument are not what
 * RFC 959 means: STAT with one is a listing, and ABOR with one an error.
 */
enum tls4217_interrupt tls4217_interrupt_classify(
  const struct tls4217_line *line);

/* What the lines that wait come to, taken together. */
struct tls4217_interrupts {
  bool abort; /* the transfer is to be aborted */
  bool serve; /* the first line may be served now */

  unsigned int lines; /* added so far */
  bool held;          /* one of them is a command that waits */
};

/*
 * Adds the next line, in the order of arrival, to *all, which begins zeroed.
 * ABOR is heard wherever it stands.  QUIT is not: commands before it are to
 * be served before it, and one that came together with the transfer's command
 * (early) lets the transfer be completed first (RFC 959, section 4.1.1).
 */
void tls4217_interrupt_add(
  struct tls4217_interrupts *all, const struct tls4217_line *line, bool early);

#endif
