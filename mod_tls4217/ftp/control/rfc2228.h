/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - AUTH, PBSZ, PROT and CCC
 *
 * The CMD handlers of these commands (verb.h).
 */

#ifndef TLS4217_FTP_CONTROL_RFC2228_H
#define TLS4217_FTP_CONTROL_RFC2228_H

#include "mod_tls4217/ftp/core.h"

modret_t *tls4217_rfc2228_auth(cmd_rec *cmd);
modret_t *tls4217_rfc2228_pbsz(cmd_rec *cmd);
modret_t *tls4217_rfc2228_prot(cmd_rec *cmd);
modret_t *tls4217_rfc2228_ccc(cmd_rec *cmd);

#endif
