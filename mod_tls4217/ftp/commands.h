/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the table of commands
 */

#ifndef TLS4217_FTP_COMMANDS_H
#define TLS4217_FTP_COMMANDS_H

#include "mod_tls4217/ftp/core.h"

/* The command table of the module.  Static data. */
cmdtable *tls4217_commands_table(void);

#endif
