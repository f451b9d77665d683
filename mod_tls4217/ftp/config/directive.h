/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one directive is, and how it complains
 *
 * A row of the table in directives.c, and the helpers that the functions
 * behind the rows share.  ProFTPD adds file and line to what is refused.
 */

#ifndef TLS4217_FTP_CONFIG_DIRECTIVE_H
#define TLS4217_FTP_CONFIG_DIRECTIVE_H

#include "mod_tls4217/ftp/core.h"

struct tls4217_value_type;

struct tls4217_directive {
  const char *name;
  modret_t *(*set)(cmd_rec *cmd, const struct tls4217_directive *directive);
  int contexts;
  unsigned int min_args, max_args;
  const char *usage;     /* of a bad one; of an ignored one: why */
  const char *otherwise; /* what holds without it; NULL: none */

  /* Which member of the settings it becomes, and how (value.h). */
  const struct tls4217_value_type *type;
  size_t field;
};

/* Refuses the directive being read: "NAME: why". */
modret_t *tls4217_directive_refuse(cmd_rec *cmd, const char *why);

/* Refuses it with what it should look like. */
modret_t *tls4217_directive_refuse_usage(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* Warns, with file and line, about a word that is accepted and does not do
 * what its writer may expect. */
void tls4217_directive_warn(
  const cmd_rec *cmd, const char *name, const char *what);

/*
 * Adds a record for the directive being read that holds one int (argv[0]).
 * Returns it; the pool of its values is its own.
 */
config_rec *tls4217_directive_add_int(const char *name, int value);

#endif
