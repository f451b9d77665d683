/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives in sections that come too late
 *
 * <IfUser>, <IfGroup> and <IfAuthenticated> of mod_ifsession are known when
 * the password has been sent, <IfClass> when the certificates have been read,
 * <Anonymous> when USER has been checked.
 */

#ifndef TLS4217_FTP_CONFIG_SECTIONS_H
#define TLS4217_FTP_CONFIG_SECTIONS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"

/*
 * Complains about what has no effect in the sections of a server, and says
 * which lines of TLSUserProtection do what was meant.
 */
void tls4217_sections_check(
  const server_rec *rec, const struct tls4217_settings *settings);

#endif
