/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives with one value: a switch, a path, a number
 *
 * Rows of the table in directives.c.  Each takes the directive as it is being
 * read and returns PR_HANDLED, or an error that says what is wrong with it.
 */

#ifndef TLS4217_FTP_CONFIG_VALUE_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_VALUE_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/* Record: argv[0] an unsigned char, as mod_sftp reads TLSEngine. */
modret_t *tls4217_value_directives_switch(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* One of the words of the row's type.  Record: argv[0] an int. */
modret_t *tls4217_value_directives_word(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* Any text.  Record: argv[0]. */
modret_t *tls4217_value_directives_text(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSLog.  Record: argv[0] a path, or NULL for none. */
modret_t *tls4217_value_directives_log(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* One or two whole paths.  Record: argv[0] and argv[1], which may be NULL. */
modret_t *tls4217_value_directives_files(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSMasqueradeAddress, for the core.  Record: argv[0] an address, argv[1] the
 * word. */
modret_t *tls4217_value_directives_masquerade(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSTimeoutHandshake.  Record: argv[0] an int, seconds. */
modret_t *tls4217_value_directives_timeout(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSReloadInterval.  Record: argv[0] an int, seconds; 0: never. */
modret_t *tls4217_value_directives_interval(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* One of mod_tls that has lost its meaning: a warning, whose text is usage. */
modret_t *tls4217_value_directives_nothing(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* One without which a site would be another: refused, with its usage. */
modret_t *tls4217_value_directives_refused(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
