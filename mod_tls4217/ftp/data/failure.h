/*
 * mod_tls4217 - why a transfer failed
 *
 * A transfer that TLS has ended gets a reply of ours in place of the core's
 * (transfers.c says it); until then the reason is kept here.
 */

#ifndef TLS4217_FTP_DATA_FAILURE_H
#define TLS4217_FTP_DATA_FAILURE_H

#include "mod_tls4217/ftp/session.h"
#include "mod_tls4217/rfc4217/reply.h"

/*
 * Keeps code, which is not copied, and the sentence as the reply to the
 * transfer that is under way, and writes both to the TLSLog.  The first
 * reason stays: what fails later fails because of it.
 */
void tls4217_failure_set(struct tls4217_session *sess, const char *code,
  const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* The same with a reply of the table; reason is put behind it, unless NULL. */
void tls4217_failure_set_reply(
  struct tls4217_session *sess, enum tls4217_reply_id id, const char *reason);

#endif
