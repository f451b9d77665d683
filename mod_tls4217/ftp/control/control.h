/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the control connection: its netio
 *
 * Between the handshake and CCC (or the end) every byte of the two control
 * streams passes through here.  Which command does what is in commands.c.
 */

#ifndef TLS4217_FTP_CONTROL_CONTROL_H
#define TLS4217_FTP_CONTROL_CONTROL_H

#include "mod_tls4217/ftp/session.h"

/* Puts our callbacks into the netio of control streams. */
void tls4217_control_install(pr_netio_t *netio);

/*
 * The waiter of the control connection (see struct tls4217_waiter); user is
 * the session.
 */
int tls4217_control_wait(void *user, int fd, short events, int timeout);

/*
 * Frees the TLS connection with what it has decrypted and not handed out.  The
 * streams read and write the socket itself from then on.
 */
void tls4217_control_drop(struct tls4217_session *sess);

/*
 * To be called before a transfer: while the control connection is protected,
 * TCP's urgent data interrupts nothing (RFC 4217, section 14).
 */
void tls4217_control_ignore_urgent(const struct tls4217_session *sess);

/*
 * Has a fresh session ticket leave ahead of the next reply, where the client
 * needs one for its next data connection (binding.h); last: in any case, since
 * no other can follow.
 */
void tls4217_control_issue_ticket(struct tls4217_session *sess, bool last);

/*
 * Ends the session, for the reason why, behind a reply or an alert that the
 * client must be able to read: it is given a second to do so.  Does not return.
 */
void tls4217_control_end_session(const char *why);

/* What a look at the control connection during a transfer found. */
enum tls4217_control_news {
  TLS4217_CONTROL_NOTHING, /* nothing that may be served now */
  TLS4217_CONTROL_COMMAND, /* a command that this core serves beside it */
  TLS4217_CONTROL_ABORT,   /* the transfer is to be aborted */
  TLS4217_CONTROL_ENDED    /* the client is gone, which aborts it too */
};

/*
 * Looks, without waiting, for commands that arrived during a transfer, or while
 * one begins; in TLS and in clear.  Where the transfer is to end, the core has
 * been informed.  Which command may be served is decided in
 * rfc4217/interrupt.c.
 */
enum tls4217_control_news tls4217_control_look(struct tls4217_session *sess);

/* Whether a command is buffered that this core serves beside a transfer. */
bool tls4217_control_has_command(struct tls4217_session *sess);

#endif
