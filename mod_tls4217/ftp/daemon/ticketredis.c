/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ring of ticket keys that hosts share through Redis
 *
 * See ticketredis.h.
 */

#include "mod_tls4217/ftp/daemon/redisask.h"
#include "mod_tls4217/ftp/daemon/ticketredis.h"
#include "mod_tls4217/tls/ticketfile.h"
#include "mod_tls4217/tls/ticketseal.h"

#define ABOUT "TLSSessionTicketKeys redis:"

/* Looks in an interval: one asks, the next one takes the answer.  Timers of the
 * core have whole seconds. */
#define LOOKS       4
#define LEAST_DELAY LOOKS

/* The interval where TLSReloadInterval is 0, in seconds. */
#define INTERVAL 60

/* Milliseconds for which a command of an administrator's waits. */
#define PATIENCE 1500

static struct {
  const char *key; /* NULL: nothing is shared */
  struct tls4217_ticketring_rules rules;
  struct tls4217_ticketseal seal;
  int64_t delay; /* seconds until a new key encrypts */

  struct tls4217_ticketring stored; /* as Redis had it last; or empty */
  char seen[TLS4217_TICKETSEAL_TEXT];
  struct tls4217_redischild child;

  enum tls4217_redisask_step trouble; /* the last one that was logged; or 0 */
  struct tls4217_error reason;        /* why there is trouble; or empty */
} self = { .child = { .fd = -1 } };

static int read_secret(const char *path, struct tls4217_error *err) {
  struct tls4217_ticketring read;
  int64_t modified;
  int ret;

  self.seal.is_open = path == NULL;
  if (path == NULL) {
    return 0;
  }

  tls4217_ticketring_clear(&read);
  pr_signals_block();
  PRIVS_ROOT
  ret = tls4217_ticketfile_read(path, &read, &modified, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  if (ret == 0) {
    ret = tls4217_ticketseal_derive(&self.seal, &read.secrets[0], err);
  }

  tls4217_ticketring_clear(&read);
  return ret;
}

int tls4217_ticketredis_begin(const struct tls4217_ticket_keys *settings,
  int interval, struct tls4217_error *err) {
  tls4217_ticketredis_end();
  interval = interval > 0 ? interval : INTERVAL;
  self.delay = interval < LEAST_DELAY ? LEAST_DELAY : interval;
  self.rules = settings->rules;
  if (tls4217_redisask_check(err) < 0 ||
    read_secret(settings->secret_file, err) < 0) {
    return -1;
  }

  self.key = settings->redis_key;
  return 0;
}

int tls4217_ticketredis_pause(void) {
  return (int) (self.delay / LOOKS);
}

bool tls4217_ticketredis_is_well(void) {
  return tls4217_error_is_set(&self.reason) == false;
}

/* What is logged. */

static const char *describe(const struct tls4217_redisanswer *answer) {
  switch (answer->step) {
    case TLS4217_REDISASK_REFUSED:
      return "Redis refuses the password, the user or the database of "
             "RedisServer";

    case TLS4217_REDISASK_NO_READING:
      return "Redis does not permit reading the keys: RedisServer needs a "
             "password "
             "that permits GET and SET, and the value must be a string that is "
             "not "
             "empty";

    case TLS4217_REDISASK_NO_WRITING:
      return "Redis does not permit writing the keys: RedisServer must name a "
             "server that is not a replica, and a password that permits SET, "
             "SETEX and DEL";

    case TLS4217_REDISASK_TOO_LONG:
      return "the value in Redis is too long for a ring of keys";

    default:
      return answer->errnum == ETIMEDOUT ?
        "Redis (RedisServer) has not answered in time" :
        "Redis (RedisServer) cannot be reached";
  }
}

/* Once for each way in which it fails, until it is over. */
static void note_trouble(
  enum tls4217_redisask_step step, const struct tls4217_error *why) {
  const bool is_new = step != self.trouble;

  self.trouble = step;
  self.reason = *why;
  if (is_new) {
    pr_log_pri(PR_LOG_WARNING,
      "warning: %s: " ABOUT " %s; this host continues to use the ticket keys "
      "that it has",
      MOD_TLS4217_VERSION, why->text);
  }
}

static void note_end_of_trouble(void) {
  if (self.trouble != 0) {
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: " ABOUT " Redis answers again: ticket keys are shared",
      MOD_TLS4217_VERSION);
  }

  self.trouble = 0;
  tls4217_error_clear(&self.reason);
}

/* To ask. */

static int64_t now(void) {
  return (int64_t) time(NULL);
}

/* What Redis gets where it has nothing: what it had before, or this host's own.
 * */
static int write_own(const struct tls4217_ticketring *ring, char *text,
  struct tls4217_error *err) {
  struct tls4217_ticketring own;
  int ret;

  if (self.stored.count > 0) {
    own = self.stored;

  } else {
    tls4217_ticketring_publish(ring, &own, now());
  }

  ret = tls4217_ticketseal_close(&self.seal, self.key, &own, text, err);
  tls4217_ticketring_clear(&own);
  return ret;
}

static int write_next(char *text, struct tls4217_error *err) {
  struct tls4217_ticketring next = self.stored;
  int ret = tls4217_ticketring_advance(&next, &self.rules, now(), err);

  if (ret == 0) {
    ret = tls4217_ticketseal_close(&self.seal, self.key, &next, text, err);
  }

  tls4217_ticketring_clear(&next);
  return ret;
}

static int ask(const struct tls4217_ticketring *ring, bool rotate,
  struct tls4217_error *err) {
  char own[TLS4217_TICKETSEAL_TEXT], next[TLS4217_TICKETSEAL_TEXT];
  struct tls4217_redisask ask = { .key = self.key,
    .if_absent = own,
    .life = (unsigned long) self.rules.age *
      (unsigned long) (self.rules.kept + 1) };
  int ret = write_own(ring, own, err);

  if (ret == 0 && self.stored.count > 0 &&
    (rotate || tls4217_ticketring_is_due(&self.stored, &self.rules, now()))) {
    ret = write_next(next, err);
    ask.seen = self.seen;
    ask.replacement = next;
  }

  if (ret == 0) {
    ret = tls4217_redisask_start(&ask, &self.child, err);
  }

  pr_memscrub(own, sizeof(own));
  pr_memscrub(next, sizeof(next));
  return ret;
}

/* What is answered. */

static bool take(
  struct tls4217_ticketring *ring, const struct tls4217_redisanswer *answer) {
  struct tls4217_ticketring read;
  struct tls4217_error err;
  bool changed;

  tls4217_error_clear(&err);
  if (answer->step != TLS4217_REDISASK_ANSWERED) {
    tls4217_error_set(&err, answer->errnum, "%s", describe(answer));
    note_trouble(answer->step, &err);
    return false;
  }

  if (answer->size >= sizeof(self.seen) ||
    tls4217_ticketseal_open(
      &self.seal, self.key, answer->value, answer->size, &read, &err) < 0) {
    struct tls4217_error whole;

    tls4217_error_clear(&whole);
    tls4217_error_set(&whole, EINVAL,
      "'%s' in Redis %s ('redis-cli del %s' "
      "has this host write it again)",
      self.key, err.text, self.key);
    note_trouble(answer->step, &whole);
    return false;
  }

  note_end_of_trouble();
  self.stored = read;
  memcpy(self.seen, answer->value, answer->size);
  self.seen[answer->size] = '\0';
  changed = tls4217_ticketring_share(ring, &read, now(), self.delay);
  tls4217_ticketring_clear(&read);
  return changed;
}

static bool hear(
  struct tls4217_ticketring *ring, int patience, bool *has_changed) {
  struct tls4217_redisanswer answer;

  if (tls4217_redisask_hear(&self.child, &answer, patience) == false) {
    return false;
  }

  *has_changed = take(ring, &answer) || *has_changed;
  pr_memscrub(&answer, sizeof(answer));
  return true;
}

bool tls4217_ticketredis_look(struct tls4217_ticketring *ring, int patience) {
  struct tls4217_error err;
  bool has_changed = false;

  tls4217_error_clear(&err);
  if (self.key == NULL) {
    return false;
  }

  if (self.child.fd >= 0) {
    (void) hear(ring, patience, &has_changed);

  } else if (ask(ring, false, &err) < 0) {
    note_trouble(TLS4217_REDISASK_NO_ANSWER, &err);

  } else if (patience > 0) {
    (void) hear(ring, patience, &has_changed);
  }

  return has_changed;
}

/* At once, for an administrator who waits. */

static int ask_now(
  struct tls4217_ticketring *ring, bool rotate, struct tls4217_error *err) {
  bool has_changed = false;

  if (self.child.fd >= 0 && hear(ring, PATIENCE, &has_changed) == false) {
    tls4217_error_set(err, ETIMEDOUT, "Redis has not answered yet");
    return -1;
  }

  if (ask(ring, rotate, err) < 0) {
    return -1;
  }

  if (hear(ring, PATIENCE, &has_changed) == false) {
    tls4217_error_set(err, ETIMEDOUT, "Redis has not answered yet");
    return -1;
  }

  if (tls4217_error_is_set(&self.reason)) {
    tls4217_error_set(err, self.reason.errnum, "%s", self.reason.text);
    return -1;
  }

  return 0;
}

int tls4217_ticketredis_reload(
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  return self.key != NULL ? ask_now(ring, false, err) : 0;
}

int tls4217_ticketredis_rotate(
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  struct tls4217_ticketsecret newest;
  int ret;

  /* What is replaced is the present value, not the one that was read last. */
  if (tls4217_ticketredis_reload(ring, err) < 0) {
    return -1;
  }

  newest = self.stored.secrets[0];
  ret = ask_now(ring, true, err);
  if (ret == 0 &&
    memcmp(newest.bytes, self.stored.secrets[0].bytes, sizeof(newest.bytes)) ==
      0) {
    tls4217_error_set(err, EAGAIN,
      "another host was about to change the keys: try again in half a "
      "minute");
    ret = -1;
  }

  pr_memscrub(&newest, sizeof(newest));
  return ret;
}

void tls4217_ticketredis_end(void) {
  tls4217_redisask_end(&self.child);
  tls4217_ticketring_clear(&self.stored);
  pr_memscrub(self.seen, sizeof(self.seen));
  pr_memscrub(&self.seal, sizeof(self.seal));
  self.key = NULL;
  self.trouble = 0;
  tls4217_error_clear(&self.reason);
}
