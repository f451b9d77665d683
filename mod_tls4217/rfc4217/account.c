/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether an account is open to a login without its password
 *
 * See account.h.  Whatever is in doubt is closed.
 */

#include "mod_tls4217/rfc4217/account.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define CRYPT_PREFIX "{crypt}"

static const char *const texts[] = {
  [TLS4217_ACCOUNT_OPEN] = "",
  [TLS4217_ACCOUNT_LOCKED] =
    "the account is locked: its password starts with '!' ('usermod -U' "
    "unlocks it; an account without a password has '*')",
  [TLS4217_ACCOUNT_EXPIRED] =
    "the account, or its password, has expired (see 'chage -l')",
  [TLS4217_ACCOUNT_CLOSED_BY_PAM] =
    "PAM's account management denies it (the 'account' lines of the service "
    "that AuthPAMConfig names)",
  [TLS4217_ACCOUNT_NOT_CHECKED] =
    "PAM could not be asked about the account: build the module with "
    "--with-pam, or remove mod_auth_pam.c from AuthOrder",
};

static bool starts_with(const char *text, const char *prefix) {
  return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool tls4217_account_is_locked(const char *password, bool is_hash) {
  if (password == NULL) {
    return false;
  }

  if (strncasecmp(password, CRYPT_PREFIX, strlen(CRYPT_PREFIX)) == 0) {
    password += strlen(CRYPT_PREFIX);
    is_hash = true;
  }

  if (starts_with(password, "*LK*") || starts_with(password, "*LOCKED*")) {
    return true;
  }

  return *password == '!' && (is_hash || strchr("!${*", password[1]) != NULL);
}

static bool hears_pam(const struct tls4217_account_facts *facts) {
  return facts->of_system || facts->pam_decides;
}

enum tls4217_account tls4217_account_check(
  const struct tls4217_account_facts *facts) {
  if (tls4217_account_is_locked(facts->password, facts->password_is_hash)) {
    return TLS4217_ACCOUNT_LOCKED;
  }

  if (facts->expiry == TLS4217_ACCOUNT_DENIED) {
    return TLS4217_ACCOUNT_EXPIRED;
  }

  if (facts->pam == TLS4217_ACCOUNT_SILENT && hears_pam(facts)) {
    return TLS4217_ACCOUNT_NOT_CHECKED;
  }

  if ((facts->pam == TLS4217_ACCOUNT_DENIED && hears_pam(facts)) ||
    (facts->pam == TLS4217_ACCOUNT_UNKNOWN && facts->pam_decides)) {
    return TLS4217_ACCOUNT_CLOSED_BY_PAM;
  }

  return TLS4217_ACCOUNT_OPEN;
}

const char *tls4217_account_text(enum tls4217_account account) {
  return texts[account];
}
