/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - why a transfer failed
 *
 * A transfer that TLS has ended gets a reply of ours in place of the core's;
 * until that is sent (transfers.c) the reason is kept here.
 */

#ifndef TLS4217_FTP_DATA_FAILURE_H
#define TLS4217_FTP_DATA_FAILURE_H

#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/rfc4217/reply.h"

/*
 * Keeps the reply id, and the reason that goes behind it (NULL: none; it is
 * copied), for the transfer that is under way, and writes both to the TLSLog.
 * The first one stays: what fails later fails because of it.
 */
void tls4217_failure_set(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason);

/* Whether a reply is kept. */
bool tls4217_failure_is_set(const struct tls4217_session *sess);

/* Forgets it: another transfer begins. */
void tls4217_failure_forget(struct tls4217_session *sess);

/*
 * Has the client read the reply that is kept, if there is one, in place of the
 * core's refusal or, where refused is false, of its 226.
 */
void tls4217_failure_say(struct tls4217_session *sess, bool refused);

/*
 * A read or a write of the transfer has come to outcome, because of err: keeps
 * that as its reply, but for an abort (STOPPED), which has one.  Returns -1
 * with errno set to ECONNABORTED, as the callbacks of netio and of a file do.
 */
int tls4217_failure_give_up(struct tls4217_session *sess,
  enum tls4217_io outcome, const struct tls4217_error *err);

#endif
