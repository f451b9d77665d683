/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the data level, as mod_xfer has it
 *
 * mod_xfer learns the level from the POST_CMD of PROT, which is dispatched to
 * it where no client has sent one.
 */

#ifndef TLS4217_FTP_CONTROL_XFERLEVEL_H
#define TLS4217_FTP_CONTROL_XFERLEVEL_H

#include "mod_tls4217/ftp/session.h"

/*
 * Informs mod_xfer of a data level that no PROT has set: it must not use
 * sendfile(2), which would bypass TLS. Does nothing where it has that level
 * already.
 */
void tls4217_xferlevel_tell(struct tls4217_session *sess);

#endif
