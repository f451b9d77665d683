/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - work that leaves nothing in this process
 *
 * For what handles a private key once, outside of the key process: it is done
 * in a child, whose memory goes with it.
 */

#ifndef TLS4217_FTP_DAEMON_ASIDE_H
#define TLS4217_FTP_DAEMON_ASIDE_H

#include "mod_tls4217/tls/error.h"

/*
 * Has work done in a child, with the privileges of the caller, and waits for
 * it.  Returns what work has returned there, with err as work has filled it;
 * or -1 with err filled where there is no such process, or it has died.
 */
int tls4217_aside_run(int (*work)(void *user, struct tls4217_error *err),
  void *user, struct tls4217_error *err);

#endif
