/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process still answers
 *
 * See keywatch.h.
 */

#include <poll.h>

#include "mod_tls4217/ftp/daemon/keywatch.h"
#include "mod_tls4217/tls/keys/keyloader.h"

/* How many looks without an answer are too many. */
#define MAX_SILENT 5

/* A socket that has ended, or one that brought what was not asked for. */
static void describe_loss(int fd, struct tls4217_error *why) {
  struct pollfd pfd = { .fd = fd, .events = POLLIN };

  (void) poll(&pfd, 1, 0);
  if ((pfd.revents & POLLHUP) != 0) {
    tls4217_error_set(why, EPIPE, "the key process has ended");

  } else {
    tls4217_error_set(why, EPROTO, "the key process sent an invalid message");
  }
}

void tls4217_keywatch_note_answer(struct tls4217_keywatch *watch) {
  watch->silent = 0;
}

bool tls4217_keywatch_is_lost(
  struct tls4217_keywatch *watch, int fd, struct tls4217_error *why) {
  const int answers = tls4217_keyloader_pong(fd);

  if (answers < 0) {
    describe_loss(fd, why);
    return true;
  }

  if (answers > 0) {
    watch->silent = 0;
  }

  if (watch->silent == 0) {
    tls4217_keyloader_ping(fd);
  }

  if (++watch->silent <= MAX_SILENT) {
    return false;
  }

  tls4217_error_set(why, ETIMEDOUT, "the key process does not answer");
  return true;
}
