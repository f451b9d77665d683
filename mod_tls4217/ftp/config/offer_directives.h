/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, as an administrator says it
 *
 * Rows of the table in directives.c.  Each takes the directive as it is being
 * read and returns PR_HANDLED, or an error that says what is wrong with it.
 */

#ifndef TLS4217_FTP_CONFIG_OFFER_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_OFFER_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/* TLSProtocol.  Record: argv[0] an unsigned int, TLS4217_VERSION_... */
modret_t *tls4217_offer_directives_protocol(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSCipherSuite.  Record: argv[0] a list, argv[1] a bool, whether it is of
 * TLS 1.3. */
modret_t *tls4217_offer_directives_ciphers(
  cmd_rec *cmd, const struct tls4217_directive *directive);

/* TLSECDHCurve.  Record: argv[0] a list, or NULL for the library's. */
modret_t *tls4217_offer_directives_curves(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
