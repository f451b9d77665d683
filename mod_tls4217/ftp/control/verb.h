/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the one way to handle AUTH, PBSZ, PROT, CCC and REIN
 *
 * The state machine decides, then <Limit>; a refusal is sent and logged; an
 * accepted command is carried out.
 */

#ifndef TLS4217_FTP_CONTROL_VERB_H
#define TLS4217_FTP_CONTROL_VERB_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/session.h"

/* One command. */
struct tls4217_verb {
  /* Asks rfc4217/state.c, with the parameter as received, or NULL; changes
   * nothing. */
  struct tls4217_verdict (*decide)(
    const struct tls4217_session *sess, const char *parameter);

  /* Does what was accepted, and sends its reply.  Returns what the handler
   * returns. */
  modret_t *(*carry_out)(
    cmd_rec *cmd, struct tls4217_session *sess, struct tls4217_verdict verdict);

  /* What the log adds to a refusal in place of the reply's own remedy; NULL
   * for all refusals, or for this one: nothing.  It lives as long as cmd. */
  const char *(*find_trouble)(
    const struct tls4217_session *sess, enum tls4217_reply_id reply);
};

/* The CMD handler of a verb.  Where TLSEngine is off the command is declined:
 * the core answers. */
modret_t *tls4217_verb_handle(cmd_rec *cmd, const struct tls4217_verb *verb);

#endif
