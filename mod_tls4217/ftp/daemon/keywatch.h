/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process still answers
 *
 * Looked at from a timer, which must not wait: each look takes what has come
 * since the one before, and asks again.  Where a session has got no signature,
 * or a wrong one (counters.h), the daemon asks for one itself: the session may
 * be under someone else's control, so its report is not trusted.
 */

#ifndef TLS4217_FTP_DAEMON_KEYWATCH_H
#define TLS4217_FTP_DAEMON_KEYWATCH_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/keys/keyloads.h"
#include "mod_tls4217/tls/keys/keyprobe.h"

/* Seconds between two looks. */
#define TLS4217_KEYWATCH_INTERVAL 2

/* Empty: all zeros. */
struct tls4217_keywatch {
  unsigned int silent;  /* looks since it has answered */
  unsigned int waiting; /* looks since the probe was asked */
  uint64_t failures;    /* of signatures, up to which it has been checked */
  struct tls4217_keyprobe *probe; /* NULL: nothing is asked */

  /* Of keys in tokens, which are asked in the same way. */
  uint64_t asked_token; /* the handle of what is asked; 0: none in a token */
  uint64_t bad_token;   /* that of one which does not sign; 0: all do */
  bool has_lost;        /* one, whose process has ended */
};

/* From now on there is another process. */
void tls4217_keywatch_begin(struct tls4217_keywatch *watch);

/* Frees what it has. */
void tls4217_keywatch_end(struct tls4217_keywatch *watch);

/*
 * It has answered something else that it was asked.  Who waits for an answer
 * discards what comes before it, and with it perhaps what the look before
 * has asked for.
 */
void tls4217_keywatch_note_answer(struct tls4217_keywatch *watch);

/*
 * One look at the process of fork, which has the keys of loads.  Returns true
 * with why filled where there is a reason to restart it: errnum is EPIPE where
 * it has ended, else it is still there.  A token that does not sign is no such
 * reason: it is logged once, and again when it signs.
 */
bool tls4217_keywatch_is_lost(struct tls4217_keywatch *watch,
  const struct tls4217_keyfork *fork, struct tls4217_keyloads *loads,
  struct tls4217_error *why);

/* Whether the process of a token has been found to have ended since the last
 * call: the keys that it had are lost (keyloads.h). */
bool tls4217_keywatch_take_loss(struct tls4217_keywatch *watch);

#endif
