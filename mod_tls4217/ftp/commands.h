/*
 * mod_tls4217 - AUTH, PBSZ, PROT and CCC
 *
 * Each handler asks the state machine (rfc4217/state.c), sends its reply and
 * does what was accepted.
 */

#ifndef TLS4217_FTP_COMMANDS_H
#define TLS4217_FTP_COMMANDS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/session.h"

/* The command table of the module: these commands and those of transfers.h.
 * Static data. */
cmdtable *tls4217_commands_table(void);

#endif
