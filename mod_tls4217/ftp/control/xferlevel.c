/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the data level, as mod_xfer has it
 *
 * See xferlevel.h.
 */

#include "mod_tls4217/ftp/control/xferlevel.h"

void tls4217_xferlevel_tell(struct tls4217_session *sess) {
  pool *tmp_pool;
  cmd_rec *cmd;

  if (sess->xfer_level == (int) sess->state.level) {
    return;
  }

  tmp_pool = make_sub_pool(sess->pool);
  cmd = pr_cmd_alloc(tmp_pool, 2, pstrdup(tmp_pool, C_PROT),
    pstrdup(tmp_pool, tls4217_names_level_text(sess->state.level)));
  cmd->arg = cmd->argv[1];
  (void) pr_cmd_dispatch_phase(cmd, POST_CMD, 0);
  destroy_pool(tmp_pool);
  sess->xfer_level = (int) sess->state.level;
}
