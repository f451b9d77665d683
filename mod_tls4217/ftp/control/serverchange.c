/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the session becomes another server's
 *
 * See serverchange.h.  Of what mod_core and other modules have to do for it, a
 * part is done by an event, a part by handlers of the command HOST.
 */

#include "mod_tls4217/ftp/control/serverchange.h"

void tls4217_serverchange_make(
  struct tls4217_session *sess, server_rec *server, const char *name) {
  pool *tmp_pool;
  cmd_rec *cmd;

  session.prev_server = main_server;
  main_server = server;
  pr_event_generate("core.session-reinit", server);

  tmp_pool = make_sub_pool(sess->pool);
  cmd = pr_cmd_alloc(
    tmp_pool, 2, pstrdup(tmp_pool, C_HOST), pstrdup(tmp_pool, name));
  cmd->arg = cmd->argv[1];
  (void) pr_cmd_dispatch_phase(cmd, POST_CMD, 0);
  (void) pr_cmd_dispatch_phase(cmd, LOG_CMD, 0);
  pr_response_clear(&resp_list);
  destroy_pool(tmp_pool);
}
