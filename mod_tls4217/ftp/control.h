/*
 * mod_tls4217 - the control connection: its handshake and its netio
 *
 * Between the handshake and CCC (or the end) every byte of the two control
 * streams passes through here.  Which command does what is in commands.c.
 */

#ifndef TLS4217_FTP_CONTROL_H
#define TLS4217_FTP_CONTROL_H

#include "mod_tls4217/ftp/session.h"

/* Puts our callbacks into the netio of control streams. */
void tls4217_control_install(pr_netio_t *netio);

/*
 * Throws away what the client sent in clear behind the command that is being
 * handled, so that it is never executed.  Returns how many bytes that were.
 */
size_t tls4217_control_discard_clear(void);

/*
 * Shakes hands on the control connection and makes it protected, with the
 * data level given.  Does not return when that fails: the session ends as
 * RFC 4217, section 10.1, says (a 421 in clear if no TLS was spoken).
 */
void tls4217_control_protect(
  struct tls4217_session *sess, enum tls4217_level level);

/*
 * Ends TLS on the control connection after the reply to a command (CCC, REIN):
 * close_notify both ways, within a few seconds.  What follows is in clear, and
 * read from its first byte; what the client sent inside TLS behind the command
 * is thrown away.  Ends the session where the two ends cannot agree on where
 * TLS ended.
 */
void tls4217_control_clear(struct tls4217_session *sess, const char *command);

/*
 * To be called before a transfer: while the control connection is protected,
 * TCP's urgent data interrupts nothing (RFC 4217, section 14).
 */
void tls4217_control_ignore_urgent(const struct tls4217_session *sess);

/* Has a fresh session ticket leave ahead of the next reply. */
void tls4217_control_issue_ticket(struct tls4217_session *sess);

/* What a look at the control connection during a transfer found. */
enum tls4217_control_news {
  TLS4217_CONTROL_NOTHING,
  TLS4217_CONTROL_COMMAND, /* a whole command waits */
  TLS4217_CONTROL_ABORT,   /* the transfer is to be aborted */
  TLS4217_CONTROL_ENDED    /* the client is gone */
};

/*
 * Looks, without waiting, for commands that arrived during a transfer.  On
 * TLS4217_CONTROL_ABORT the core has been told to abort it.
 */
enum tls4217_control_news tls4217_control_look(struct tls4217_session *sess);

/* Whether a stream is one of the protected control connection. */
bool tls4217_control_owns(
  const struct tls4217_session *sess, const pr_netio_stream_t *strm);

#endif
