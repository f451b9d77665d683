/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who may use "ftpdctl tls"
 *
 * See controls_directives.h.
 */

#include "mod_tls4217/ftp/config/controls_directives.h"

#ifdef PR_USE_CTRLS

static ctrls_acttab_t *words = NULL;
static pool *words_pool = NULL;

void tls4217_controls_directives_offer(ctrls_acttab_t *table, pool *p) {
  words = table;
  words_pool = p;
}

static bool is_one_of(const char *word, const char *one, const char *other) {
  return strcasecmp(word, one) == 0 || strcasecmp(word, other) == 0;
}

/* usage: TLSControlsACLs words|all allow|deny user|group list */
modret_t *tls4217_controls_directives_acls(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *unknown = NULL;
  char **actions;

  if (is_one_of(cmd->argv[2], "allow", "deny") == false ||
    is_one_of(cmd->argv[3], "user", "group") == false) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  if (words == NULL) {
    return PR_HANDLED(cmd);
  }

  actions = pr_ctrls_parse_acl(cmd->tmp_pool, cmd->argv[1]);
  if (pr_ctrls_set_module_acls2(words, words_pool, actions, cmd->argv[2],
        cmd->argv[3], cmd->argv[4], &unknown) < 0) {
    return tls4217_directive_refuse(cmd,
      pstrcat(cmd->tmp_pool, "'", unknown != NULL ? unknown : cmd->argv[1],
        "' is not an action of 'ftpdctl tls': write a comma-separated list "
        "of actions, or 'all'",
        NULL));
  }

  return PR_HANDLED(cmd);
}

#else

modret_t *tls4217_controls_directives_acls(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  tls4217_directive_warn(cmd, directive->name,
    "ignored: this ProFTPD was built without controls (--enable-ctrls)");
  return PR_HANDLED(cmd);
}

#endif
