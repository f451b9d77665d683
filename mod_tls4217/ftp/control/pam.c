/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - PAM's account management
 *
 * See pam.h.  configure decides whether PAM is there (--with-pam).
 */

#include "mod_tls4217/ftp/control/pam.h"

#ifdef TLS4217_WITH_PAM

# include <security/pam_appl.h>

/* AuthPAMOptions NoTTY, as mod_auth_pam stores it. */
# define OPTION_NO_TTY 0x00001UL

/* There is no one to answer a question; PAM's messages are dropped. */
static int converse_cb(int count, const struct pam_message **messages,
  struct pam_response **responses, void *arg) {
  (void) arg;

  for (int i = 0; i < count; i++) {
    if (messages[i]->msg_style == PAM_PROMPT_ECHO_ON ||
      messages[i]->msg_style == PAM_PROMPT_ECHO_OFF) {
      return PAM_CONV_ERR;
    }
  }

  *responses = calloc((size_t) count, sizeof(**responses));
  return *responses != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

/* Debian's mod_auth_pam has another default than ProFTPD's own. */
static const char *find_service(void) {
  const config_rec *c = find_config(
    main_server->conf, CONF_PARAM, "AuthPAMConfig", FALSE);

  return c != NULL ? c->argv[0] : TLS4217_PAM_SERVICE;
}

static bool has_tty(void) {
  const config_rec *c = find_config(
    main_server->conf, CONF_PARAM, "AuthPAMOptions", FALSE);

  return c == NULL ||
    (*((const unsigned long *) c->argv[0]) & OPTION_NO_TTY) == 0;
}

static void set_items(pam_handle_t *handle, const char *user) {
  char tty[32];

  (void) pam_set_item(handle, PAM_RUSER, user);
  (void) pam_set_item(handle, PAM_RHOST, session.c->remote_name);
  if (has_tty()) {
    (void) snprintf(
      tty, sizeof(tty), "/dev/ftpd%02lu", (unsigned long) getpid());
    (void) pam_set_item(handle, PAM_TTY, tty);
  }
}

static enum tls4217_account_answer read_answer(int res) {
  switch (res) {
    case PAM_SUCCESS:
      return TLS4217_ACCOUNT_ALLOWED;

    case PAM_USER_UNKNOWN:
      return TLS4217_ACCOUNT_UNKNOWN;

    default:
      return TLS4217_ACCOUNT_DENIED;
  }
}

static int ask(const char *user) {
  const struct pam_conv conversation = { converse_cb, NULL };
  pam_handle_t *handle = NULL;
  int res;

  res = pam_start(find_service(), user, &conversation, &handle);
  if (res == PAM_SUCCESS) {
    set_items(handle, user);
    res = pam_acct_mgmt(handle, PAM_SILENT);
  }

  if (handle != NULL) {
    (void) pam_end(handle, res);
  }

  return res;
}

enum tls4217_account_answer tls4217_pam_ask(const char *user) {
  int res;

  pr_signals_block();
  PRIVS_ROOT
  res = ask(user);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  pr_trace_msg("tls4217", 5, "PAM service '%s', account '%s': %d",
    find_service(), user, res);
  return read_answer(res);
}

#else

enum tls4217_account_answer tls4217_pam_ask(const char *user) {
  (void) user;
  return TLS4217_ACCOUNT_SILENT;
}

#endif
