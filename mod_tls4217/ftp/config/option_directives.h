/*
 * mod_tls4217 - TLSOptions
 *
 * A row of the table in directives.c.
 */

#ifndef TLS4217_FTP_CONFIG_OPTION_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_OPTION_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/*
 * Takes the directive as it is being read and returns PR_HANDLED, or an error
 * that says what is wrong with it.  Record: argv[0] an unsigned long, the
 * TLS4217_OPT_... of its words.
 */
modret_t *tls4217_option_directives_set(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
