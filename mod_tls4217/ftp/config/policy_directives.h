/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives that set the server's policies
 *
 * TLSControlProtection, TLSDataProtection, TLSDataRule, TLSUserProtection,
 * and TLSRequired, mod_tls' word for the first two.  Rows of the table in
 * directives.c; what they store is read in policies.c.
 *
 * Each takes the directive as it is being read and returns PR_HANDLED, or an
 * error that says what is wrong with it.
 */

#ifndef TLS4217_FTP_CONFIG_POLICY_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_POLICY_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"
#include "mod_tls4217/rfc4217/names.h"

/*
 * Records.  TLSControlProtection: argv[0] an int, enum tls4217_control_view.
 * TLSDataProtection: argv[0] an int, enum tls4217_view; argv[1] a bool, true
 * where an .ftpaccess says it.  TLSUserProtection: argv[0] an int, enum
 * tls4217_view; argv[1] a char **, a list for rfc4217/expression.h; argv[2] an
 * string, the line and its file.  TLSDataRule: argv[0] the struct below.
 */
struct tls4217_policy_rule {
  enum tls4217_view view;
  const char *place; /* "line 3 of '/etc/tls.conf'" */

  /* Conditions; NULL: none.  All of them must hold. */
  char **commands; /* upper case, NULL at the end */
  const char *path;
  char **users, **groups, **classes;
};

modret_t *tls4217_policy_directives_control(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_policy_directives_data(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_policy_directives_rule(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_policy_directives_user(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_policy_directives_required(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
