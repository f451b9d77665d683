/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a pass phrase is asked for at the terminal
 *
 * By a process that ends with it, so that the daemon never has the phrase:
 * tty(4), termios(3), setsid(2).
 */

#ifndef TLS4217_FTP_DAEMON_PASSPROMPT_H
#define TLS4217_FTP_DAEMON_PASSPROMPT_H

#include "mod_tls4217/tls/error.h"

/* Seconds for the answer: an unattended start must come to an end. */
#define TLS4217_PASSPROMPT_TIME 120

/*
 * Asks, without showing what is typed.  Returns the reading end of a pipe with
 * the line, which does not wait, for the caller to close; or -1 with err
 * filled: errnum is ENOTTY where this process has no terminal, or is not the
 * one to use it.
 */
int tls4217_passprompt_ask(const char *question, struct tls4217_error *err);

#endif
