/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates whose life comes to its end, in the logs
 *
 * One line when a quarter of a certificate's life is left (half of one that is
 * under ten days), one at a tenth, one at its end; once for each certificate of
 * a server, over SIGHUP too.
 */

#ifndef TLS4217_FTP_DAEMON_EXPIRY_H
#define TLS4217_FTP_DAEMON_EXPIRY_H

#include "mod_tls4217/ftp/daemon/vhost.h"

/*
 * Looks at the certificates that a server serves with, and complains where
 * that has not been done.  is_built: they have just been read, and reading has
 * complained about those that have ended.
 */
void tls4217_expiry_check(const struct tls4217_vhost *server, bool is_built);

#endif
