/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one certificate with its key, as it was read
 *
 * See credential.h.
 */

#include "mod_tls4217/ftp/daemon/credential.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/phrases.h"
#include "mod_tls4217/ftp/daemon/tokenfork.h"
#include "mod_tls4217/tls/cert/filestamp.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/keys/tokenuri.h"

/* Certificate, key, chain. */
#define NFILES 3

struct tls4217_credential {
  pool *pool;
  unsigned int users;
  const char *paths[NFILES]; /* each may be NULL */
  struct tls4217_filestamp stamps[NFILES];
  bool is_proof; /* equal stamps mean equal files (filestamp.h) */
  struct tls4217_keypair *pair;
  uint64_t handle; /* of the key process; 0: the key is in the pair */
};

static void list_paths(
  const char *paths[NFILES], const struct tls4217_certificate_files *files) {
  paths[0] = files->cert_file;
  paths[1] = files->key_file;
  paths[2] = files->chain_file;
}

static struct tls4217_credential *make(
  const struct tls4217_certificate_files *files) {
  pool *p = make_sub_pool(permanent_pool);
  struct tls4217_credential *credential;

  pr_pool_tag(p, MOD_TLS4217_VERSION " credential");
  credential = pcalloc(p, sizeof(*credential));
  credential->pool = p;
  credential->users = 1;
  list_paths(credential->paths, files);
  for (size_t i = 0; i < NFILES; i++) {
    credential->paths[i] = pstrdup(p, credential->paths[i]);
  }

  return credential;
}

/* As root.  Ahead of reading: what changes meanwhile is seen the next time. */
static void take_stamps(struct tls4217_credential *credential) {
  const int64_t now = (int64_t) time(NULL);

  credential->is_proof = true;
  for (size_t i = 0; i < NFILES; i++) {
    if (credential->paths[i] != NULL) {
      tls4217_filestamp_take(credential->paths[i], 0, &credential->stamps[i]);
      if (tls4217_filestamp_is_fresh(&credential->stamps[i], now)) {
        credential->is_proof = false;
      }
    }
  }
}

/* By this process, or by the key process. */
static struct tls4217_keypair *load_pair(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err) {
  const struct tls4217_pemsource source = { .phrases = tls4217_phrases_book() };
  struct tls4217_keypair *pair;

  if (tls4217_keyprocess_is_there()) {
    return tls4217_keyprocess_load(rec, files, handle, err);
  }

  if (tls4217_tokenuri_is(files->key_file)) {
    return tls4217_tokenfork_load(files, err);
  }

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_keypair_load_from(
    &source, files->cert_file, files->key_file, files->chain_file, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return pair;
}

/* The same, and where its key has a pass phrase, with whoever has that. */
static struct tls4217_keypair *open_pair(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err) {
  struct tls4217_keypair *pair = load_pair(rec, files, handle, err);

  for (unsigned int attempt = 0;
       pair == NULL && tls4217_passphrase_is_missing(err); attempt++) {
    const struct tls4217_error locked = *err;

    tls4217_error_clear(err);
    if (tls4217_phrases_get(rec, files, &locked, attempt, err) < 0) {
      break;
    }

    tls4217_error_clear(err);
    pair = load_pair(rec, files, handle, err);
  }

  /* One that did not open it is of no more use here. */
  if (tls4217_phrases_book() != NULL) {
    tls4217_phrasebook_end_trial(tls4217_phrases_book());
  }

  return pair;
}

struct tls4217_credential *tls4217_credential_load(const server_rec *rec,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_credential *credential = make(files);

  pr_signals_block();
  PRIVS_ROOT
  take_stamps(credential);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  credential->pair = open_pair(rec, files, &credential->handle, err);
  if (credential->pair == NULL) {
    if (files->chain_file != NULL) {
      tls4217_error_about(err, "TLSCertificateChainFile");
    }

    tls4217_error_about(err, files->directive);
    credential->handle = 0;
    tls4217_credential_release(credential);
    return NULL;
  }

  return credential;
}

struct tls4217_credential *tls4217_credential_recall(
  const server_rec *rec, const struct tls4217_certificate_files *files) {
  struct tls4217_credential *credential;
  struct tls4217_error err;

  if (tls4217_keyprocess_is_there() == false) {
    return NULL;
  }

  tls4217_error_clear(&err);
  credential = make(files);
  credential->pair = tls4217_keyprocess_recall(
    rec, files, &credential->handle, &err);
  if (credential->pair == NULL) {
    credential->handle = 0;
    tls4217_credential_release(credential);
    return NULL;
  }

  return credential;
}

static bool is_same_path(const char *first, const char *second) {
  return first == NULL || second == NULL ? first == second :
                                           strcmp(first, second) == 0;
}

bool tls4217_credential_is_of(const struct tls4217_credential *credential,
  const struct tls4217_certificate_files *files) {
  const char *paths[NFILES];

  list_paths(paths, files);
  for (size_t i = 0; i < NFILES; i++) {
    if (is_same_path(credential->paths[i], paths[i]) == false) {
      return false;
    }
  }

  return true;
}

static bool is_unchanged(
  const char *path, const struct tls4217_filestamp *was) {
  struct tls4217_filestamp is;

  if (path == NULL) {
    return true;
  }

  tls4217_filestamp_take(path, 0, &is);
  return tls4217_filestamp_equal(&is, was);
}

bool tls4217_credential_is_usable(const struct tls4217_credential *credential) {
  return (credential->handle != 0) == tls4217_keyprocess_is_there() &&
    tls4217_credential_has_lost_key(credential) == false;
}

bool tls4217_credential_is_current(
  const struct tls4217_credential *credential) {
  bool current = credential->is_proof &&
    tls4217_credential_is_usable(credential);

  pr_signals_block();
  PRIVS_ROOT
  for (size_t i = 0; i < NFILES && current; i++) {
    current = is_unchanged(credential->paths[i], &credential->stamps[i]);
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return current;
}

struct tls4217_credential *tls4217_credential_share(
  struct tls4217_credential *credential) {
  credential->users++;
  return credential;
}

void tls4217_credential_release(struct tls4217_credential *credential) {
  if (credential == NULL || --credential->users > 0) {
    return;
  }

  tls4217_keypair_free(credential->pair);
  if (credential->handle != 0) {
    tls4217_keyprocess_release(credential->handle);
  }

  destroy_pool(credential->pool);
}

const struct tls4217_keypair *tls4217_credential_pair(
  const struct tls4217_credential *credential) {
  return credential->pair;
}

const char *tls4217_credential_cert_file(
  const struct tls4217_credential *credential) {
  return credential->paths[0];
}

void tls4217_credential_accept(const struct tls4217_credential *credential) {
  if (credential->handle != 0) {
    tls4217_keyprocess_accept(credential->handle);
  }
}

bool tls4217_credential_has_lost_key(
  const struct tls4217_credential *credential) {
  return credential->handle != 0 &&
    tls4217_keyprocess_has_lost(credential->handle);
}
