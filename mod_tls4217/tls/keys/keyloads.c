/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which pairs the key process has for the daemon
 *
 * See keyloads.h.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/tls/keys/keyloads.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/tokenbook.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* Where the handles are kept over SIGHUP. */
#define HANDLES     "handles"
#define MAX_HANDLES ((TLS4217_KEYPROTO_MAX - 64) / sizeof(uint64_t))

struct tls4217_keyload {
  struct tls4217_keyload *next;
  struct tls4217_keyfiles files; /* owned texts; none of one inherited */
  uint64_t handle;
  char fingerprint[TLS4217_FINGERPRINT_SIZE]; /* of the certificate */
  X509 *leaf;                                 /* owned; NULL of one inherited */
  unsigned int users;
  int64_t unused_since; /* where there are none */
  bool is_lost;
};

static void free_load(struct tls4217_keyload *load) {
  X509_free(load->leaf);
  free((char *) load->files.id);
  free((char *) load->files.cert_file);
  free((char *) load->files.key_file);
  free((char *) load->files.chain_file);
  free(load);
}

void tls4217_keyloads_clear(struct tls4217_keyloads *loads) {
  for (struct tls4217_keyload *it = loads->first, *next; it != NULL;
       it = next) {
    next = it->next;
    free_load(it);
  }

  loads->first = NULL;
}

static struct tls4217_keyload *find(
  const struct tls4217_keyloads *loads, uint64_t handle) {
  struct tls4217_keyload *it = loads->first;

  while (it != NULL && it->handle != handle) {
    it = it->next;
  }

  return it;
}

static bool copy_text(const char **to, const char *from) {
  if (from == NULL) {
    return true;
  }

  *to = strdup(from);
  return *to != NULL;
}

static struct tls4217_keyload *add(
  struct tls4217_keyloads *loads, uint64_t handle) {
  struct tls4217_keyload *load = calloc(1, sizeof(*load));

  if (load != NULL) {
    load->handle = handle;
    load->next = loads->first;
    loads->first = load;
  }

  return load;
}

static void remove_load(
  struct tls4217_keyloads *loads, struct tls4217_keyload *load) {
  struct tls4217_keyload **link = &loads->first;

  while (*link != load) {
    link = &(*link)->next;
  }

  *link = load->next;
  free_load(load);
}

static bool describe(struct tls4217_keyload *load,
  const struct tls4217_keyfiles *files, const struct tls4217_keypair *pair) {
  (void) tls4217_keypair_fingerprint(pair, load->fingerprint, NULL);
  load->files.scope = files->scope;
  if (load->leaf == NULL && X509_up_ref(pair->leaf) == 1) {
    load->leaf = pair->leaf;
  }

  return load->files.id != NULL ||
    (copy_text(&load->files.id, files->id) &&
      copy_text(&load->files.cert_file, files->cert_file) &&
      copy_text(&load->files.key_file, files->key_file) &&
      copy_text(&load->files.chain_file, files->chain_file));
}

/* Counts a pair that has come, or frees it where memory runs out. */
static struct tls4217_keypair *count(struct tls4217_keyloads *loads,
  const struct tls4217_keyfiles *files, uint64_t handle,
  struct tls4217_keypair *pair, struct tls4217_error *err) {
  struct tls4217_keyload *load;

  if (pair == NULL) {
    return NULL;
  }

  load = find(loads, handle);
  if (load == NULL) {
    load = add(loads, handle);
  }

  if (load == NULL || describe(load, files, pair) == false) {
    tls4217_error_set(err, 0, "out of memory");
    tls4217_keypair_free(pair);
    return NULL;
  }

  load->users++;
  return pair;
}

struct tls4217_keypair *tls4217_keyloads_load(struct tls4217_keyloads *loads,
  int fd, struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keyloader_load(
    fd, keys, files, handle, err);

  return count(loads, files, *handle, pair, err);
}

struct tls4217_keypair *tls4217_keyloads_recall(struct tls4217_keyloads *loads,
  int fd, struct tls4217_remotekeys *keys, const struct tls4217_keyfiles *files,
  uint64_t *handle, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keyloader_recall(
    fd, keys, files, handle, err);

  return count(loads, files, *handle, pair, err);
}

void tls4217_keyloads_release(
  struct tls4217_keyloads *loads, uint64_t handle, int64_t now) {
  struct tls4217_keyload *load = find(loads, handle);

  if (load != NULL && load->users > 0) {
    load->users--;
    load->unused_since = now;
  }
}

void tls4217_keyloads_inherit(struct tls4217_keyloads *loads,
  const uint64_t *handles, size_t count, int64_t now) {
  for (size_t i = 0; i < count; i++) {
    if (find(loads, handles[i]) == NULL) {
      struct tls4217_keyload *load = add(loads, handles[i]);

      if (load != NULL) {
        load->unused_since = now;
      }
    }
  }
}

size_t tls4217_keyloads_list(
  const struct tls4217_keyloads *loads, uint64_t *handles, size_t max) {
  size_t count = 0;

  for (const struct tls4217_keyload *it = loads->first;
       it != NULL && count < max; it = it->next) {
    handles[count++] = it->handle;
  }

  return count;
}

int tls4217_keyloads_keep(
  const struct tls4217_keyloads *loads, int fd, struct tls4217_error *err) {
  uint64_t handles[MAX_HANDLES];
  const size_t count = tls4217_keyloads_list(loads, handles, MAX_HANDLES);

  return tls4217_keyloader_keep(
    fd, HANDLES, handles, count * sizeof(handles[0]), err);
}

int tls4217_keyloads_fetch(struct tls4217_keyloads *loads, int fd, int64_t now,
  struct tls4217_error *err) {
  uint64_t handles[MAX_HANDLES];
  size_t size = sizeof(handles);
  int res = tls4217_keyloader_fetch(fd, HANDLES, handles, &size, err);

  if (res == 0) {
    tls4217_keyloads_inherit(loads, handles, size / sizeof(handles[0]), now);
  }

  return res;
}

/* The one that has been unused for longest, and how many are. */
static struct tls4217_keyload *find_oldest(
  const struct tls4217_keyloads *loads, size_t *unused) {
  struct tls4217_keyload *oldest = NULL;

  *unused = 0;
  for (struct tls4217_keyload *it = loads->first; it != NULL; it = it->next) {
    if (it->users == 0) {
      ++*unused;
      if (oldest == NULL || it->unused_since <= oldest->unused_since) {
        oldest = it;
      }
    }
  }

  return oldest;
}

bool tls4217_keyloads_drop(
  struct tls4217_keyloads *loads, int fd, int64_t now) {
  struct tls4217_keyload *oldest;
  bool answered = false;
  struct tls4217_error err;
  size_t unused;

  for (;;) {
    oldest = find_oldest(loads, &unused);
    if (oldest == NULL ||
      (unused <= TLS4217_KEYLOADS_MAX_UNUSED &&
        now - oldest->unused_since < TLS4217_KEYLOADS_GRACE)) {
      return answered;
    }

    /* One that hangs is not asked for each key. */
    tls4217_error_clear(&err);
    if (tls4217_keyloader_drop(fd, oldest->handle, &err) < 0 &&
      tls4217_keyloader_has_lost(&err)) {
      return answered;
    }

    answered = true;
    remove_load(loads, oldest);
  }
}

/* Returns whether it is the same pair: the file may have changed by now, and a
 * changed one must get a handle of its own. */
static bool reload_one(struct tls4217_keyload *load, int fd,
  struct tls4217_remotekeys *keys, struct tls4217_error *err) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE] = "";
  struct tls4217_error later;
  struct tls4217_keypair *pair = tls4217_keyloader_load(
    fd, keys, &load->files, &load->handle, err);

  if (pair == NULL) {
    load->is_lost = true;
    return false;
  }

  (void) tls4217_keypair_fingerprint(pair, fingerprint, NULL);
  tls4217_keypair_free(pair);
  load->is_lost = strcmp(fingerprint, load->fingerprint) != 0;
  if (load->is_lost) {
    tls4217_error_clear(&later);
    (void) tls4217_keyloader_drop(fd, load->handle, &later);
    return false;
  }

  return tls4217_keyloader_accept(fd, load->handle, err) == 0;
}

bool tls4217_keyloads_reload(struct tls4217_keyloads *loads, int fd,
  struct tls4217_remotekeys *keys, struct tls4217_error *trouble) {
  struct tls4217_error err;
  bool all = true, hangs = false;

  for (struct tls4217_keyload *it = loads->first, *next; it != NULL;
       it = next) {
    next = it->next;
    tls4217_error_clear(&err);
    if (it->users == 0) {
      remove_load(loads, it);

    } else if (hangs) {
      it->is_lost = true;

    } else if (reload_one(it, fd, keys, &err) == false) {
      hangs = tls4217_keyloader_has_lost(&err);
      all = false;
    }

    /* The process of a token is started when its host is built again. */
    if (tls4217_error_is_set(trouble) == false &&
      err.errnum != TLS4217_TOKENBOOK_CLOSED) {
      *trouble = err;
    }
  }

  return all;
}

EVP_PKEY *tls4217_keyloads_get0_key(
  const struct tls4217_keyloads *loads, uint64_t handle, uint64_t *scope) {
  const struct tls4217_keyload *load = find(loads, handle);

  if (load == NULL || load->leaf == NULL || load->is_lost) {
    return NULL;
  }

  *scope = load->files.scope;
  return X509_get0_pubkey(load->leaf);
}

bool tls4217_keyloads_has_lost(
  const struct tls4217_keyloads *loads, uint64_t handle) {
  const struct tls4217_keyload *load = find(loads, handle);

  return load == NULL || load->is_lost;
}

const char *tls4217_keyloads_token(
  const struct tls4217_keyloads *loads, uint64_t handle) {
  const struct tls4217_keyload *load = find(loads, handle);

  return load != NULL && tls4217_tokenuri_is(load->files.key_file) ?
    load->files.key_file :
    NULL;
}

void tls4217_keyloads_lose(struct tls4217_keyloads *loads, uint64_t handle) {
  struct tls4217_keyload *load = find(loads, handle);

  if (load != NULL) {
    load->is_lost = true;
  }
}
