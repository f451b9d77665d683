/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificates of a generation that is being built
 *
 * See buildpairs.h.  How a file is read and checked is in tls/cert/.
 */

#include <time.h>

#include "mod_tls4217/ftp/daemon/buildpairs.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/selfsigning.h"
#include "mod_tls4217/tls/cert/certdir.h"
#include "mod_tls4217/tls/cert/fileguard.h"

static void find_fingerprint(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE], key[TLS4217_FINGERPRINT_SIZE];

  if (files->cert_file == build->settings->self_signed &&
    tls4217_keypair_fingerprint(pair, fingerprint, NULL) == 0 &&
    tls4217_keypair_key_fingerprint(pair, key, NULL) == 0) {
    tls4217_building_find(build, TLS4217_COMPLAINT_NOTICE,
      "self-signed certificate '%s' has the SHA-256 fingerprint %s, its key %s",
      files->cert_file, fingerprint, key);
  }
}

/* Of a certificate that can be served, but that clients may not accept. */
static void find_weaknesses(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  const char *key_file = files->key_file != NULL ? files->key_file :
                                                   files->cert_file;
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  if (tls4217_keypair_check_time(pair, time(NULL), &err) < 0) {
    tls4217_building_find(
      build, TLS4217_COMPLAINT_WARNING, "%s: %s", pair->label, err.text);
  }

  tls4217_error_clear(&err);
  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_fileguard_key(key_file, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    tls4217_building_find(
      build, TLS4217_COMPLAINT_WARNING, "%s: %s", files->directive, err.text);
  }
}

/* That of the previous generation for the same files, or NULL. */
static struct tls4217_credential *find_previous(
  const struct tls4217_building *build,
  const struct tls4217_certificate_files *files) {
  const struct tls4217_generation *previous = build->previous;
  const size_t count = previous != NULL ? previous->npairs : 0;

  /* Most often it is at the same place. */
  for (size_t i = 0; i < count; i++) {
    const size_t at = (build->generation->npairs + i) % count;

    if (tls4217_credential_is_of(previous->credentials[at], files)) {
      return previous->credentials[at];
    }
  }

  return NULL;
}

static struct tls4217_credential *get_last_good(
  const struct tls4217_building *build,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_credential *credential = find_previous(build, files);

  if (credential != NULL && tls4217_credential_is_usable(credential)) {
    return tls4217_credential_share(credential);
  }

  credential = tls4217_credential_recall(build->rec, files);
  if (credential == NULL) {
    tls4217_error_set(err, ENOENT,
      "%s '%s': there is no previous working certificate", files->directive,
      files->cert_file);
  }

  return credential;
}

/* In a session, which the key process takes no file from. */
static struct tls4217_credential *get_from_others(
  const struct tls4217_building *build,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_credential *credential = find_previous(build, files);

  if (credential != NULL) {
    return tls4217_credential_share(credential);
  }

  if (tls4217_keyprocess_is_there() == false) {
    return tls4217_credential_load(build->rec, files, err);
  }

  tls4217_error_set(err, ENOENT,
    "%s '%s': its key is unknown to the key process, which reads files for "
    "the daemon alone: name certificate and key in the same way at a server of "
    "proftpd.conf with this address (TLSCertificateDirectory does), or write "
    "'TLSKeyIsolation off' there",
    files->directive, files->cert_file);
  return NULL;
}

static struct tls4217_credential *get_from_files(
  const struct tls4217_building *build,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_credential *credential = find_previous(build, files);

  return credential != NULL && tls4217_credential_is_current(credential) ?
    tls4217_credential_share(credential) :
    tls4217_credential_load(build->rec, files, err);
}

static struct tls4217_credential *get(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  switch (build->source) {
    case TLS4217_GENERATION_FROM_FILES:
      return get_from_files(build, files, err);

    case TLS4217_GENERATION_FROM_LAST_GOOD:
      return get_last_good(build, files, err);

    case TLS4217_GENERATION_FROM_OTHERS:
      return get_from_others(build, files, err);
  }

  return NULL;
}

/* Room for so many more. */
static void make_room(struct tls4217_generation *generation, size_t more) {
  const size_t count = generation->npairs + more;
  struct tls4217_credential **credentials = pcalloc(
    generation->pool, count * sizeof(struct tls4217_credential *));
  struct tls4217_keypair **pairs = pcalloc(
    generation->pool, count * sizeof(struct tls4217_keypair *));

  if (generation->npairs > 0) {
    memcpy(credentials, generation->credentials,
      generation->npairs * sizeof(credentials[0]));
    memcpy(pairs, generation->pairs, generation->npairs * sizeof(pairs[0]));
  }

  generation->credentials = credentials;
  generation->pairs = pairs;
}

/* Takes the credential. */
static int add_pair(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files,
  struct tls4217_credential *credential) {
  struct tls4217_generation *generation = build->generation;
  const size_t at = generation->npairs++;

  generation->credentials[at] = credential;
  generation->pairs[at] = tls4217_keypair_copy(
    tls4217_credential_pair(credential), build->err);
  if (generation->pairs[at] == NULL) {
    return -1;
  }

  generation->pairs[at]->label = pstrcat(
    generation->pool, files->directive, " '", files->cert_file, "'", NULL);
  return 0;
}

/* Those that directives name. */

/* TLSSelfSignedCertificate is renewed in time.  Where that fails, what there is
 * serves on. */
static void renew_self_signed(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files,
  struct tls4217_credential **credential) {
  struct tls4217_credential *renewed;
  struct tls4217_error err;
  int res;

  if (files->cert_file != build->settings->self_signed ||
    build->source != TLS4217_GENERATION_FROM_FILES ||
    tls4217_selfsigning_is_due(
      build->settings, tls4217_credential_pair(*credential)) == false) {
    return;
  }

  tls4217_error_clear(&err);
  res = tls4217_selfsigning_renew(build->settings, &err);
  if (res < 0) {
    tls4217_building_find_once(build, TLS4217_COMPLAINT_WARNING, err.text);
    return;
  }

  renewed = res > 0 ? tls4217_credential_load(build->rec, files, &err) : NULL;
  if (renewed != NULL) {
    tls4217_credential_release(*credential);
    *credential = renewed;
    tls4217_building_find(build, TLS4217_COMPLAINT_NOTICE,
      "self-signed certificate '%s' was renewed, with the same key",
      files->cert_file);
  }
}

static int add_file(const struct tls4217_building *build,
  const struct tls4217_certificate_files *files) {
  struct tls4217_credential *credential = get(build, files, build->err);
  const struct tls4217_keypair *pair;

  if (credential != NULL) {
    renew_self_signed(build, files, &credential);
  }

  if (credential == NULL || add_pair(build, files, credential) < 0) {
    return -1;
  }

  pair = build->generation->pairs[build->generation->npairs - 1];
  find_weaknesses(build, files, pair);
  find_fingerprint(build, files, pair);
  return 0;
}

static int check_self_signed(const struct tls4217_building *build) {
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_selfsigning_check(build->settings, &err);
  if (res > 0) {
    tls4217_building_find(build, TLS4217_COMPLAINT_WARNING, "%s", err.text);

  } else if (res < 0) {
    *build->err = err;
  }

  return res < 0 ? -1 : 0;
}

static int add_files(const struct tls4217_building *build) {
  const struct tls4217_settings *settings = build->settings;

  if (check_self_signed(build) < 0) {
    return -1;
  }

  make_room(build->generation, settings->nfiles);
  for (size_t i = 0; i < settings->nfiles; i++) {
    if (add_file(build, &settings->files[i]) < 0) {
      return -1;
    }
  }

  build->generation->nnamed_from = build->generation->npairs;
  return 0;
}

/* Those of the directory. */

/* One file must not keep the others from being served. */
static struct tls4217_credential *get_named(
  const struct tls4217_building *build,
  const struct tls4217_certificate_files *files) {
  struct tls4217_credential *credential;
  struct tls4217_error err, none;
  char text[TLS4217_ERROR_TEXT_SIZE + 64];

  tls4217_error_clear(&err);
  tls4217_error_clear(&none);
  if (build->source != TLS4217_GENERATION_FROM_FILES) {
    return get(build, files, &none);
  }

  credential = get_from_files(build, files, &err);
  if (credential == NULL) {
    credential = get_last_good(build, files, &none);
    (void) snprintf(text, sizeof(text), "%s; %s", err.text,
      credential != NULL ? "the previous certificate remains in use" :
                           "its names are not served");
    tls4217_building_find_once(build, TLS4217_COMPLAINT_WARNING, text);
    *((const char **) push_array(build->generation->unusable)) = pstrdup(
      build->generation->pool, text);
  }

  return credential;
}

static int add_named(
  const struct tls4217_building *build, const struct tls4217_certdir *dir) {
  make_room(build->generation, dir->count);
  for (size_t i = 0; i < dir->count; i++) {
    const struct tls4217_certificate_files files = {
      .directive = "TLSCertificateDirectory",
      .cert_file = dir->entries[i].cert_file,
      .key_file = dir->entries[i].key_file,
    };
    const struct tls4217_credential *before = find_previous(build, &files);
    struct tls4217_credential *credential = get_named(build, &files);

    pr_signals_handle();
    if (credential == NULL) {
      continue;
    }

    if (add_pair(build, &files, credential) < 0) {
      return -1;
    }

    if (credential != before) {
      find_weaknesses(
        build, &files, build->generation->pairs[build->generation->npairs - 1]);
    }
  }

  return 0;
}

static int add_directory(const struct tls4217_building *build) {
  const char *path = build->settings->certificate_directory;
  struct tls4217_certdir dir;
  int res;

  if (path == NULL) {
    return 0;
  }

  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_certdir_read(path, &dir, build->err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res == 0) {
    res = add_named(build, &dir);
    tls4217_certdir_clear(&dir);

  } else {
    tls4217_error_about(build->err, "TLSCertificateDirectory");
  }

  return res;
}

int tls4217_buildpairs_add(const struct tls4217_building *build) {
  if (add_files(build) < 0 || add_directory(build) < 0) {
    return -1;
  }

  if (build->generation->npairs == 0 &&
    build->settings->certificate_directory != NULL) {
    tls4217_error_set(build->err, ENOENT,
      "TLSCertificateDirectory '%s' has no certificate that can be served: put "
      "NAME.pem (certificate, chain and key) or NAME/fullchain.pem and "
      "NAME/privkey.pem there",
      build->settings->certificate_directory);
    return -1;
  }

  if (build->generation->npairs == 0) {
    tls4217_error_set(build->err, ENOENT,
      "TLSEngine is on, but there is no certificate: add "
      "'TLSCertificateFile /path/fullchain.pem /path/privkey.pem', or "
      "'TLSSelfSignedCertificate /path/file.pem' to have one made");
    return -1;
  }

  return 0;
}
