/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the hosts of ours, by name
 *
 * A client may name the host that it wants twice: in HOST, and in the server
 * name of its ClientHello (SNI).  RFC 7151, section 3.2.2; RFC 6066, section 3.
 */

#ifndef TLS4217_FTP_CONTROL_HOSTS_H
#define TLS4217_FTP_CONTROL_HOSTS_H

#include "mod_tls4217/ftp/session.h"

/*
 * Behind a handshake of the control connection: whether its server name means
 * the host that HOST has chosen before.  Names that no host of ours has mean
 * nobody and contradict nothing, and neither does a HOST that has not been
 * sent.  From then on the data connections of the session resume no TLS
 * session where they name another host of ours (binding.h).
 */
bool tls4217_hosts_agree(struct tls4217_session *sess);

#endif
