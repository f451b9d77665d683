/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - handlers that are not called from the start
 *
 * The core works for each handler that a command has, whether it has anything
 * to do or not, and calls the one that was added last first.  So some rows of
 * the table in commands.c wait: who needs one turns its switch, which is not
 * turned back.  A session process has them to itself.
 */

#ifndef TLS4217_FTP_SWITCHES_H
#define TLS4217_FTP_SWITCHES_H

#include "mod_tls4217/ftp/core.h"

/* When a row of the table counts.  A switch has one row. */
enum tls4217_switch {
  TLS4217_SWITCH_ALWAYS,      /* from the start: no switch */
  TLS4217_SWITCH_CERTIFICATE, /* the client has shown a certificate */
  TLS4217_SWITCH_GRANT,       /* a certificate is about to log a user in */
  TLS4217_SWITCH_CUT,         /* the end of a download has failed */
  TLS4217_SWITCHES            /* their number */
};

/* Keeps a copy of row, until its switch is turned. */
void tls4217_switches_keep(enum tls4217_switch id, const cmdtable *row);

/*
 * Has the core call the row's handler from now on, ahead of all others; does
 * nothing where it does already.  Returns 0, or -1 with errno set.
 */
int tls4217_switches_turn_on(enum tls4217_switch id);

#endif
