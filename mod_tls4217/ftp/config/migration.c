/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a configuration written for mod_tls means here
 *
 * See migration.h.  What the ignored directives are, and why, is in the table
 * of directives.c.
 */

#include "mod_tls4217/ftp/config/migration.h"

/*
 * Sites, and Debian's tls.conf, keep mod_tls' directives inside <IfModule
 * mod_tls.c>.  They mean us now: otherwise the section would be skipped, and
 * the server would start, silently, without TLS.
 */
modret_t *tls4217_migration_ifmodule(cmd_rec *cmd) {
  if (cmd->argc == 2 && strcasecmp(cmd->argv[1], "mod_tls.c") == 0) {
    cmd->argv[1] = pstrdup(cmd->pool, "mod_tls4217.c");

  } else if (cmd->argc == 2 && strcasecmp(cmd->argv[1], "!mod_tls.c") == 0) {
    cmd->argv[1] = pstrdup(cmd->pool, "!mod_tls4217.c");
  }

  return PR_DECLINED(cmd);
}

static const char *const caches[] = {
  "mod_tls_fscache.c",
  "mod_tls_memcache.c",
  "mod_tls_redis.c",
  "mod_tls_shmcache.c",
};

#define NCACHES (sizeof(caches) / sizeof(caches[0]))

modret_t *tls4217_migration_loadmodule(cmd_rec *cmd) {
  size_t at = 0;

  while (
    cmd->argc == 2 && at < NCACHES && strcmp(caches[at], cmd->argv[1]) != 0) {
    at++;
  }

  if (cmd->argc != 2 || at == NCACHES) {
    return PR_DECLINED(cmd);
  }

  tls4217_directive_warn(cmd,
    pstrcat(cmd->tmp_pool, "LoadModule ", caches[at], NULL),
    "ignored: it belongs to mod_tls; sessions are resumed with tickets, and "
    "need no cache");

  /* The core looks for further handlers by this name. */
  cmd->argv[0] = pstrdup(cmd->pool, "LoadModule: taken");
  return PR_HANDLED(cmd);
}

modret_t *tls4217_migration_session_cache(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  config_rec *c;
  bool *off;

  c = add_config_param(directive->name, 1, NULL);
  off = pcalloc(c->pool, sizeof(*off));
  *off = get_boolean(cmd, 1) == FALSE;
  c->argv[0] = off;

  /* So it was with mod_tls, without a word. */
  tls4217_directive_warn(cmd, directive->name,
    *off ? "off is taken as 'TLSOptions NoSessionReuseRequired', as "
           "mod_tls does: whoever connects to the data port first may take "
           "over the transfer; resumption needs no cache here, so remove "
           "the line to require it" :
           "ignored: sessions are resumed with tickets and need no cache");
  return PR_HANDLED(cmd);
}
