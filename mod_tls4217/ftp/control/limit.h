/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - <Limit> for the commands of RFC 2228
 */

#ifndef TLS4217_FTP_CONTROL_LIMIT_H
#define TLS4217_FTP_CONTROL_LIMIT_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/session.h"

/*
 * Asks the access rules about AUTH, CCC, PBSZ, PROT or REIN, as the core asks
 * them about its commands.  NULL, or the refusal (534), with its reply queued.
 */
modret_t *tls4217_limit_check(cmd_rec *cmd, const struct tls4217_session *sess);

#endif
