/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - <Limit> for the commands of RFC 2228
 *
 * After login the core's own function decides, by the command's name and by
 * ALL.  AUTH and PBSZ are asked for by name only, and so is everything before
 * login: a <Limit ALL> that allows certain users would otherwise keep them from
 * the TLS that their login needs.  (The core itself excludes PROT from ALL.)
 */

#include "mod_tls4217/ftp/response.h"
#include "mod_tls4217/ftp/control/limit.h"

static bool is_by_name(const cmd_rec *cmd) {
  return strcmp(cmd->argv[0], C_AUTH) == 0 || strcmp(cmd->argv[0], C_PBSZ) == 0;
}

static bool is_denied(cmd_rec *cmd) {
  if (tls4217_session_is_logged_in() && is_by_name(cmd) == false) {
    return dir_check(cmd->tmp_pool, cmd, cmd->group, session.cwd, NULL) == 0;
  }

  return dir_check_limits(cmd,
           session.dir_config != NULL ? session.dir_config :
                                        session.anon_config,
           cmd->argv[0], FALSE) == 0;
}

modret_t *tls4217_limit_check(
  cmd_rec *cmd, const struct tls4217_session *sess) {
  return is_denied(cmd) ? tls4217_response_refuse(cmd, sess,
                            TLS4217_REPLY_COMMAND_LIMITED, NULL, "<Limit>") :
                          NULL;
}
