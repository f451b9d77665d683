/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - login by certificate (RFC 4217, section 12.2)
 *
 * See certlogin.h.
 */

#include "mod_tls4217/ftp/control/authorization.h"
#include "mod_tls4217/ftp/control/certlogin.h"
#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/tls/random.h"
#include "mod_tls4217/tls/cert/wholefile.h"
#include "mod_tls4217/ftp/switches.h"

#define DOT_LOGIN "/.tlslogin"

/* A file of certificates; more than this is none. */
#define MAX_DOT_LOGIN (256 * 1024)

/* The name by which the core finds this module. */
#define OWN_NAME "mod_tls4217.c"

/* Whose certificate it is. */

/* Whether only its user, or root, can have written it. */
static bool is_users_own(const struct tls4217_wholefile *file, uid_t uid) {
  return (file->owner == uid || file->owner == PR_ROOT_UID) &&
    (file->mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* As root, because no one has logged in yet: never through a symbolic link,
 * never waiting for a FIFO. */
static int open_as_root(const struct tls4217_wholefile *file) {
  int fd;

  pr_signals_block();
  PRIVS_ROOT
  fd = tls4217_wholefile_open_nofollow(file, NULL);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return fd;
}

/* Whether the file is used; where not, the log says why. */
static bool read_dot_login(const struct tls4217_session *sess,
  struct tls4217_wholefile *file, int fd, uid_t uid, const char *user) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_wholefile_read(file, fd, &err) < 0) {
    tls4217_session_log(sess, "AllowDotLogin: %s", err.text);
    return false;
  }

  if (is_users_own(file, uid)) {
    return true;
  }

  tls4217_session_log(sess,
    "AllowDotLogin: '%s' is ignored: it must be a file that user '%s' owns "
    "and no one else may write",
    file->path, user);
  return false;
}

/* TLSOptions AllowDotLogin. */
static bool is_in_dot_login(
  cmd_rec *cmd, const struct tls4217_session *sess, const char *user) {
  const struct passwd *pw = pr_auth_getpwnam(cmd->tmp_pool, user);
  struct tls4217_wholefile file = {
    .role = "file", .content = "PEM text", .limit = MAX_DOT_LOGIN
  };
  bool found = false;
  uid_t uid;
  int fd;

  if (pw == NULL || pw->pw_dir == NULL || *pw->pw_dir != '/') {
    return false;
  }

  uid = pw->pw_uid;
  file.path = pstrcat(cmd->tmp_pool, pw->pw_dir, DOT_LOGIN, NULL);
  fd = open_as_root(&file);
  if (fd < 0) {
    return false;
  }

  if (read_dot_login(sess, &file, fd, uid, user)) {
    found = tls4217_identity_is_listed(
      sess->peer.identity, file.bytes, file.size);
  }

  tls4217_wholefile_wipe(&file);
  return found;
}

static bool has_user_name(const struct tls4217_identity *identity,
  const char *field, const char *user) {
  if (field == NULL) {
    return false;
  }

  if (strcmp(field, "CommonName") == 0) {
    return tls4217_identity_has_common_name(identity, user);
  }

  if (strcmp(field, "EmailSubjAltName") == 0) {
    return tls4217_identity_has_alt_name(
      identity, TLS4217_IDENTITY_EMAIL, user);
  }

  return tls4217_identity_has_value(identity, field, user);
}

/* The directive by which the certificate is this user, or NULL. */
static const char *find_grant(
  cmd_rec *cmd, const struct tls4217_session *sess, const char *user) {
  const struct tls4217_identity *identity = sess->peer.identity;
  const char *mapped;

  mapped = tls4217_settings_map_user(main_server->conf, identity);
  if (mapped != NULL) {
    return strcmp(mapped, user) == 0 ? "TLSClientCertificateMap" : NULL;
  }

  if (has_user_name(identity, sess->settings.client.user_name, user)) {
    return "TLSUserName";
  }

  if (sess->settings.options.dot_login && is_in_dot_login(cmd, sess, user)) {
    return "TLSOptions AllowDotLogin";
  }

  return NULL;
}

/* The login. */

/* Ours while our PASS is under way; the core has no others then. */
static modret_t *grant(cmd_rec *cmd, const char *user) {
  const struct tls4217_session *sess = tls4217_session_get();
  enum tls4217_account account;

  if (sess == NULL || sess->peer.own_pass == false) {
    return PR_ERROR_INT(cmd, PR_AUTH_BADPWD);
  }

  account = tls4217_authorization_ask(cmd->tmp_pool, sess, user);
  if (account != TLS4217_ACCOUNT_OPEN) {
    tls4217_session_log(
      sess, "USER %s: %s", user, tls4217_account_text(account));
    return PR_ERROR_INT(cmd, PR_AUTH_DISABLEDPWD);
  }

  session.auth_mech = "mod_tls.c";
  return mod_create_data(cmd, (void *) PR_AUTH_RFC2228_OK);
}

/* argv: user, password. */
static modret_t *grant_auth(cmd_rec *cmd) {
  return grant(cmd, cmd->argv[0]);
}

/* argv: the password of UserPassword, user, password. */
static modret_t *grant_check(cmd_rec *cmd) {
  return grant(cmd, cmd->argv[1]);
}

/*
 * Makes us the only one whom mod_auth asks.  A process logs in once, so there
 * is nothing to put back: either this login succeeds, or the session ends.
 * AuthOrder has no more effect on us than on other modules that are not in its
 * list.
 */
static int replace_authenticators(void) {
  static authtable hooks[] = {
    { PR_AUTH_FL_REQUIRED, "auth", grant_auth, NULL },
    { PR_AUTH_FL_REQUIRED, "check", grant_check, NULL },
  };

  for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
    (void) pr_stash_remove_symbol(PR_SYM_AUTH, hooks[i].name, NULL);
    hooks[i].m = &tls4217_module;
    if (pr_stash_add_symbol(PR_SYM_AUTH, &hooks[i]) < 0) {
      return -1;
    }
  }

  /* The core remembers who knows the user, and would ask only that module. */
  if (pr_auth_add_auth_only_module(OWN_NAME) < 0 && errno != EEXIST) {
    return -1;
  }

  return 0;
}

/* RFC 2228, section 5.2.1: 232, authorized by the security data exchange. */
modret_t *tls4217_certlogin_log_any(cmd_rec *cmd) {
  const struct tls4217_session *sess = tls4217_session_get();

  if (sess != NULL && sess->peer.own_pass &&
    pr_cmd_cmp(cmd, PR_CMD_PASS_ID) == 0) {
    tls4217_response_recode_login();
  }

  return PR_DECLINED(cmd);
}

/* What mod_auth gets as the password; no account has it. */
static char *make_password(pool *p) {
  static const char hex[] = "0123456789abcdef";
  unsigned char bytes[16];
  char *text;

  if (tls4217_random_fill(bytes, sizeof(bytes), NULL) < 0) {
    return NULL;
  }

  text = pcalloc(p, 2 * sizeof(bytes) + 1);
  for (size_t i = 0; i < sizeof(bytes); i++) {
    text[2 * i] = hex[bytes[i] >> 4];
    text[2 * i + 1] = hex[bytes[i] & 0x0f];
  }

  return text;
}

static void dispatch_pass(cmd_rec *cmd, struct tls4217_session *sess) {
  cmd_rec *pass;
  char *password;

  tls4217_authorization_look_at_hooks(sess);
  password = make_password(cmd->pool);
  if (password == NULL || replace_authenticators() < 0 ||
    tls4217_switches_turn_on(TLS4217_SWITCH_GRANT) < 0) {
    return;
  }

  pass = pr_cmd_alloc(cmd->pool, 2, pstrdup(cmd->pool, C_PASS), password);
  pass->arg = password;

  sess->peer.own_pass = true;
  (void) pr_cmd_dispatch(pass);
  sess->peer.own_pass = false;
}

static void log_in(
  cmd_rec *cmd, struct tls4217_session *sess, const char *directive) {
  const char *user = pstrdup(cmd->pool, cmd->arg);

  tls4217_session_log(
    sess, "USER %s: the client's certificate suffices (%s)", user, directive);

  /* mod_auth's AllowEmptyPasswords and mod_log look at it. */
  session.auth_mech = "mod_tls.c";
  dispatch_pass(cmd, sess);
  if (tls4217_session_is_logged_in()) {
    return;
  }

  /* 530 has been sent, and no password may replace a certificate that was
   * denied. */
  session.auth_mech = NULL;
  tls4217_session_log(sess,
    "USER %s: the login was denied despite the certificate; the session "
    "ends",
    user);
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "Login by certificate denied");
}

/* An <Anonymous> without a password needs no certificate either. */
static bool is_anonymous(cmd_rec *cmd, const char *user) {
  const unsigned char *needs_password;
  const config_rec *anonymous;

  anonymous = pr_auth_get_anon_config(cmd->tmp_pool, &user, NULL, NULL);
  if (anonymous == NULL) {
    return false;
  }

  needs_password = get_param_ptr(
    anonymous->subset, "AnonRequirePassword", FALSE);
  return needs_password == NULL || *needs_password == FALSE;
}

modret_t *tls4217_certlogin_post_user(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_engine();
  const char *directive;

  /* Only what this server's CAs have verified, in this TLS session. */
  if (sess == NULL || sess->control.conn == NULL ||
    sess->peer.identity == NULL || sess->peer.server != sess->server ||
    tls4217_session_is_logged_in() || cmd->arg == NULL ||
    is_anonymous(cmd, cmd->arg)) {
    return PR_DECLINED(cmd);
  }

  directive = find_grant(cmd, sess, cmd->arg);
  if (directive != NULL) {
    log_in(cmd, sess, directive);
  }

  return PR_DECLINED(cmd);
}

void tls4217_certlogin_expect_user(const struct tls4217_session *sess) {
  if (sess->peer.identity != NULL) {
    (void) tls4217_switches_turn_on(TLS4217_SWITCH_CERTIFICATE);
  }
}
