/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
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
 * that says what is wrong with it.  Record: argv[0] begins with an unsigned
 * long, as mod_proxy expects it, whose bit 0x0200 stands for UseImplicitSSL.
 */
modret_t *tls4217_option_directives_set(
  cmd_rec *cmd, const struct tls4217_directive *directive);

struct tls4217_settings;

/* Sets what holds without any option. */
void tls4217_option_directives_preset(struct tls4217_settings *settings);

/* Sets what the words of one record say; several add up. */
void tls4217_option_directives_take(
  const config_rec *c, struct tls4217_settings *settings);

#endif
