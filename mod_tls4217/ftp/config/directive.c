/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one directive is, and how it complains
 *
 * See directive.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/directive.h"
#include "mod_tls4217/ftp/config/parsing.h"

modret_t *tls4217_directive_refuse(cmd_rec *cmd, const char *why) {
  return PR_ERROR_MSG(
    cmd, NULL, pstrcat(cmd->tmp_pool, (char *) cmd->argv[0], ": ", why, NULL));
}

modret_t *tls4217_directive_refuse_usage(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  return tls4217_directive_refuse(cmd,
    pstrcat(
      cmd->tmp_pool, "write ", directive->name, " ", directive->usage, NULL));
}

void tls4217_directive_warn(
  const cmd_rec *cmd, const char *name, const char *what) {
  const char *place = tls4217_parsing_place(cmd->tmp_pool);

  if (tls4217_parsing_is_under_way()) {
    tls4217_complaints_line(TLS4217_COMPLAINT_WARNING, place,
      pstrcat(cmd->tmp_pool, name, ": ", what, NULL));
    return;
  }

  /* A session reads an .ftpaccess. */
  pr_log_pri(PR_LOG_WARNING, "warning: %s: %s: %s (%s)", MOD_TLS4217_VERSION,
    name, what, place);
}

config_rec *tls4217_directive_add_int(const char *name, int value) {
  config_rec *c;
  int *stored;

  c = add_config_param(name, 1, NULL);
  stored = pcalloc(c->pool, sizeof(*stored));
  *stored = value;
  c->argv[0] = stored;
  return c;
}
