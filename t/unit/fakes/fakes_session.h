/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: the session of this process
 *
 * In place of ftp/session.c, so that a test says what the session is in.
 */

#ifndef TLS4217_T_UNIT_FAKES_FAKES_SESSION_H
#define TLS4217_T_UNIT_FAKES_FAKES_SESSION_H

#include "mod_tls4217/ftp/session.h"

struct fakes_session {
  struct tls4217_session session;
  struct tls4217_facts facts; /* data is the session's own */
  bool is_on;                 /* TLSEngine */
};

extern struct fakes_session fakes_session;

/* fakes_begin(), and a session that is on, logged in, and in clear. */
int fakes_session_begin(void **state);

#endif
