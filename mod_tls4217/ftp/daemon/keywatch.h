/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process still answers
 *
 * Looked at from a timer, which must not wait: each look takes what has come
 * since the one before, and asks again.
 */

#ifndef TLS4217_FTP_DAEMON_KEYWATCH_H
#define TLS4217_FTP_DAEMON_KEYWATCH_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/tls/error.h"

/* Empty: all zeros. */
struct tls4217_keywatch {
  unsigned int silent; /* looks since it has answered */
};

/*
 * It has answered something else that it was asked.  Who waits for an answer
 * throws away what comes before it, and with it perhaps what the look before
 * has asked for.
 */
void tls4217_keywatch_note_answer(struct tls4217_keywatch *watch);

/*
 * One look; fd is the daemon's own socket.  Returns true with why filled where
 * there is a reason to start it anew: errnum is EPIPE (it has ended), EPROTO
 * (it sent an invalid message) or ETIMEDOUT (several looks without an answer).
 */
bool tls4217_keywatch_is_lost(
  struct tls4217_keywatch *watch, int fd, struct tls4217_error *why);

#endif
