/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives about client certificates
 *
 * TLSVerifyDepth, TLSVerifyOrder, TLSCACertificateFile and
 * Path, TLSCARevocationFile and Path, TLSUserName, TLSClientCertificateMap.
 * Rows of the table in directives.c; what they store is read in settings.c.
 *
 * A revocation list that is missing is a decision of the administrator's,
 * written behind the path:
 *
 *   TLSCARevocationFile /path [leaf|chain] [missing=refuse|allow]
 *
 * chain (the default, as in mod_tls) asks for a list of every CA up to
 * the root; leaf only for the list of the one that issued the client's own
 * certificate.  missing=refuse (the default) refuses a client where such a
 * list is not there; missing=allow takes it that nothing was revoked.  A list
 * that is there but has expired refuses in any case.  The words of either
 * directive (File, Path) hold for both.
 */

#ifndef TLS4217_FTP_CONFIG_CLIENT_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_CLIENT_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/*
 * Records.  TLSVerifyDepth: argv[0] an int.  TLSCACertificateFile and Path:
 * argv[0] the path.  TLSCARevocationFile and Path: argv[0] the path, argv[1]
 * and argv[2] bools: leaf, missing=allow.  TLSUserName: argv[0] the word.
 * TLSClientCertificateMap: argv[0] a struct tls4217_certmap_rule.
 *
 * Each takes the directive as it is being read and returns PR_HANDLED, or an
 * error that says what is wrong with it.
 */
modret_t *tls4217_client_directives_depth(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_client_directives_order(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_client_directives_ca(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_client_directives_revocation(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_client_directives_user_name(
  cmd_rec *cmd, const struct tls4217_directive *directive);
modret_t *tls4217_client_directives_map(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
