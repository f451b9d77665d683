/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - login by certificate (RFC 4217, section 12.2)
 *
 * Where the client's verified certificate says that it is the user whom USER
 * names, the reply is 232 and no password is asked for.  Who that is,
 * TLSClientCertificateMap decides (the first line that matches the
 * certificate), else TLSUserName, else the .tlslogin of the user's home
 * (TLSOptions AllowDotLogin).  A certificate that names no user, or another
 * one, leaves the login to the password.
 *
 * How: behind a USER that mod_auth has answered with 331, a PASS of our own
 * is dispatched whose authentication is ours.  Everything else that may deny
 * a login (<Limit LOGIN>, ftpusers, RequireValidShell, RootLogin, other
 * modules) checks it as it checks any PASS, and mod_auth marks the session as
 * authenticated only when all of them have agreed.  mod_auth's own way, the
 * hook "requires_pass", marks it before, and a denial then leaves a client
 * that is served without a login; so it is not used.
 */

#ifndef TLS4217_FTP_CONTROL_CERTLOGIN_H
#define TLS4217_FTP_CONTROL_CERTLOGIN_H

#include "mod_tls4217/ftp/session.h"

/*
 * After the handshake of the control connection: if the client has shown a
 * certificate, the end of USER (POST_CMD) is watched from now on.  It logs the
 * user in, or ends the session where the login is denied, or does nothing.
 * The reply is 232 (RFC 2228, section 5.2.1).
 */
void tls4217_certlogin_expect_user(const struct tls4217_session *sess);

/* POST_CMD of USER, from then on. */
modret_t *tls4217_certlogin_post_user(cmd_rec *cmd);

/*
 * LOG_CMD of our own PASS: 232 in place of 230.  Of any command, because that
 * is what mod_log's handler is, too, which must come behind it.
 */
modret_t *tls4217_certlogin_log_any(cmd_rec *cmd);

#endif
