/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who may use "ftpdctl tls"
 *
 * TLSControlsACLs, on ProFTPD's own access lists for controls.  Without a line,
 * no one may (ftpdctl(8), mod_ctrls).
 */

#ifndef TLS4217_FTP_CONFIG_CONTROLS_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_CONTROLS_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

#ifdef PR_USE_CTRLS
# include "mod_ctrls.h"

/*
 * Says which words there are, before the configuration is read: the access
 * list of each row is filled from p by the directive, and is to be initialized
 * (pr_ctrls_init_acl).  The table, which ends with a row without a name, and p
 * must live until the next call; table NULL: there are none any more.
 */
void tls4217_controls_directives_offer(ctrls_acttab_t *table, pool *p);
#endif

modret_t *tls4217_controls_directives_acls(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
