/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a configuration written for mod_tls means here
 *
 * Modules and sections that it names, and a directive whose meaning is another
 * one's now.  Handlers of proftpd.conf's directives.
 */

#ifndef TLS4217_FTP_CONFIG_MIGRATION_H
#define TLS4217_FTP_CONFIG_MIGRATION_H

#include "mod_tls4217/ftp/config/directive.h"

/*
 * <IfModule mod_tls.c> means this module: it changes the name for the core's
 * handler, which comes next, and declines.
 */
modret_t *tls4217_migration_ifmodule(cmd_rec *cmd);

/*
 * LoadModule: takes the session caches of mod_tls with a warning, and hides
 * them from mod_dso's handler, since they cannot be loaded without mod_tls;
 * declines all others.
 */
modret_t *tls4217_migration_loadmodule(cmd_rec *cmd);

/*
 * TLSSessionCache.  Record: argv[0] a bool, whether it was switched off.
 * Returns PR_HANDLED.
 */
modret_t *tls4217_migration_session_cache(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
