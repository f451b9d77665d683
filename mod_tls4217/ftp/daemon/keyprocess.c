/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key process, as the daemon and its sessions see it
 *
 * See keyprocess.h.  What it does is in tls/keys/; here is how ProFTPD's
 * daemon has one: root, the configuration, SIGHUP, timers, complaints.
 */

#include <poll.h>

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* For a handshake of each version with itself. */
#define WARM_UP_SIGNATURES 2

/* Seconds between two looks whether it lives, and how many looks without an
 * answer are too many. */
#define WATCH_INTERVAL 2
#define MAX_SILENT     5

/* How many looks are left out when it could not be started. */
#define PAUSE 30

/* Where the handles of a generation are kept over SIGHUP. */
#define HANDLES     "handles"
#define MAX_HANDLES (TLS4217_KEYPROTO_MAX / sizeof(uint64_t))

/* One pair that it has loaded for this generation of hosts. */
struct loaded {
  struct tls4217_keyfiles files;
  uint64_t handle;
  char fingerprint[TLS4217_FINGERPRINT_SIZE]; /* of the certificate */
};

/* The daemon's, and the session's after fork(2). */
static struct {
  struct tls4217_keyfork fork;
  struct tls4217_remotekeys *keys; /* NULL: there is no isolation */
  pool *pool;                      /* of the generation */
  array_header *loaded;            /* struct loaded */
  bool wanted;                     /* keys are to be kept there alone */
  bool was_there;                  /* before this generation: SIGHUP */
  bool watched;                    /* by the timer */
  unsigned int silent;             /* looks since it has answered */
  unsigned int pause;              /* looks to be left out */
  unsigned int restarts;           /* in the life of this module */
  void (*renew)(bool changed);     /* tls4217_keyprocess_settle's */
} self = { .fork = { .daemon_fd = -1, .front = { -1, -1 } } };

bool tls4217_keyprocess_is_there(void) {
  return self.wanted;
}

/* Over SIGHUP. */

/* One that is gone, hangs or talks nonsense: its end is made sure of. */
static void give_up(const struct tls4217_error *why) {
  self.restarts++;
  pr_log_pri(PR_LOG_ERR,
    "error: %s: %s (process %lu): it is being restarted (restart %u), and "
    "until then full handshakes fail",
    MOD_TLS4217_VERSION, why->text, (unsigned long) self.fork.pid,
    self.restarts);

  if (why->errnum == EPIPE) {
    tls4217_keyfork_close_daemon(&self.fork);
    return;
  }

  PRIVS_ROOT
  tls4217_keyfork_kill(&self.fork);
  PRIVS_RELINQUISH
}

/* Finds the process of before SIGHUP, if it speaks our language and lives. */
static bool find_again(void) {
  const int version = tls4217_keyfork_find(&self.fork);
  struct tls4217_error err;
  size_t keys, channels;

  if (version == 0) {
    return false;
  }

  if (version == TLS4217_KEYPROTO_VERSION) {
    tls4217_error_clear(&err);
    if (tls4217_keyloader_count(self.fork.daemon_fd, &keys, &channels, &err) ==
      0) {
      return true;
    }

    give_up(&err);
  }

  /* Sessions of the old one go on with it, if it lives. */
  tls4217_keyfork_close(&self.fork);
  return false;
}

int tls4217_keyprocess_keep(
  const char *name, const void *bytes, size_t size, struct tls4217_error *err) {
  return self.keys == NULL ?
    0 :
    tls4217_keyloader_keep(self.fork.daemon_fd, name, bytes, size, err);
}

int tls4217_keyprocess_fetch(
  const char *name, void *bytes, size_t *size, struct tls4217_error *err) {
  *size = self.keys != NULL ? *size : 0;
  return self.keys == NULL ?
    0 :
    tls4217_keyloader_fetch(self.fork.daemon_fd, name, bytes, size, err);
}

/* The handles of the generation of before. */
static size_t fetch_handles(uint64_t *handles, size_t count) {
  struct tls4217_error err;
  size_t size = count * sizeof(*handles);

  tls4217_error_clear(&err);
  return tls4217_keyprocess_fetch(HANDLES, handles, &size, &err) < 0 ?
    0 :
    size / sizeof(*handles);
}

/* Starting. */

static bool is_wanted(void) {
  struct tls4217_settings settings;

  tls4217_resolve_settings(main_server->conf, &settings);
  return settings.key_isolation && ServerType == SERVER_STANDALONE &&
    tls4217_keyfork_is_check() == false;
}

static int start(struct tls4217_error *err) {
  struct tls4217_error weak;
  int res;

  tls4217_error_clear(&weak);
  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_keyfork_start(&self.fork, &weak);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    tls4217_error_set(err, weak.errnum,
      "TLSKeyIsolation: %s; 'TLSKeyIsolation off' works without it, with "
      "the private keys in every session",
      weak.text);

  } else if (res > 0) {
    tls4217_complaints_notice(main_server, "TLSKeyIsolation: %s", weak.text);
  }

  return res < 0 ? -1 : 0;
}

static void stop(void) {
  tls4217_keychannel_close();
  tls4217_keyfork_close(&self.fork);
  tls4217_remotekey_unload_provider(self.keys);
  self.keys = NULL;
}

void tls4217_keyprocess_begin(void) {
  bool found = self.keys != NULL || find_again();

  if (self.pool != NULL) {
    destroy_pool(self.pool);
  }

  self.pool = make_sub_pool(permanent_pool);
  pr_pool_tag(self.pool, MOD_TLS4217_VERSION " keys");
  self.loaded = make_array(self.pool, 8, sizeof(struct loaded));
  self.was_there = found;
  self.wanted = is_wanted();

  if (self.wanted == false) {
    stop();
  }
}

/* For the first pair that is to be loaded. */
static int ensure(struct tls4217_error *err) {
  if (self.fork.daemon_fd < 0 && start(err) < 0) {
    return -1;
  }

  if (self.keys == NULL) {
    self.keys = tls4217_remotekey_load_provider(
      tls4217_keyclient_sign, tls4217_keychannel_get(), err);
  }

  return self.keys != NULL ? 0 : -1;
}

/* Loading. */

static struct tls4217_keypair *ask_for_pair(
  struct loaded *loaded, struct tls4217_error *err) {
  struct tls4217_keypair *pair;

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_keyloader_load(
    self.fork.daemon_fd, self.keys, &loaded->files, &loaded->handle, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return pair;
}

/*
 * Once more, by the handle that contexts and sessions have.  Returns whether
 * it is what they have, because the file may be another one by now.
 */
static bool reload_one(struct loaded *loaded) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE] = "";
  struct tls4217_keypair *pair;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  pair = ask_for_pair(loaded, &err);
  if (pair == NULL) {
    pr_log_pri(
      PR_LOG_ERR, "error: %s: key process: %s", MOD_TLS4217_VERSION, err.text);
    return false;
  }

  (void) tls4217_keypair_fingerprint(pair, fingerprint, NULL);
  tls4217_keypair_free(pair);
  return strcmp(fingerprint, loaded->fingerprint) == 0;
}

static void keep_handles(void) {
  const struct loaded *loaded = self.loaded->elts;
  uint64_t *handles = pcalloc(
    self.pool, (self.loaded->nelts + 1) * sizeof(*handles));
  struct tls4217_error err;

  for (unsigned int i = 0; i < self.loaded->nelts; i++) {
    handles[i] = loaded[i].handle;
  }

  tls4217_error_clear(&err);
  (void) tls4217_keyprocess_keep(
    HANDLES, handles, self.loaded->nelts * sizeof(*handles), &err);
}

/*
 * A new process in place of one that is lost, with the keys of that one.
 * Returns 0; 1 where some are not what they were; or -1 with err filled.
 */
static int start_anew(
  const struct tls4217_error *why, struct tls4217_error *err) {
  struct loaded *loaded = self.loaded->elts;
  int res = 0;

  give_up(why);
  self.silent = 0;
  if (start(err) < 0) {
    return -1;
  }

  for (unsigned int i = 0; i < self.loaded->nelts; i++) {
    if (reload_one(&loaded[i]) == false) {
      res = 1;
    }
  }

  keep_handles();
  return res;
}

/* A process that is lost meanwhile costs one more attempt. */
static struct tls4217_keypair *load(
  struct loaded *loaded, struct tls4217_error *err) {
  struct tls4217_keypair *pair = ask_for_pair(loaded, err);
  struct tls4217_error why = *err;

  if (pair == NULL && tls4217_keyloader_has_lost(&why)) {
    tls4217_error_clear(err);
    if (start_anew(&why, err) >= 0) {
      pair = ask_for_pair(loaded, err);
    }
  }

  if (pair != NULL) {
    (void) tls4217_keypair_fingerprint(pair, loaded->fingerprint, NULL);
  }

  return pair;
}

/* The last good pair of the same files, with a complaint about what is there
 * now. */
static struct tls4217_keypair *recall(const server_rec *rec,
  const char *directive, struct loaded *loaded, struct tls4217_error *err) {
  struct tls4217_keypair *pair;
  struct tls4217_error later;

  tls4217_error_clear(&later);
  pair = tls4217_keyloader_recall(
    self.fork.daemon_fd, self.keys, &loaded->files, &loaded->handle, &later);
  if (pair != NULL) {
    tls4217_complaints_warning(rec,
      "%s: %s; the previous certificate and key remain in use", directive,
      err->text);
    tls4217_error_clear(err);
  }

  return pair;
}

struct tls4217_keypair *tls4217_keyprocess_load(const server_rec *rec,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  const char *key_file = files->key_file, *chain_file = files->chain_file;
  struct tls4217_keypair *pair;
  struct loaded loaded = { .handle = 0 };

  if (ensure(err) < 0) {
    return NULL;
  }

  loaded.files = (struct tls4217_keyfiles){
    .id = pstrcat(self.pool, files->cert_file, "|",
      key_file != NULL ? key_file : "", "|",
      chain_file != NULL ? chain_file : "", NULL),
    .scope = tls4217_keychannel_scope(rec),
    .cert_file = pstrdup(self.pool, files->cert_file),
    .key_file = pstrdup(self.pool, key_file),
    .chain_file = pstrdup(self.pool, chain_file),
  };

  pair = load(&loaded, err);
  if (pair == NULL && self.was_there) {
    pair = recall(rec, files->directive, &loaded, err);
  }

  if (pair != NULL) {
    *((struct loaded *) push_array(self.loaded)) = loaded;
  }

  return pair;
}

static bool is_loaded(uint64_t handle) {
  const struct loaded *loaded = self.loaded->elts;

  for (unsigned int i = 0; i < self.loaded->nelts; i++) {
    if (loaded[i].handle == handle) {
      return true;
    }
  }

  return false;
}

static void drop_old(void) {
  uint64_t old[MAX_HANDLES];
  size_t count = fetch_handles(old, MAX_HANDLES);
  struct tls4217_error err;

  for (size_t i = 0; i < count; i++) {
    tls4217_error_clear(&err);
    if (is_loaded(old[i]) == false) {
      (void) tls4217_keyloader_drop(self.fork.daemon_fd, old[i], &err);
    }
  }
}

/* Death. */

/* Whether there is a reason to start it anew. */
static bool is_lost(struct tls4217_error *why) {
  const int answers = tls4217_keyloader_pong(self.fork.daemon_fd);

  if (answers < 0) {
    struct pollfd pfd = { .fd = self.fork.daemon_fd, .events = POLLIN };

    (void) poll(&pfd, 1, 0);
    tls4217_error_set(why, (pfd.revents & POLLHUP) != 0 ? EPIPE : EPROTO,
      (pfd.revents & POLLHUP) != 0 ? "the key process has ended" :
                                     "the key process sent an invalid "
                                     "message");
    return true;
  }

  if (answers > 0) {
    self.silent = 0;
  }

  if (self.silent == 0) {
    tls4217_keyloader_ping(self.fork.daemon_fd);
  }

  if (++self.silent <= MAX_SILENT) {
    return false;
  }

  tls4217_error_set(why, ETIMEDOUT, "the key process does not answer");
  return true;
}

static int watch_cb(CALLBACK_FRAME) {
  struct tls4217_error why, err;
  int res;

  tls4217_error_clear(&why);
  tls4217_error_clear(&err);
  if (self.pause > 0) {
    self.pause--;
    return 1;
  }

  if (self.keys == NULL || self.wanted == false ||
    (self.fork.daemon_fd >= 0 && is_lost(&why) == false)) {
    return 1;
  }

  tls4217_error_set(&why, EPIPE, "the key process could not be started");
  res = start_anew(&why, &err);
  if (res < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
    self.pause = PAUSE;
    return 1;
  }

  if (res > 0) {
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: certificates or keys have changed since the key process "
      "ended: all are read again",
      MOD_TLS4217_VERSION);
  }

  self.renew(res > 0);
  return 1;
}

void tls4217_keyprocess_settle(void (*renew)(bool changed)) {
  if (self.keys == NULL) {
    return;
  }

  drop_old();
  keep_handles();
  self.renew = renew;
  self.silent = 0;
  if (self.watched == false) {
    self.watched = pr_timer_add(WATCH_INTERVAL, -1, &tls4217_module, watch_cb,
                     "key process of mod_tls4217") >= 0;
  }
}

/* This process. */

void tls4217_keyprocess_join(
  const server_rec *const *recs, size_t nrecs, unsigned int signatures) {
  if (self.keys != NULL && nrecs > 0) {
    tls4217_keychannel_open(self.fork.front[0], recs, nrecs, signatures);
  }

  /* Also where there is no TLS: who has it can hand in any channel. */
  tls4217_keyfork_close_front(&self.fork);
}

void tls4217_keyprocess_warm_up_begin(const server_rec *rec) {
  if (self.keys != NULL) {
    tls4217_keychannel_open(self.fork.front[0], &rec, 1, WARM_UP_SIGNATURES);
    tls4217_keychannel_set_time(2000);
  }
}

void tls4217_keyprocess_warm_up_end(void) {
  tls4217_keychannel_close();
}

void tls4217_keyprocess_leave_daemon(void) {
  tls4217_keyfork_close_daemon(&self.fork);
}

void tls4217_keyprocess_end(bool restarts) {
  if (self.keys != NULL && restarts) {
    tls4217_keyfork_leave(&self.fork, TLS4217_KEYPROTO_VERSION);
  }

  stop();
  if (self.pool != NULL) {
    destroy_pool(self.pool);
    self.pool = NULL;
  }
}
