/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key process, as the daemon and its sessions see it
 *
 * See keyprocess.h.  What it does is in tls/keys/; here is how ProFTPD's daemon
 * runs one: root, the configuration, SIGHUP, timers, complaints.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/keywatch.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/tokenfork.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyloads.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/keys/tokenbook.h"

/* For a handshake of each version with itself. */
#define WARM_UP_SIGNATURES 2

/* How many looks are left out when it could not be started. */
#define PAUSE 30

/* The daemon's, and the session's after fork(2). */
static struct {
  struct tls4217_keyfork fork;
  struct tls4217_remotekeys *keys; /* NULL: there is no isolation */
  struct tls4217_keyloads loads;   /* what it has for the hosts */
  bool wanted;                     /* keys are to be kept there alone */
  bool has_inherited;              /* the handles from before SIGHUP */
  bool has_changed;                /* files, since the process was lost */
  bool watched;                    /* by the timer */
  struct tls4217_error lost;       /* why it does not answer, if it does not */
  struct tls4217_keywatch watch;
  unsigned int pause;          /* looks to be left out */
  unsigned int restarts;       /* in the life of this module */
  void (*renew)(bool changed); /* tls4217_keyprocess_settle's */
} self = { .fork = { .daemon_fd = -1, .front = { -1, -1 } } };

bool tls4217_keyprocess_is_there(void) {
  return self.wanted;
}

pid_t tls4217_keyprocess_pid(void) {
  return self.wanted && self.fork.daemon_fd >= 0 ? self.fork.pid : 0;
}

/* Over SIGHUP. */

/* One that has ended, hangs or sends invalid messages: it is killed, if need
 * be. */
static void give_up(const struct tls4217_error *why) {
  tls4217_counters_restart(tls4217_shared_counters());
  tls4217_keyfork_give_up(&self.fork, why, ++self.restarts);
}

/* Finds the process from before SIGHUP, if it is alive and has our version of
 * the protocol. */
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

  /* Sessions that have it keep using it, if it is alive. */
  tls4217_keyfork_close(&self.fork);
  return false;
}

/* Any answer shows that it is alive; a failed exchange does not.  Returns
 * res. */
static int note_answer(int res, const struct tls4217_error *err) {
  if (res == 0 || tls4217_keyloader_has_lost(err) == false) {
    tls4217_keywatch_note_answer(&self.watch);
    tls4217_error_clear(&self.lost);

  } else {
    self.lost = *err;
  }

  return res;
}

int tls4217_keyprocess_keep(
  const char *name, const void *bytes, size_t size, struct tls4217_error *err) {
  if (self.keys == NULL) {
    tls4217_error_set(err, ENOENT, "there is no key process");
    return -1;
  }

  /* The daemon waits seconds for one that hangs: once is enough. */
  if (tls4217_error_is_set(&self.lost)) {
    *err = self.lost;
    return -1;
  }

  return note_answer(
    tls4217_keyloader_keep(self.fork.daemon_fd, name, bytes, size, err), err);
}

int tls4217_keyprocess_fetch(
  const char *name, void *bytes, size_t *size, struct tls4217_error *err) {
  if (self.keys != NULL && tls4217_error_is_set(&self.lost)) {
    *err = self.lost;
    return -1;
  }

  *size = self.keys != NULL ? *size : 0;
  return self.keys == NULL ?
    0 :
    note_answer(
      tls4217_keyloader_fetch(self.fork.daemon_fd, name, bytes, size, err),
      err);
}

/* Those from before SIGHUP, which no host may have any more. */
static void inherit_handles(void) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (self.has_inherited == false && self.keys != NULL &&
    tls4217_error_is_set(&self.lost) == false) {
    (void) note_answer(tls4217_keyloads_fetch(&self.loads, self.fork.daemon_fd,
                         tls4217_keysocket_now(), &err),
      &err);
  }

  self.has_inherited = true;
}

/* For the next life of this module, which is to drop those that it does not
 * load itself: also those of a generation that could not be completed. */
static void keep_handles(void) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_error_is_set(&self.lost) == false) {
    (void) note_answer(
      tls4217_keyloads_keep(&self.loads, self.fork.daemon_fd, &err), &err);
  }
}

/* Starting. */

static int start(struct tls4217_error *err) {
  struct tls4217_error weak;
  int res;

  tls4217_error_clear(&weak);
  tls4217_error_clear(&self.lost);
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
  tls4217_keywatch_end(&self.watch);
  tls4217_keychannel_close();
  tls4217_keyfork_close(&self.fork);
  tls4217_remotekey_unload_provider(self.keys);
  self.keys = NULL;
}

void tls4217_keyprocess_begin(void) {
  if (self.keys == NULL) {
    (void) find_again();
  }

  self.wanted = tls4217_keyfork_is_configured() &&
    tls4217_keyfork_is_check() == false;
}

/* For the first pair that is to be loaded. */
static int ensure(struct tls4217_error *err) {
  if (self.fork.daemon_fd < 0 && start(err) < 0) {
    return -1;
  }

  if (self.keys == NULL) {
    self.keys = tls4217_remotekey_load_provider(
      tls4217_keychannel_sign, tls4217_keychannel_get(), err);
    if (self.keys != NULL) {
      tls4217_remotekey_report(self.keys, tls4217_keychannel_fail);
    }
  }

  return self.keys != NULL ? 0 : -1;
}

/* Loading. */

/*
 * A new process in place of one that is lost, with the keys of that one.
 * Returns 0, or -1 with err filled.
 */
static int start_anew(
  const struct tls4217_error *why, struct tls4217_error *err) {
  struct tls4217_error trouble;

  give_up(why);
  tls4217_keywatch_begin(&self.watch);
  if (start(err) < 0) {
    return -1;
  }

  tls4217_error_clear(&trouble);
  pr_signals_block();
  PRIVS_ROOT
  if (tls4217_keyloads_reload(
        &self.loads, self.fork.daemon_fd, self.keys, &trouble) == false) {
    self.has_changed = true;
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (tls4217_error_is_set(&trouble)) {
    pr_log_pri(PR_LOG_ERR, "error: %s: key process: %s", MOD_TLS4217_VERSION,
      trouble.text);
  }

  return 0;
}

/* tls4217_keyloads_load or tls4217_keyloads_recall. */
typedef struct tls4217_keypair *(*ask)(struct tls4217_keyloads *loads, int fd,
  struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err);

/* As root; a process that is lost meanwhile costs one more attempt. */
static struct tls4217_keypair *ask_for_pair(ask ask_loads,
  const struct tls4217_keyfiles *files, uint64_t *handle,
  struct tls4217_error *err) {
  struct tls4217_keypair *pair = NULL;

  for (int tries = 0; tries < 2; tries++) {
    struct tls4217_error why;

    pr_signals_block();
    PRIVS_ROOT
    pair = ask_loads(
      &self.loads, self.fork.daemon_fd, self.keys, files, handle, err);
    PRIVS_RELINQUISH
    pr_signals_unblock();

    (void) note_answer(pair != NULL ? 0 : -1, err);
    why = *err;
    if (pair != NULL || tls4217_keyloader_has_lost(&why) == false) {
      break;
    }

    tls4217_error_clear(err);
    if (start_anew(&why, err) < 0) {
      break;
    }
  }

  return pair;
}

/* The same, where need be with a new process for the token of the key. */
static struct tls4217_keypair *ask_with_token(ask ask_loads,
  const struct tls4217_keyfiles *files, uint64_t *handle,
  struct tls4217_error *err) {
  struct tls4217_keypair *pair = ask_for_pair(ask_loads, files, handle, err);
  struct tls4217_keyfiles again = *files;

  if (pair != NULL || err->errnum != TLS4217_TOKENBOOK_CLOSED) {
    return pair;
  }

  tls4217_error_clear(err);
  again.token_fd = tls4217_tokenfork_start(files->key_file, err);
  if (again.token_fd > 0) {
    pair = ask_for_pair(ask_loads, &again, handle, err);
    (void) close(again.token_fd);
  }

  return pair;
}

static struct tls4217_keypair *load_by(ask ask_loads, const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err) {
  const char *key_file = files->key_file, *chain_file = files->chain_file;
  struct tls4217_keypair *pair;
  struct tls4217_keyfiles wanted = {
    .scope = tls4217_keychannel_scope(rec),
    .cert_file = files->cert_file,
    .key_file = key_file,
    .chain_file = chain_file,
  };
  pool *p;

  *handle = 0;
  if (ensure(err) < 0) {
    return NULL;
  }

  p = make_sub_pool(permanent_pool);
  wanted.id = pstrcat(p, files->cert_file, "|",
    key_file != NULL ? key_file : "", "|", chain_file != NULL ? chain_file : "",
    NULL);
  pair = ask_with_token(ask_loads, &wanted, handle, err);
  destroy_pool(p);
  return pair;
}

struct tls4217_keypair *tls4217_keyprocess_load(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err) {
  return load_by(tls4217_keyloads_load, rec, files, handle, err);
}

struct tls4217_keypair *tls4217_keyprocess_recall(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err) {
  return load_by(tls4217_keyloads_recall, rec, files, handle, err);
}

int tls4217_keyprocess_unlock(int pipe, struct tls4217_error *err) {
  return note_answer(
    tls4217_keyloader_unlock(self.fork.daemon_fd, pipe, err), err);
}

void tls4217_keyprocess_accept(uint64_t handle) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  (void) note_answer(
    tls4217_keyloader_accept(self.fork.daemon_fd, handle, &err), &err);
}

void tls4217_keyprocess_release(uint64_t handle) {
  tls4217_keyloads_release(&self.loads, handle, tls4217_keysocket_now());
}

bool tls4217_keyprocess_has_lost(uint64_t handle) {
  return tls4217_keyloads_has_lost(&self.loads, handle);
}

static void drop_unused(void) {
  if (tls4217_keyloads_drop(
        &self.loads, self.fork.daemon_fd, tls4217_keysocket_now())) {
    tls4217_keywatch_note_answer(&self.watch);
  }
}

/* Death. */

/* The hosts are informed of another process. */
static void call_renew(void) {
  const bool has_changed = self.has_changed;

  if (has_changed) {
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: the key process or a token's process has ended, and not all "
      "keys are what they were: all are read again",
      MOD_TLS4217_VERSION);
  }

  self.has_changed = false;
  self.renew(has_changed);
}

static int watch_cb(CALLBACK_FRAME) {
  struct tls4217_error why, err;

  tls4217_error_clear(&why);
  tls4217_error_clear(&err);
  if (self.pause > 0) {
    self.pause--;
    return 1;
  }

  if (self.keys == NULL || self.wanted == false) {
    return 1;
  }

  if (self.fork.daemon_fd >= 0 &&
    tls4217_keywatch_is_lost(&self.watch, &self.fork, &self.loads, &why) ==
      false) {
    drop_unused();
    if (tls4217_keywatch_take_loss(&self.watch) || self.has_changed) {
      self.has_changed = true;
      call_renew();
    }

    return 1;
  }

  tls4217_error_set(&why, EPIPE, "the key process could not be started");
  if (start_anew(&why, &err) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
    self.pause = PAUSE;

  } else {
    call_renew();
  }

  return 1;
}

void tls4217_keyprocess_settle(void (*renew)(bool changed)) {
  if (self.wanted == false) {
    stop();
    tls4217_keyloads_clear(&self.loads);
  }

  if (self.keys == NULL) {
    return;
  }

  inherit_handles();
  drop_unused();
  self.renew = renew;
  if (self.watched == false) {
    self.watched = pr_timer_add(TLS4217_KEYWATCH_INTERVAL, -1, &tls4217_module,
                     watch_cb, "key process of mod_tls4217") >= 0;
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
  tls4217_keywatch_end(&self.watch);
  tls4217_keyfork_close_daemon(&self.fork);
}

void tls4217_keyprocess_end(bool restarts) {
  if (self.keys != NULL && restarts) {
    inherit_handles();
    keep_handles();
    if (tls4217_error_is_set(&self.lost)) {
      give_up(&self.lost);

    } else {
      tls4217_keyfork_leave(&self.fork, TLS4217_KEYPROTO_VERSION);
    }
  }

  stop();
  tls4217_keyloads_clear(&self.loads);
}
