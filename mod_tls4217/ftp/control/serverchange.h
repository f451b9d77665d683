/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the session becomes another server's
 *
 * What HOST does (RFC 7151), for a server name of TLS (hosts.c).
 */

#ifndef TLS4217_FTP_CONTROL_SERVERCHANGE_H
#define TLS4217_FTP_CONTROL_SERVERCHANGE_H

#include "mod_tls4217/ftp/session.h"

/*
 * Makes another server main_server, as mod_core does for HOST: all modules
 * start again there, and may end the session.  name is what the client has
 * called it.
 */
void tls4217_serverchange_make(
  struct tls4217_session *sess, server_rec *server, const char *name);

#endif
