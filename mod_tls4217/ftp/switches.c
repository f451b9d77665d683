/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - handlers that are not called from the start
 *
 * See switches.h.
 */

#include "mod_tls4217/ftp/switches.h"

/* The core keeps a pointer to a row, and knows no session. */
static struct {
  cmdtable row;
  bool on;
} switches[TLS4217_SWITCHES];

void tls4217_switches_keep(enum tls4217_switch id, const cmdtable *row) {
  switches[id].row = *row;
  switches[id].row.m = &tls4217_module;
}

int tls4217_switches_turn_on(enum tls4217_switch id) {
  if (switches[id].on == false &&
    pr_stash_add_symbol(PR_SYM_CMD, &switches[id].row) < 0) {
    return -1;
  }

  switches[id].on = true;
  return 0;
}
