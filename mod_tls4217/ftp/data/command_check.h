/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - may this command touch what it names?
 *
 * Brings together what a command touches (target.c), what that is called
 * (spelling.c), which views are configured for it (policies.c), and the
 * decision (rfc4217/state.c).
 */

#ifndef TLS4217_FTP_DATA_COMMAND_CHECK_H
#define TLS4217_FTP_DATA_COMMAND_CHECK_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/session.h"

/*
 * Checks a command by all names of all that it touches; the strictest view
 * wins.  APPE, RETR and STOR must have passed the core's PRE_CMD handlers,
 * which resolve the name.  Commands that touch nothing for which there is a
 * view are not refused.  Returns NULL, or the refusal, with its reply queued.
 */
modret_t *tls4217_command_check(
  cmd_rec *cmd, const struct tls4217_session *sess);

#endif
