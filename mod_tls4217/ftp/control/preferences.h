/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what other modules remember of a client before its login
 *
 * OPTS MLST (mod_facts), LANG (mod_lang), OPTS HASH (mod_digest), MODE Z and
 * its options (mod_deflate) need no login.  AUTH and REIN must put them back
 * (RFC 4217, section 4.2; RFC 959, section 4.1.1); the modules do that only for
 * a new server, and mod_lang not even then.  FEAT marks what is in force with
 * an asterisk (RFC 3659, section 7.8; RFC 2640, section 4.3); it is put back by
 * the commands that a client would send.  OPTS UTF8 is reset.c's.
 */

#ifndef TLS4217_FTP_CONTROL_PREFERENCES_H
#define TLS4217_FTP_CONTROL_PREFERENCES_H

#include "mod_tls4217/ftp/session.h"

/*
 * Before any command: where it may set one of these, and is the first to do so,
 * remembers what is in force, in sess->origin.
 */
void tls4217_preferences_before(
  struct tls4217_session *sess, const cmd_rec *cmd);

/*
 * After HOST: the same for those that HOST has set again, if it has led to
 * another server; and LANG is put back (RFC 2640, section 4.1).  The reply to
 * HOST stays.
 */
void tls4217_preferences_host(struct tls4217_session *sess);

/* Puts back what has been remembered, if anything has.  Replies are
 * suppressed. */
void tls4217_preferences_restore(struct tls4217_session *sess);

#endif
