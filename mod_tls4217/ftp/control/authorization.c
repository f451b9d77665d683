/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - asks whether an account is open, without its password
 *
 * See authorization.h.  The core's pr_auth_authorize() is not enough: with an
 * AuthOrder whose modules have no hook "authorize" everyone is denied, and it
 * ignores locks.
 */

#include "mod_tls4217/ftp/control/authorization.h"
#include "mod_tls4217/ftp/control/pam.h"

#ifdef PR_USE_SHADOW
# include <shadow.h>
#endif

static authtable *next_hook(const char *name, authtable *hook, int *at) {
  return pr_stash_get_symbol(PR_SYM_AUTH, name, hook, at);
}

void tls4217_authorization_look_at_hooks(struct tls4217_session *sess) {
  const unsigned char *enabled;
  authtable *hook = NULL;
  int at = -1;

  sess->peer.pam = sess->peer.pam_decides = false;
  enabled = get_param_ptr(main_server->conf, "AuthPAM", FALSE);
  if (enabled != NULL && *enabled == FALSE) {
    return;
  }

  while ((hook = next_hook("auth", hook, &at)) != NULL) {
    if (strcmp(hook->m->name, "auth_pam") == 0) {
      sess->peer.pam = true;
      sess->peer.pam_decides = (hook->auth_flags & PR_AUTH_FL_REQUIRED) != 0;
      return;
    }
  }
}

static modret_t *call(pool *tmp_pool, authtable *hook, const char *user) {
  cmd_rec *cmd = pr_cmd_alloc(tmp_pool, 1, pstrdup(tmp_pool, user));

  return pr_module_call(hook->m, hook->handler, cmd);
}

/* The module that knows a user, as the core finds it; *pw is what it says. */
static module *find_owner(
  pool *tmp_pool, const char *user, const struct passwd **pw) {
  authtable *hook = NULL;
  int at = -1;

  while ((hook = next_hook("getpwnam", hook, &at)) != NULL) {
    modret_t *res = call(tmp_pool, hook, user);

    if (res != NULL && MODRET_ISHANDLED(res) && MODRET_HASDATA(res)) {
      *pw = res->data;
      return hook->m;
    }

    if (hook->auth_flags & PR_AUTH_FL_REQUIRED) {
      break;
    }
  }

  return NULL;
}

/* In its own table: the core's list of these hooks has each twice once a host
 * has been changed (AuthOrder), and there is no way past the second. */
static authtable *find_authorize(const module *owner) {
  authtable *hook = owner->authtable;

  while (hook != NULL && hook->name != NULL &&
    strcmp(hook->name, "authorize") != 0) {
    hook++;
  }

  return hook != NULL && hook->name != NULL ? hook : NULL;
}

static enum tls4217_account_answer ask_owner(
  pool *tmp_pool, module *owner, const char *user) {
  authtable *hook = find_authorize(owner);
  cmd_rec *cmd;
  modret_t *res;

  if (hook == NULL) {
    return TLS4217_ACCOUNT_NOT_ASKED;
  }

  cmd = pr_cmd_alloc(tmp_pool, 1, pstrdup(tmp_pool, user));
  res = pr_module_call(owner, hook->handler, cmd);
  return res != NULL && MODRET_ISERROR(res) ? TLS4217_ACCOUNT_DENIED :
                                              TLS4217_ACCOUNT_ALLOWED;
}

#ifdef PR_USE_SHADOW
static const char *find_shadow(pool *tmp_pool, const char *user) {
  const char *password = NULL;
  const struct spwd *entry;

  pr_signals_block();
  PRIVS_ROOT
  entry = getspnam(user);
  if (entry != NULL) {
    password = pstrdup(tmp_pool, entry->sp_pwdp);
  }
  endspent();
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return password;
}
#else
static const char *find_shadow(pool *tmp_pool, const char *user) {
  (void) tmp_pool;
  (void) user;
  return NULL;
}
#endif

enum tls4217_account tls4217_authorization_ask(
  pool *tmp_pool, const struct tls4217_session *sess, const char *user) {
  struct tls4217_account_facts facts = {
    .pam = TLS4217_ACCOUNT_NOT_ASKED,
    .pam_decides = sess->peer.pam_decides,
  };
  const struct passwd *pw = NULL;
  module *owner = find_owner(tmp_pool, user, &pw);
  const char *shadow;

  if (owner != NULL) {
    facts.of_system = strcmp(owner->name, "auth_unix") == 0;
    facts.password_is_hash = facts.of_system ||
      strcmp(owner->name, "auth_file") == 0;
    facts.password = pw->pw_passwd;
    facts.expiry = ask_owner(tmp_pool, owner, user);
  }

  shadow = facts.of_system ? find_shadow(tmp_pool, user) : NULL;
  if (shadow != NULL) {
    facts.password = shadow;
  }

  if (sess->peer.pam) {
    facts.pam = tls4217_pam_ask(user);
  }

  return tls4217_account_check(&facts);
}
