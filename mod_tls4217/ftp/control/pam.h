/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - PAM's account management
 *
 * mod_auth_pam asks PAM about a password and an account in one hook, and has
 * none for the account alone; so PAM is asked here, as mod_auth_pam would:
 * the same service (AuthPAMConfig), the same items (PAM_RUSER, PAM_RHOST,
 * PAM_TTY).  pam_acct_mgmt(3).  No PAM session is opened.
 */

#ifndef TLS4217_FTP_CONTROL_PAM_H
#define TLS4217_FTP_CONTROL_PAM_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/rfc4217/account.h"

/*
 * What PAM says about the account of a user: ALLOWED, UNKNOWN, DENIED (a
 * password that must be changed is no less than that: FTP cannot change it),
 * or SILENT, also where the module was built without PAM.
 */
enum tls4217_account_answer tls4217_pam_ask(const char *user);

#endif
