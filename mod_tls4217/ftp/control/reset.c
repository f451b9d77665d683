/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what AUTH and REIN put back to how it was after connect
 *
 * See reset.h.
 */

#include "mod_tls4217/ftp/control/preferences.h"
#include "mod_tls4217/ftp/control/reset.h"

#ifdef PR_USE_NLS
static void remember_encoding(struct tls4217_session *sess) {
  sess->origin.charset = pstrdup(sess->pool, pr_encode_get_charset());
  sess->origin.encoding = pstrdup(sess->pool, pr_encode_get_encoding());
}

static void restore_encoding(const struct tls4217_origin *origin) {
  const char *encoding = pr_encode_get_encoding();

  if (origin->encoding == NULL) {
    if (encoding != NULL) {
      pr_encode_disable_encoding();
      (void) pr_fs_use_encoding(FALSE);
    }

  } else if (encoding == NULL || strcmp(encoding, origin->encoding) != 0) {
    (void) pr_encode_set_charset_encoding(origin->charset, origin->encoding);
    (void) pr_fs_use_encoding(TRUE);
  }
}
#else
static void remember_encoding(struct tls4217_session *sess) {
  (void) sess;
}

static void restore_encoding(const struct tls4217_origin *origin) {
  (void) origin;
}
#endif

void tls4217_reset_remember(struct tls4217_session *sess) {
  sess->origin.server = main_server;
  remember_encoding(sess);
}

static void forget_user(void) {
  (void) pr_table_remove(session.notes, "mod_auth.orig-user", NULL);
  (void) pr_table_remove(session.notes, "mod_auth.anon-passwd", NULL);
  session.gids = session.groups = NULL;
  session.hide_password = TRUE;
}

static void forget_type(struct tls4217_origin *origin) {
  session.sf_flags &= ~SF_ASCII;
  origin->type_forgotten = origin->type_forgotten || origin->type_given;
  origin->type_given = false;
}

/* RFC 7151, section 4: after HOST a login begins with USER. What was known of
 * the user is not valid at another server. */
modret_t *tls4217_reset_post_host(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  if (sess != NULL) {
    forget_user();
    tls4217_preferences_host(sess);
  }

  return PR_DECLINED(cmd);
}

/* RFC 959, section 4.1.1: a new USER flushes "any user, password, and account
 * information already supplied", whatever becomes of it. */
void tls4217_reset_refused_user(void) {
  forget_user();
}

modret_t *tls4217_reset_post_type(cmd_rec *cmd) {
  struct tls4217_session *sess = tls4217_session_get();

  (void) cmd;
  if (sess != NULL) {
    sess->origin.type_given = true;
  }

  return PR_DECLINED(cmd);
}

/* RFC 959, section 3.1.1.1, unless DefaultTransferMode says otherwise. */
void tls4217_reset_after_login(struct tls4217_session *sess) {
  const char *mode;

  if (sess->origin.type_forgotten == false || sess->origin.type_given) {
    return;
  }

  mode = get_param_ptr(main_server->conf, "DefaultTransferMode", FALSE);
  if (mode == NULL || strcasecmp(mode, "binary") != 0) {
    session.sf_flags |= SF_ASCII;
  }
}

void tls4217_reset_parameters(struct tls4217_session *sess) {
  forget_user();
  forget_type(&sess->origin);

  pr_data_reset();
  pr_data_clear_xfer_pool();
  session.sf_flags &= ~(SF_EPSV_ALL | SF_PORT);
  session.restart_pos = 0;
  session.range_start = session.range_len = 0;

  /* RFC 959, section 3.2: the default data port. */
  memset(&session.data_addr, 0, sizeof(session.data_addr));
  session.data_port = session.c->remote_port - 1;

  restore_encoding(&sess->origin);
  tls4217_preferences_restore(sess);
}

void tls4217_reset_named_host(struct tls4217_session *sess) {
  (void) pr_table_remove(session.notes, "mod_core.host", NULL);
  sess->control.named = NULL;
}
