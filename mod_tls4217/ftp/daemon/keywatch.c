/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether the key process still answers
 *
 * See keywatch.h.
 */

#include <poll.h>

#include "mod_tls4217/ftp/daemon/keywatch.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* How many looks without an answer are too many. */
#define MAX_SILENT 5

/* How many looks until a token that does not sign is asked again. */
#define TOKEN_LOOKS 3

/* Milliseconds after which an answer to a probe is of no use. */
#define PROBE_TIME (1000 * TLS4217_KEYWATCH_INTERVAL * MAX_SILENT)

void tls4217_keywatch_begin(struct tls4217_keywatch *watch) {
  uint64_t key;

  tls4217_keywatch_end(watch);
  watch->failures = tls4217_counters_last_signature(
    tls4217_shared_counters(), &key);
}

void tls4217_keywatch_end(struct tls4217_keywatch *watch) {
  tls4217_keyprobe_free(watch->probe);
  *watch = (struct tls4217_keywatch){ .probe = NULL };
}

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

static bool is_silent(unsigned int looks, struct tls4217_error *why) {
  if (looks <= MAX_SILENT) {
    return false;
  }

  tls4217_error_set(why, ETIMEDOUT, "the key process does not answer");
  return true;
}

/* Whether the socket of the daemon has ended, or is silent. */
static bool is_gone(
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

  return is_silent(++watch->silent, why);
}

/* Asks, where a session has been left without the signature of a key that is
 * still there. */
static void begin_probe(struct tls4217_keywatch *watch, int front,
  const struct tls4217_keyloads *loads) {
  uint64_t handle, failures, scope;
  struct tls4217_error err;
  EVP_PKEY *key;

  failures = tls4217_counters_last_signature(
    tls4217_shared_counters(), &handle);
  if (failures == watch->failures) {
    if (watch->bad_token == 0 || ++watch->waiting < TOKEN_LOOKS) {
      return;
    }

    handle = watch->bad_token;
  }

  key = tls4217_keyloads_get0_key(loads, handle, &scope);
  if (key == NULL) {
    watch->failures = failures;
    watch->bad_token = 0;
    return;
  }

  tls4217_error_clear(&err);
  watch->probe = tls4217_keyprobe_new(
    front, scope, handle, key, PROBE_TIME, &err);
  if (watch->probe == NULL && err.errnum == EAGAIN) {
    /* Sessions fill the place where channels are handed in: the next look asks
     * again, and one that hangs is found by its silence. */
    return;
  }

  watch->failures = failures;
  watch->waiting = 0;
  watch->asked_token = tls4217_keyloads_token(loads, handle) != NULL ? handle :
                                                                       0;
  if (watch->probe == NULL) {
    pr_log_pri(PR_LOG_WARNING, "warning: %s: key process: %s",
      MOD_TLS4217_VERSION, err.text);
  }
}

static void end_probe(struct tls4217_keywatch *watch) {
  tls4217_keyprobe_free(watch->probe);
  watch->probe = NULL;
  watch->waiting = 0;
}

/* That of a key in a token has got an answer, or not. */
static void look_at_token(
  struct tls4217_keywatch *watch, struct tls4217_keyloads *loads) {
  const char *uri = tls4217_keyloads_token(loads, watch->asked_token);
  char shown[TLS4217_TOKENURI_MAX] = "?";
  struct tls4217_error why;
  enum tls4217_keyprobe_state state;

  tls4217_error_clear(&why);
  state = tls4217_keyprobe_look(watch->probe, &why);
  if (state == TLS4217_KEYPROBE_WAITS &&
    is_silent(++watch->waiting, &why) == false) {
    return;
  }

  end_probe(watch);
  if (uri != NULL) {
    (void) tls4217_tokenuri_show(uri, shown, sizeof(shown));
  }

  if (state == TLS4217_KEYPROBE_HOLDS) {
    if (watch->bad_token == watch->asked_token) {
      watch->bad_token = 0;
      pr_log_pri(PR_LOG_NOTICE, "notice: %s: key '%s': its token signs again",
        MOD_TLS4217_VERSION, shown);
    }

    return;
  }

  if (watch->bad_token != watch->asked_token) {
    pr_log_pri(PR_LOG_ERR,
      "error: %s: key '%s': its token does not sign, so that full handshakes "
      "with its certificate fail: %s",
      MOD_TLS4217_VERSION, shown, why.text);
  }

  watch->bad_token = watch->asked_token;
  if (why.errnum == EPIPE) {
    tls4217_keyloads_lose(loads, watch->asked_token);
    watch->has_lost = true;
  }
}

/* Whether the probe has got an answer that is not a good signature. */
static bool signs_wrongly(
  struct tls4217_keywatch *watch, struct tls4217_error *why) {
  switch (tls4217_keyprobe_look(watch->probe, why)) {
    case TLS4217_KEYPROBE_WAITS:
      return is_silent(++watch->waiting, why);

    case TLS4217_KEYPROBE_HOLDS:
      end_probe(watch);
      return false;

    case TLS4217_KEYPROBE_FAILS:
      break;
  }

  /* Its channel may have ended before the process has. */
  why->errnum = EPROTO;
  return true;
}

bool tls4217_keywatch_take_loss(struct tls4217_keywatch *watch) {
  const bool has_lost = watch->has_lost;

  watch->has_lost = false;
  return has_lost;
}

bool tls4217_keywatch_is_lost(struct tls4217_keywatch *watch,
  const struct tls4217_keyfork *fork, struct tls4217_keyloads *loads,
  struct tls4217_error *why) {
  if (is_gone(watch, fork->daemon_fd, why)) {
    return true;
  }

  if (watch->probe == NULL) {
    begin_probe(watch, fork->front[0], loads);
  }

  if (watch->probe != NULL && watch->asked_token != 0) {
    look_at_token(watch, loads);
    return false;
  }

  return watch->probe != NULL && signs_wrongly(watch, why);
}
