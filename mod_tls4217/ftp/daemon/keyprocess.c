/*
 * mod_tls4217 - the key process, as the daemon and its sessions see it
 *
 * See keyprocess.h.  What it does is in tls/keys/; here is how ProFTPD's
 * daemon has one: root, the configuration, SIGHUP, timers, complaints.
 */

#include <poll.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/keyfork.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysocket.h"

/* What finds the process again after SIGHUP, in the environment. */
#define MARK "MOD_TLS4217_KEYPROCESS"

/* Seconds between two looks whether it lives. */
#define WATCH_INTERVAL 2

/* Where the handles of a generation are kept over SIGHUP. */
#define HANDLES "handles"

/* One pair that it has loaded for this generation of hosts. */
struct loaded {
  struct tls4217_keyfiles files;
  uint64_t handle;
};

/* The daemon's, and the session's after fork(2). */
static struct {
  struct tls4217_keyfork fork;
  struct tls4217_remotekeys *keys; /* NULL: there is no isolation */
  struct tls4217_keyclient client; /* of this process */
  pool *pool;                      /* of the generation */
  array_header *loaded;            /* struct loaded */
  bool wanted;                     /* keys are to be kept there alone */
  bool was_there;                  /* before this generation: SIGHUP */
} self = { .fork = { .daemon_fd = -1, .front = { -1, -1 } },
  .client = { .fd = -1 } };

bool tls4217_keyprocess_is_there(void) {
  return self.wanted;
}

/* A host's own number, the same after SIGHUP: FNV-1a of its name and address. */
static uint64_t scope_of(const server_rec *rec) {
  char text[512];
  uint64_t hash = 0xcbf29ce484222325;

  (void) snprintf(text, sizeof(text), "%s %s %u",
    rec->ServerName != NULL ? rec->ServerName : "",
    rec->addr != NULL ? pr_netaddr_get_ipstr(rec->addr) : "", rec->ServerPort);
  for (const char *at = text; *at != '\0'; at++) {
    hash = (hash ^ (unsigned char) *at) * 0x100000001b3;
  }

  return hash;
}

/* Over SIGHUP. */

static void write_mark(void) {
  char text[128];

  (void) snprintf(text, sizeof(text), "%d %lu %d %d %d %lu",
    TLS4217_KEYPROTO_VERSION, (unsigned long) getpid(), self.fork.daemon_fd,
    self.fork.front[0], self.fork.front[1], (unsigned long) self.fork.pid);
  (void) setenv(MARK, text, 1);
}

/* Finds the process of before SIGHUP, if it speaks our language and lives. */
static bool find_again(void) {
  const char *mark = getenv(MARK);
  unsigned long daemon = 0, pid = 0;
  struct tls4217_error err;
  size_t keys, channels;
  int version = 0, res;

  if (mark == NULL) {
    return false;
  }

  res = sscanf(mark, "%d %lu %d %d %d %lu", &version, &daemon,
    &self.fork.daemon_fd, &self.fork.front[0], &self.fork.front[1], &pid);
  (void) unsetenv(MARK);
  if (res != 6 || daemon != (unsigned long) getpid()) {
    self.fork.daemon_fd = self.fork.front[0] = self.fork.front[1] = -1;
    return false;
  }

  self.fork.pid = (pid_t) pid;
  tls4217_error_clear(&err);
  if (version == TLS4217_KEYPROTO_VERSION &&
    tls4217_keyloader_count(self.fork.daemon_fd, &keys, &channels, &err) == 0) {
    return true;
  }

  tls4217_keyfork_close(&self.fork);
  return false;
}

/* The handles of the generation of before. */
static size_t fetch_handles(uint64_t *handles, size_t count) {
  struct tls4217_error err;
  size_t size = count * sizeof(*handles);

  tls4217_error_clear(&err);
  if (tls4217_keyloader_fetch(
        self.fork.daemon_fd, HANDLES, handles, &size, &err) < 0) {
    return 0;
  }

  return size / sizeof(*handles);
}

/* Starting. */

static bool is_wanted(void) {
  const unsigned char *isolation = get_param_ptr(
    main_server->conf, "TLSKeyIsolation", FALSE);

  return (isolation == NULL || *isolation == TRUE) &&
    ServerType == SERVER_STANDALONE && tls4217_keyfork_is_check() == false;
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
      "TLSKeyIsolation: %s; 'TLSKeyIsolation off' does without, and has the "
      "private keys in every session",
      weak.text);

  } else if (res > 0) {
    tls4217_complaints_notice(main_server, "TLSKeyIsolation: %s", weak.text);
  }

  return res < 0 ? -1 : 0;
}

static void stop(void) {
  tls4217_keyclient_close(&self.client);
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
      tls4217_keyclient_sign, &self.client, err);
  }

  return self.keys != NULL ? 0 : -1;
}

/* Loading. */

static struct tls4217_keypair *load(
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
      "%s: %s; the certificate and key of before go on serving", directive,
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
    .scope = scope_of(rec),
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
  uint64_t old[4096];
  size_t count = fetch_handles(old, sizeof(old) / sizeof(old[0]));
  struct tls4217_error err;

  for (size_t i = 0; i < count; i++) {
    tls4217_error_clear(&err);
    if (is_loaded(old[i]) == false) {
      (void) tls4217_keyloader_drop(self.fork.daemon_fd, old[i], &err);
    }
  }
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
  (void) tls4217_keyloader_keep(self.fork.daemon_fd, HANDLES, handles,
    self.loaded->nelts * sizeof(*handles), &err);
}

/* Death. */

/* The keys again, by the handles that contexts and sessions have. */
static void reload(void) {
  struct loaded *loaded = self.loaded->elts;

  for (unsigned int i = 0; i < self.loaded->nelts; i++) {
    struct tls4217_error err;
    struct tls4217_keypair *pair;

    tls4217_error_clear(&err);
    pair = load(&loaded[i], &err);
    if (pair == NULL) {
      pr_log_pri(PR_LOG_ERR, "error: %s: key process: %s", MOD_TLS4217_VERSION,
        err.text);
    }

    tls4217_keypair_free(pair);
  }

  keep_handles();
}

static bool is_alive(void) {
  struct pollfd pfd = { .fd = self.fork.daemon_fd, .events = POLLIN };

  return poll(&pfd, 1, 0) == 0;
}

static int watch_cb(CALLBACK_FRAME) {
  struct tls4217_error err;

  if (self.keys == NULL || is_alive()) {
    return 1;
  }

  pr_log_pri(PR_LOG_ERR,
    "error: %s: the key process (%lu) has ended: it is started anew, and "
    "until then full handshakes fail",
    MOD_TLS4217_VERSION, (unsigned long) self.fork.pid);
  tls4217_error_clear(&err);
  if (start(&err) == 0) {
    reload();

  } else {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
  }

  return 1;
}

void tls4217_keyprocess_settle(void) {
  if (self.keys == NULL) {
    return;
  }

  drop_old();
  keep_handles();
  (void) pr_timer_add(WATCH_INTERVAL, -1, &tls4217_module, watch_cb,
    "key process of mod_tls4217");
}

/* This process. */

void tls4217_keyprocess_join(
  const server_rec *const *recs, size_t nrecs, bool many) {
  struct tls4217_error err;
  uint64_t *scopes;

  if (self.keys == NULL) {
    return;
  }

  scopes = pcalloc(session.pool != NULL ? session.pool : self.pool,
    (nrecs + 1) * sizeof(*scopes));
  for (size_t i = 0; i < nrecs; i++) {
    scopes[i] = scope_of(recs[i]);
  }

  tls4217_error_clear(&err);
  if (tls4217_keyclient_open(
        &self.client, self.fork.front[0], scopes, nrecs, many, &err) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
  }

  if (session.pool != NULL) {
    tls4217_keyfork_close_front(&self.fork);
  }
}

void tls4217_keyprocess_warm_up_begin(const server_rec *rec) {
  tls4217_keyprocess_join(&rec, 1, false);
  tls4217_keyprocess_set_time(2000);
}

void tls4217_keyprocess_warm_up_end(void) {
  tls4217_keyclient_close(&self.client);
}

void tls4217_keyprocess_leave_daemon(void) {
  tls4217_keyfork_close_daemon(&self.fork);
}

void tls4217_keyprocess_set_time(int timeout) {
  self.client.spent = false;
  self.client.deadline = tls4217_keysocket_now() + timeout;
}

bool tls4217_keyprocess_is_spent(void) {
  return self.client.spent;
}

void tls4217_keyprocess_end(bool restarts) {
  if (self.keys != NULL && restarts) {
    write_mark();
    self.fork.daemon_fd = self.fork.front[0] = self.fork.front[1] = -1;
  }

  stop();
  if (self.pool != NULL) {
    destroy_pool(self.pool);
    self.pool = NULL;
  }
}
