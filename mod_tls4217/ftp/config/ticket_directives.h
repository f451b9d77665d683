/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives about session tickets
 *
 * TLSSessionTicketKeys, whose words are mod_tls'.
 */

#ifndef TLS4217_FTP_CONFIG_TICKET_DIRECTIVES_H
#define TLS4217_FTP_CONFIG_TICKET_DIRECTIVES_H

#include "mod_tls4217/ftp/config/directive.h"

/* TLSSessionTicketKeys. */
modret_t *tls4217_ticket_directives_keys(
  cmd_rec *cmd, const struct tls4217_directive *directive);

#endif
