/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - asks whether an account is open, without its password
 *
 * For a login by certificate, which replaces the password's check and must
 * not replace what that check says about the account.  Asked are the module
 * that knows the user (its hook "authorize": shadow(5)'s dates, for
 * mod_auth_unix), the stored password (a lock), and PAM's account management
 * where mod_auth_pam would be asked about passwords.  The decision is in
 * rfc4217/authorization.c.
 */

#ifndef TLS4217_FTP_CONTROL_AUTHORIZATION_H
#define TLS4217_FTP_CONTROL_AUTHORIZATION_H

#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/rfc4217/account.h"

/*
 * Keeps in sess->peer what AuthOrder makes of mod_auth_pam.  Must be called
 * while the hooks "auth" are still those of the configuration.
 */
void tls4217_authorization_look_at_hooks(struct tls4217_session *sess);

/*
 * Checks the account of a user, behind all aliases.  tmp_pool is for what is
 * asked.  Needs root's privileges to be available (before PASS is done).
 */
enum tls4217_account tls4217_authorization_ask(
  pool *tmp_pool, const struct tls4217_session *sess, const char *user);

#endif
