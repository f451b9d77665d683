/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls"
 *
 * Its actions, and who may use them: ProFTPD's controls (ftpdctl(8)), which the
 * daemon answers.  An action is a row of the table in controls.c and a function
 * in a file of its own subject.
 */

#ifndef TLS4217_FTP_DAEMON_CONTROLS_H
#define TLS4217_FTP_DAEMON_CONTROLS_H

#include "mod_tls4217/ftp/core.h"

/*
 * Before the configuration is read: registers the actions, which no one may use
 * yet.  Again for each reading, where the module stays loaded.
 */
void tls4217_controls_begin(void);

/* The module is unloaded. */
void tls4217_controls_end(void);

#endif
