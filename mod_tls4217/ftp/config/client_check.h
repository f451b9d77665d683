/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - mistakes in what is said about client certificates
 *
 * Directives and options that contradict each other, or that have no effect,
 * reported at start-up rather than at the first login that goes wrong.
 */

#ifndef TLS4217_FTP_CONFIG_CLIENT_CHECK_H
#define TLS4217_FTP_CONFIG_CLIENT_CHECK_H

#include "mod_tls4217/ftp/config/settings.h"

/*
 * Logs what is wrong with a server's settings.  Returns 0 (perhaps after
 * warnings), or -1 where they cannot be carried out.
 */
int tls4217_client_check(
  const server_rec *rec, const struct tls4217_settings *settings);

#endif
