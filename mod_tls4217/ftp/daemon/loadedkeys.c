/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key pairs that the key process has for the hosts
 *
 * See loadedkeys.h.
 */

#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/loadedkeys.h"
#include "mod_tls4217/tls/keys/keyproto.h"

/* Where the handles of a generation are kept over SIGHUP. */
#define HANDLES     "handles"
#define MAX_HANDLES (TLS4217_KEYPROTO_MAX / sizeof(uint64_t))

void tls4217_loadedkeys_begin(struct tls4217_loadedkeys *set) {
  tls4217_loadedkeys_end(set);
  set->pool = make_sub_pool(permanent_pool);
  pr_pool_tag(set->pool, MOD_TLS4217_VERSION " keys");
  set->list = make_array(set->pool, 8, sizeof(struct tls4217_loadedkey));
}

void tls4217_loadedkeys_end(struct tls4217_loadedkeys *set) {
  if (set->pool != NULL) {
    destroy_pool(set->pool);
    set->pool = NULL;
    set->list = NULL;
  }
}

struct tls4217_loadedkey tls4217_loadedkeys_describe(
  struct tls4217_loadedkeys *set, const server_rec *rec,
  const struct tls4217_certificate_files *files) {
  const char *key_file = files->key_file, *chain_file = files->chain_file;

  return (struct tls4217_loadedkey){
    .files = {
      .id = pstrcat(set->pool, files->cert_file, "|",
        key_file != NULL ? key_file : "", "|",
        chain_file != NULL ? chain_file : "", NULL),
      .scope = tls4217_keychannel_scope(rec),
      .cert_file = pstrdup(set->pool, files->cert_file),
      .key_file = pstrdup(set->pool, key_file),
      .chain_file = pstrdup(set->pool, chain_file),
    },
  };
}

void tls4217_loadedkeys_add(
  struct tls4217_loadedkeys *set, const struct tls4217_loadedkey *loaded) {
  *((struct tls4217_loadedkey *) push_array(set->list)) = *loaded;
}

/* Loading. */

static struct tls4217_keypair *ask_for_pair(struct tls4217_loadedkey *loaded,
  int fd, struct tls4217_remotekeys *keys, struct tls4217_error *err) {
  struct tls4217_keypair *pair;

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_keyloader_load(fd, keys, &loaded->files, &loaded->handle, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return pair;
}

struct tls4217_keypair *tls4217_loadedkeys_load(
  struct tls4217_loadedkey *loaded, int fd, struct tls4217_remotekeys *keys,
  struct tls4217_error *err) {
  struct tls4217_keypair *pair = ask_for_pair(loaded, fd, keys, err);

  if (pair != NULL) {
    (void) tls4217_keypair_fingerprint(pair, loaded->fingerprint, NULL);
  }

  return pair;
}

/* Returns whether it is what contexts and sessions have, because the file may
 * be another one by now. */
static bool reload_one(
  struct tls4217_loadedkey *loaded, int fd, struct tls4217_remotekeys *keys) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE] = "";
  struct tls4217_keypair *pair;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  pair = ask_for_pair(loaded, fd, keys, &err);
  if (pair == NULL) {
    pr_log_pri(
      PR_LOG_ERR, "error: %s: key process: %s", MOD_TLS4217_VERSION, err.text);
    return false;
  }

  (void) tls4217_keypair_fingerprint(pair, fingerprint, NULL);
  tls4217_keypair_free(pair);
  return strcmp(fingerprint, loaded->fingerprint) == 0;
}

/* Over SIGHUP. */

static void keep_handles(const struct tls4217_loadedkeys *set, int fd) {
  const struct tls4217_loadedkey *loaded = set->list->elts;
  const unsigned int count = set->list->nelts;
  uint64_t *handles = pcalloc(set->pool, (count + 1) * sizeof(*handles));
  struct tls4217_error err;

  for (unsigned int i = 0; i < count; i++) {
    handles[i] = loaded[i].handle;
  }

  tls4217_error_clear(&err);
  (void) tls4217_keyloader_keep(
    fd, HANDLES, handles, count * sizeof(*handles), &err);
}

bool tls4217_loadedkeys_reload(
  struct tls4217_loadedkeys *set, int fd, struct tls4217_remotekeys *keys) {
  struct tls4217_loadedkey *loaded = set->list->elts;
  bool same = true;

  for (unsigned int i = 0; i < set->list->nelts; i++) {
    if (reload_one(&loaded[i], fd, keys) == false) {
      same = false;
    }
  }

  keep_handles(set, fd);
  return same;
}

static bool has(const struct tls4217_loadedkeys *set, uint64_t handle) {
  const struct tls4217_loadedkey *loaded = set->list->elts;

  for (unsigned int i = 0; i < set->list->nelts; i++) {
    if (loaded[i].handle == handle) {
      return true;
    }
  }

  return false;
}

void tls4217_loadedkeys_settle(struct tls4217_loadedkeys *set, int fd) {
  uint64_t old[MAX_HANDLES];
  size_t size = sizeof(old);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_keyloader_fetch(fd, HANDLES, old, &size, &err) < 0) {
    size = 0;
  }

  for (size_t i = 0; i < size / sizeof(old[0]); i++) {
    tls4217_error_clear(&err);
    if (has(set, old[i]) == false) {
      (void) tls4217_keyloader_drop(fd, old[i], &err);
    }
  }

  keep_handles(set, fd);
}
