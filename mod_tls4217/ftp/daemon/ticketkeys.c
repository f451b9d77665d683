/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the daemon's ring of ticket keys
 *
 * See ticketkeys.h.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/restartmemory.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/daemon/ticketredis.h"
#include "mod_tls4217/tls/cert/filewatch.h"
#include "mod_tls4217/tls/ticketfile.h"

/* What the key process knows the ring by. */
#define NAME "ticket keys"

/* Seconds between two looks at the ring, at most, and how many looks there are
 * in an age where that is short. */
#define INTERVAL 60
#define LOOKS    4

/* Files of keys that were changed longer ago, in seconds, get a notice. */
#define OLD_FILE (7 * 24 * 60 * 60)

/* Whose keys they are. */
#define FILES "TLSSessionTicketKeyFile"
#define REDIS "TLSSessionTicketKeys"

/* For which a new key of a file does not encrypt, where TLSReloadInterval is 0,
 * in seconds. */
#define DELAY 60

/* Milliseconds for which a start waits for the keys that Redis has. */
#define PATIENCE 2000

static struct {
  struct tls4217_ticketring ring;
  struct tls4217_ticketring_rules rules;
  struct tls4217_paths files;     /* none: keys are made here */
  int64_t delay;                  /* until a new one of them encrypts */
  bool is_shared;                 /* keys are in Redis */
  struct tls4217_filewatch watch; /* when they are to be read again */
  struct tls4217_error trouble;   /* why they could not be used; or empty */
  size_t current;                 /* which key contexts encrypt with */
  void (*apply)(void);
  int timer; /* 0: none */
} self;

static void complain(const struct tls4217_error *err) {
  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: the keys of session tickets: %s; clients may need a full "
    "handshake",
    MOD_TLS4217_VERSION, err->text);
}

#define MARK "MOD_TLS4217_TICKETS"

/* For the module that is loaded after SIGHUP: in the key process, or, where
 * there is none or it does not answer, in the daemon's own memory. */
static void keep(void) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  const size_t size = tls4217_ticketring_write(&self.ring, bytes);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_keyprocess_is_there() == false ||
    tls4217_keyprocess_keep(NAME, bytes, size, &err) < 0) {
    void *room = tls4217_restartmemory_make(MARK, size);

    if (room != NULL) {
      memcpy(room, bytes, size);
    }
  }

  pr_memscrub(bytes, sizeof(bytes));
}

/* What was kept, wherever that was.  In memory there is something only where
 * the key process has not got it. */
static void fetch(void) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  size_t size = sizeof(bytes), left = 0;
  void *found = tls4217_restartmemory_take(MARK, &left);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (found != NULL) {
    (void) tls4217_ticketring_read(&self.ring, found, left);
    tls4217_restartmemory_release(found, left);
    return;
  }

  if (tls4217_keyprocess_fetch(NAME, bytes, &size, &err) < 0) {
    complain(&err);
    size = 0;
  }

  (void) tls4217_ticketring_read(&self.ring, bytes, size);
  pr_memscrub(bytes, sizeof(bytes));
}

/* Files. */

static struct tls4217_filelook look_at_files(void) {
  const int64_t now = (int64_t) time(NULL);
  struct tls4217_filelook look = { .digest = 0 };

  pr_signals_block();
  PRIVS_ROOT
  for (size_t i = 0; i < self.files.count; i++) {
    tls4217_filestamp_look(&look, self.files.paths[i], 0, now);
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return look;
}

static void tell_age(const char *path, int64_t modified) {
  const int64_t age = (int64_t) time(NULL) - modified;

  if (age > OLD_FILE) {
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: TLSSessionTicketKeyFile '%s' is %ld days old: whoever gets "
      "it can read the TLS 1.2 sessions of all that time; put a new file in "
      "front of it each day, and remove the oldest",
      MOD_TLS4217_VERSION, path, (long) (age / (24 * 60 * 60)));
  }
}

static int read_files(
  struct tls4217_ticketring *read, struct tls4217_error *err) {
  int64_t modified = 0;
  int ret = 0;

  for (size_t i = 0; i < self.files.count && ret == 0; i++) {
    const char *path = self.files.paths[i];

    pr_signals_block();
    PRIVS_ROOT
    ret = tls4217_ticketfile_read(path, read, &modified, err);
    PRIVS_RELINQUISH
    pr_signals_unblock();
    if (ret == 0) {
      tell_age(path, modified);
    }
  }

  return ret;
}

/* Once for each reason. */
static void note_trouble(
  const char *directive, const struct tls4217_error *err) {
  const bool is_new = strcmp(self.trouble.text, err->text) != 0;

  self.trouble = *err;
  if (is_new) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s: %s; %s", MOD_TLS4217_VERSION,
      directive, err->text,
      self.ring.source > TLS4217_TICKETRING_MADE ?
        "the previous keys remain in use" :
        "keys of this host's own are used until this is fixed");
  }
}

static int take_files(struct tls4217_error *err) {
  const struct tls4217_filelook look = look_at_files();
  struct tls4217_ticketring read;
  int ret;

  tls4217_ticketring_clear(&read);
  tls4217_filewatch_begin(&self.watch, &look);
  ret = read_files(&read, err);
  if (ret == 0) {
    tls4217_ticketring_take(
      &self.ring, &read, (int64_t) time(NULL), self.delay);
    tls4217_error_clear(&self.trouble);

  } else {
    note_trouble(FILES, err);
  }

  tls4217_ticketring_clear(&read);
  return ret;
}

/* The time of one of them may have come. */
static bool has_turned(void) {
  return self.current !=
    tls4217_ticketring_current(&self.ring, (int64_t) time(NULL));
}

static bool has_files(void) {
  return self.files.count > 0 && self.ring.source == TLS4217_TICKETRING_FILES;
}

/* Redis. */

/* It has not answered for so long that a key would encrypt for another age. */
static bool is_left_alone(void) {
  const int64_t now = (int64_t) time(NULL);
  const size_t current = tls4217_ticketring_current(&self.ring, now);

  return tls4217_ticketredis_is_well() == false &&
    now - self.ring.secrets[current].from >= 2 * self.rules.age;
}

/* Returns whether contexts are to get other keys. */
static bool tend_shared(void) {
  struct tls4217_error err;

  if (is_left_alone() == false) {
    return has_turned();
  }

  tls4217_error_clear(&err);
  if (tls4217_ticketring_leave(
        &self.ring, &self.rules, (int64_t) time(NULL), &err) < 0) {
    complain(&err);
    return false;
  }

  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: " REDIS
    " redis: Redis has not answered for long: ticket keys of "
    "this host's own are used until it does",
    MOD_TLS4217_VERSION);
  return true;
}

static void begin_sharing(const struct tls4217_ticket_keys *settings) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (self.files.count > 0) {
    tls4217_error_set(&err, EINVAL,
      "keys cannot be in files, too: remove " FILES " or the word 'redis:'");

  } else {
    (void) tls4217_ticketredis_begin(settings, (int) self.delay, &err);
  }

  if (tls4217_error_is_set(&err)) {
    note_trouble(REDIS, &err);
  }
}

/* Brings the ring up to date.  Returns whether contexts are to get other
 * keys. */
static bool tend(void) {
  struct tls4217_error err;
  int res;

  if (has_files()) {
    return has_turned();
  }

  if (self.is_shared && self.ring.source == TLS4217_TICKETRING_SHARED) {
    return tend_shared();
  }

  tls4217_error_clear(&err);
  res = tls4217_ticketring_tend(
    &self.ring, &self.rules, (int64_t) time(NULL), &err);
  if (res < 0) {
    complain(&err);
  }

  return res > 0;
}

static void use_ring(void) {
  self.current = tls4217_ticketring_current(&self.ring, (int64_t) time(NULL));
  self.apply();
}

static int tend_cb(CALLBACK_FRAME) {
  bool has_changed;

  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  /* Redis first: what it has makes what tend would do needless. */
  has_changed = tls4217_ticketredis_look(&self.ring, 0);
  if (tend() || has_changed) {
    use_ring();
  }

  return 1;
}

static void start_timer(void) {
  int64_t interval = (self.files.count > 0 ? self.delay : self.rules.age) /
    LOOKS;

  if (self.timer > 0) {
    (void) pr_timer_remove(self.timer, &tls4217_module);
  }

  interval = self.is_shared ? tls4217_ticketredis_pause() : interval;
  interval = interval < 1 ? 1 : interval > INTERVAL ? INTERVAL : interval;
  self.timer = pr_timer_add(
    (int) interval, -1, &tls4217_module, tend_cb, "keys of session tickets");
}

void tls4217_ticketkeys_begin(void (*apply)(void)) {
  struct tls4217_settings settings;
  struct tls4217_error err;
  bool is_first;

  tls4217_resolve_settings(main_server->conf, &settings);
  self.rules = settings.ticket_keys.rules;
  self.files = settings.ticket_files;
  self.is_shared = settings.ticket_keys.redis_key != NULL;
  self.delay = settings.reload_interval > 0 ? settings.reload_interval : DELAY;
  self.apply = apply;
  if (self.ring.count == 0) {
    fetch();
  }

  is_first = self.ring.count == 0;
  tls4217_error_clear(&err);
  tls4217_error_clear(&self.trouble);
  if (self.files.count > 0) {
    (void) take_files(&err);
  }

  if (self.is_shared) {
    begin_sharing(&settings.ticket_keys);
  }

  (void) tend();

  /* A check neither asks nor writes. */
  if (self.is_shared && tls4217_keyfork_is_check() == false) {
    (void) tls4217_ticketredis_look(&self.ring, is_first ? PATIENCE : 0);
  }

  use_ring();
  start_timer();
}

bool tls4217_ticketkeys_are_refused(void) {
  return tls4217_error_is_set(&self.trouble);
}

void tls4217_ticketkeys_look(void) {
  struct tls4217_filelook look;
  struct tls4217_error err;

  if (self.files.count == 0) {
    return;
  }

  look = look_at_files();
  tls4217_error_clear(&err);
  if (tls4217_filewatch_calls_for_reading(
        &self.watch, &look, tls4217_error_is_set(&self.trouble)) &&
    take_files(&err) == 0) {
    use_ring();
  }
}

int tls4217_ticketkeys_reload(struct tls4217_error *err) {
  int ret = 0;

  if (self.files.count > 0) {
    ret = take_files(err);
    tls4217_error_about(err, FILES);

  } else if (self.is_shared) {
    ret = tls4217_ticketredis_reload(&self.ring, err);
    tls4217_error_about(err, REDIS);

  } else {
    return 0;
  }

  if (ret == 0) {
    use_ring();
  }

  return ret;
}

void tls4217_ticketkeys_apply(struct tls4217_context *context) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (self.ring.count > 0 &&
    tls4217_ticketring_apply(&self.ring, context, (int64_t) time(NULL),
      tls4217_ticketring_life(&self.rules), &err) < 0) {
    complain(&err);
  }
}

int tls4217_ticketkeys_rotate(struct tls4217_error *err) {
  int ret;

  if (self.files.count > 0) {
    return tls4217_ticketkeys_reload(err);
  }

  ret = self.is_shared ? tls4217_ticketredis_rotate(&self.ring, err) :
                         tls4217_ticketring_rotate(
                           &self.ring, &self.rules, (int64_t) time(NULL), err);
  if (ret == 0) {
    use_ring();
  }

  return ret;
}

/* When another key encrypts than the one at current. */
static int64_t find_next(size_t current) {
  int64_t next = 0;

  if (self.ring.source == TLS4217_TICKETRING_MADE) {
    return self.ring.secrets[current].from + self.rules.age;
  }

  for (size_t i = 0; i < current; i++) {
    const int64_t from = self.ring.secrets[i].from;

    if (from < TLS4217_TICKETRING_LATER && (next == 0 || from < next)) {
      next = from;
    }
  }

  return next;
}

bool tls4217_ticketkeys_tell(struct tls4217_ticketkeys_facts *facts) {
  const size_t current = tls4217_ticketring_current(
    &self.ring, (int64_t) time(NULL));
  struct tls4217_error err;

  tls4217_error_clear(&err);
  facts->count = self.ring.count;
  facts->are_files = has_files();
  facts->since = self.ring.secrets[current].from;
  facts->next = find_next(current);
  facts->are_shared = self.is_shared &&
    self.ring.source == TLS4217_TICKETRING_SHARED;
  facts->are_alone = self.is_shared && tls4217_ticketredis_is_well() == false;
  return self.ring.count > 0 &&
    tls4217_ticketring_label(&self.ring.secrets[current], facts->label, &err) ==
    0;
}

void tls4217_ticketkeys_end(bool restarts) {
  tls4217_ticketredis_end();
  if (restarts && self.ring.count > 0) {
    keep();
  }

  if (self.timer > 0) {
    (void) pr_timer_remove(self.timer, &tls4217_module);
    self.timer = 0;
  }

  tls4217_ticketring_clear(&self.ring);
}
