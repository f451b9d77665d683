/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a session's place among those that are logged in
 *
 * TLSSessionReuse user and report: the session's row of the shared table
 * (roster.h), from its handshake to its end, and who else's TLS sessions may
 * open its data connections.
 */

#ifndef TLS4217_FTP_CONTROL_MEMBERSHIP_H
#define TLS4217_FTP_CONTROL_MEMBERSHIP_H

#include "mod_tls4217/ftp/session.h"

/* Before a byte of the client is read: notes what a chroot would hide. */
void tls4217_membership_prepare(struct tls4217_session *sess);

/* CLNT: what the client calls itself. */
void tls4217_membership_name_client(
  struct tls4217_session *sess, const char *client);

/* The control connection has become protected. */
void tls4217_membership_register(struct tls4217_session *sess);

/* A user has logged in. */
void tls4217_membership_join(struct tls4217_session *sess);

/* The session ends. */
void tls4217_membership_leave(struct tls4217_session *sess);

/*
 * TLSSessionReuse report: a data connection was accepted that "user" would
 * refuse.  Counted, and logged the first time in a session.
 */
void tls4217_membership_report(
  struct tls4217_session *sess, enum tls4217_reply_id refusal);

#endif
