/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether an account is open to a login without its password
 *
 * RFC 4217, section 12.2, lets a certificate stand for the password; it says
 * who a user is, not that the account is still open (RFC 2228, section 5.2.1:
 * 232 is an authorization).  What the password's check would have checked
 * beside the password is checked here: a lock, an expiry, and what PAM says
 * where mod_auth_pam is asked for passwords.  Who asks them all is
 * ftp/control/authorization.c.
 */

#ifndef TLS4217_RFC4217_ACCOUNT_H
#define TLS4217_RFC4217_ACCOUNT_H

#include <stdbool.h>

/* What an authority over accounts has said. */
enum tls4217_account_answer {
  TLS4217_ACCOUNT_NOT_ASKED, /* it has no say here */
  TLS4217_ACCOUNT_ALLOWED,
  TLS4217_ACCOUNT_UNKNOWN, /* there is no user of that name */
  TLS4217_ACCOUNT_DENIED,
  TLS4217_ACCOUNT_SILENT, /* it has a say, and could not be asked */
};

/* All that is known of one account. */
struct tls4217_account_facts {
  bool of_system;       /* the operating system's, not a file's or database's */
  const char *password; /* as it is stored; NULL: not known */
  bool password_is_hash; /* of crypt(3), as in shadow(5) and AuthUserFile */
  enum tls4217_account_answer expiry; /* ALLOWED, DENIED or NOT_ASKED */
  enum tls4217_account_answer pam;
  bool
    pam_decides; /* no module is asked after PAM (AuthOrder mod_auth_pam.c*) */
};

enum tls4217_account {
  TLS4217_ACCOUNT_OPEN,
  TLS4217_ACCOUNT_LOCKED,
  TLS4217_ACCOUNT_EXPIRED,
  TLS4217_ACCOUNT_CLOSED_BY_PAM,
  TLS4217_ACCOUNT_NOT_CHECKED /* PAM has a say, and could not be asked */
};

/*
 * Whether a stored password means a locked account: passwd(1) puts '!' before
 * the hash, other systems "*LK*" or "*LOCKED*".  "*" alone is an account that
 * has no password, which is no lock.  Where is_hash is false the text may be
 * a password as it is (mod_sql, SQLAuthTypes Plaintext): then '!' counts only
 * alone or before what can be a hash.  A prefix "{crypt}" (mod_ldap) is
 * skipped.  NULL is not locked.
 */
bool tls4217_account_is_locked(const char *password, bool is_hash);

/*
 * Checks an account.  Of several reasons the first in the order above counts.
 * PAM is heard about accounts of the system, and about all where it decides:
 * for an account of a file or a database mod_auth_pam only is a first try.
 */
enum tls4217_account tls4217_account_check(
  const struct tls4217_account_facts *facts);

/* Why a login is denied and what cures it, for a log; "" for OPEN.  Static. */
const char *tls4217_account_text(enum tls4217_account account);

#endif
