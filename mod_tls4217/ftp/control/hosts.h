/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the hosts of ours, by name
 *
 * A client may name the host that it wants twice: in HOST, and in the server
 * name of its ClientHello (SNI).  RFC 7151, section 3.2.2; RFC 6066, section 3.
 * A name is a host's ServerAlias or its ServerName.  The server name chooses
 * the host's certificate and rules for the handshake, before any session is
 * resumed; behind the handshake the session is that host's, as HOST would have
 * made it.
 */

#ifndef TLS4217_FTP_CONTROL_HOSTS_H
#define TLS4217_FTP_CONTROL_HOSTS_H

#include "mod_tls4217/ftp/session.h"

/*
 * Before a handshake of the control connection: has its server name choose.
 * control.named becomes the host, control.context what the handshake is made
 * with, and control.refusal why it was refused, where it was.  A name that no
 * host of ours has is ignored, unless TLSUnknownServerName is "reject"; a host
 * whose certificates cannot be used is refused.  Generates "mod_tls.sni", for
 * modules that make hosts, before it looks for one.  From then on the data
 * connections of the session resume no TLS session where they name another host
 * of ours (binding.h).
 */
void tls4217_hosts_await_name(struct tls4217_session *sess);

/*
 * Behind it: whether the server name means the host that HOST has chosen
 * before.  A HOST that has not been sent contradicts nothing.
 */
bool tls4217_hosts_agree(const struct tls4217_session *sess);

/* And then: makes the session the named host's.  Ends it where that host
 * requires a client certificate that was not verified for it. */
void tls4217_hosts_follow_name(struct tls4217_session *sess);

#endif
