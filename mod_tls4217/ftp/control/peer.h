/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the client's certificate, and whether it is accepted
 *
 * After a handshake on the control connection the certificate is checked once:
 * by verify.c's CAs, and by TLSOptions dNSNameRequired, iPAddressRequired and
 * CommonNameRequired.  A client that is refused gets its reply in TLS (RFC
 * 4217, section 10.1).  From then on every data connection must show the same
 * certificate (section 15.1.2).
 */

#ifndef TLS4217_FTP_CONTROL_PEER_H
#define TLS4217_FTP_CONTROL_PEER_H

#include "mod_tls4217/ftp/session.h"

/*
 * Checks the certificate of the control connection's handshake, keeps it in
 * sess->peer, and generates mod_tls.verify-client or
 * mod_tls.verify-client-failed.  Returns 0 (also for no certificate), or -1
 * with err saying why, for the client; more has been logged by then.
 */
int tls4217_peer_admit(struct tls4217_session *sess, struct tls4217_error *err);

/*
 * Whether the data connection has shown the certificate of the control
 * connection.  True where the latter has none.
 */
bool tls4217_peer_is_same(const struct tls4217_session *sess);

/*
 * HOST has chosen another server, which has other CAs: the certificate has no
 * meaning there.  Returns 0, or -1 where that server requires one.
 */
int tls4217_peer_change_server(struct tls4217_session *sess);

/*
 * Refuses the client with a protected 421, the reply id and the reason (NULL:
 * none), and ends the session.  Does not return.
 */
void tls4217_peer_end_session(enum tls4217_reply_id id, const char *reason);

/* Forgets the certificate. */
void tls4217_peer_forget(struct tls4217_session *sess);

/* Generates mod_tls.verify-client-failed; error is X509_V_ERR_.... */
void tls4217_peer_raise_failure(int error);

#endif
