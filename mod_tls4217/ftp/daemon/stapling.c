/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSStaplingFile: what is stapled to a host's certificates
 *
 * See stapling.h.  What makes a response valid is in tls/cert/staple.c.
 */

#include <time.h>

#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/remembered.h"
#include "mod_tls4217/ftp/daemon/stapling.h"
#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/cert/filestamp.h"
#include "mod_tls4217/tls/cert/wholefile.h"

#define DIRECTIVE "TLSStaplingFile"
#define ROLE      "OCSP response"

/* Beside a certificate of TLSCertificateDirectory: NAME.pem's is NAME.ocsp. */
#define CERT_SUFFIX   ".pem"
#define STAPLE_SUFFIX ".ocsp"

#define TEXT_SIZE     (TLS4217_ERROR_TEXT_SIZE + 512)

struct tls4217_stapling {
  pool *pool;
  unsigned int users;
  const char *path;
  struct tls4217_filestamp stamp;
  bool is_proof; /* an equal stamp means an equal file (filestamp.h) */
  char fingerprint[TLS4217_FINGERPRINT_SIZE]; /* of the certificate */
  struct tls4217_staple *staple;              /* or NULL */
  enum tls4217_staple_verdict verdict;        /* on what the file has now */
  const char *trouble; /* what is wrong with that; or NULL */
  bool is_required;
  bool said_old, said_ended;
};

static struct tls4217_stapling *make(
  const char *path, const struct tls4217_keypair *pair) {
  pool *p = make_sub_pool(permanent_pool);
  struct tls4217_stapling *stapling;

  pr_pool_tag(p, MOD_TLS4217_VERSION " stapling");
  stapling = pcalloc(p, sizeof(*stapling));
  stapling->pool = p;
  stapling->users = 1;
  stapling->path = pstrdup(p, path);
  stapling->is_required = tls4217_staple_is_required(pair->leaf);
  (void) tls4217_keypair_fingerprint(pair, stapling->fingerprint, NULL);
  return stapling;
}

static void release(struct tls4217_stapling *stapling) {
  if (stapling != NULL && --stapling->users == 0) {
    tls4217_staple_release(stapling->staple);
    destroy_pool(stapling->pool);
  }
}

void tls4217_stapling_release(struct tls4217_generation *generation) {
  for (size_t i = 0; generation->stapling != NULL && i < generation->npairs;
       i++) {
    release(generation->stapling[i]);
  }
}

/* One file, for one certificate. */

static bool has_valid(const struct tls4217_stapling *stapling) {
  return stapling != NULL && stapling->staple != NULL &&
    tls4217_staple_is_valid(stapling->staple, (int64_t) time(NULL));
}

static bool is_of(const struct tls4217_stapling *stapling, const char *path,
  const char *fingerprint) {
  return stapling != NULL && strcmp(stapling->path, path) == 0 &&
    strcmp(stapling->fingerprint, fingerprint) == 0;
}

/* What the previous generation had of that; most often it is at the same
 * place. */
static struct tls4217_stapling *find_previous(
  const struct tls4217_building *build, const char *path, size_t at) {
  const struct tls4217_generation *previous = build->previous;
  char fingerprint[TLS4217_FINGERPRINT_SIZE] = "";
  const size_t count = previous != NULL && previous->stapling != NULL ?
    previous->npairs :
    0;

  (void) tls4217_keypair_fingerprint(
    build->generation->pairs[at], fingerprint, NULL);
  for (size_t i = 0; i < count; i++) {
    struct tls4217_stapling *stapling = previous->stapling[(at + i) % count];

    if (is_of(stapling, path, fingerprint)) {
      return stapling;
    }
  }

  return NULL;
}

/* Reads the file, and checks what is in it; as root. */
static void read_file(
  struct tls4217_stapling *stapling, X509 *leaf, X509 *issuer) {
  struct tls4217_wholefile file = { .role = ROLE,
    .path = stapling->path,
    .content = "an OCSP response",
    .limit = TLS4217_STAPLE_MAX };
  struct tls4217_error err;
  int fd;

  tls4217_error_clear(&err);
  stapling->verdict = TLS4217_STAPLE_UNUSABLE;
  fd = tls4217_wholefile_open(&file, &err);
  if (fd >= 0 && tls4217_wholefile_read(&file, fd, &err) == 0) {
    struct tls4217_error why;

    tls4217_error_clear(&why);
    stapling->staple = tls4217_staple_new(file.bytes, file.size, leaf, issuer,
      (int64_t) time(NULL), &stapling->verdict, &why);
    if (tls4217_error_is_set(&why)) {
      tls4217_error_set(
        &err, why.errnum, ROLE " '%s' %s", stapling->path, why.text);
    }
  }

  if (tls4217_error_is_set(&err)) {
    stapling->trouble = pstrdup(stapling->pool, err.text);
  }

  tls4217_wholefile_wipe(&file);
}

/* A file that is half written, missing or too old takes no response out of use;
 * one that says that the certificate is revoked does. */
static void keep_last_good(
  struct tls4217_stapling *stapling, const struct tls4217_stapling *previous) {
  if (has_valid(previous) == false) {
    return;
  }

  if (stapling->staple == NULL && stapling->verdict != TLS4217_STAPLE_REVOKED) {
    stapling->staple = tls4217_staple_share(previous->staple);
  }

  /* The same one, read again. */
  if (stapling->staple != NULL &&
    stapling->staple->size == previous->staple->size &&
    memcmp(stapling->staple->bytes, previous->staple->bytes,
      previous->staple->size) == 0) {
    stapling->said_old = previous->said_old;
    stapling->said_ended = previous->said_ended;
  }
}

/* The same after SIGHUP, which has unmapped the previous generation. */
static const char *name_of(const struct tls4217_stapling *stapling) {
  return pstrcat(stapling->pool, "staple|", stapling->fingerprint, "|",
    stapling->path, NULL);
}

static void recall(struct tls4217_stapling *stapling, const server_rec *rec,
  X509 *leaf, X509 *issuer) {
  enum tls4217_staple_verdict verdict;
  size_t size;
  const void *bytes = tls4217_remembered_find(
    tls4217_keychannel_scope(rec), name_of(stapling), &size);

  if (bytes != NULL && stapling->staple == NULL &&
    stapling->verdict != TLS4217_STAPLE_REVOKED) {
    stapling->staple = tls4217_staple_new(
      bytes, size, leaf, issuer, (int64_t) time(NULL), &verdict, NULL);
  }
}

void tls4217_stapling_remember(
  const struct tls4217_generation *generation, uint64_t scope) {
  for (size_t i = 0; i < generation->npairs; i++) {
    const struct tls4217_stapling *stapling = generation->stapling[i];

    if (has_valid(stapling)) {
      void *room = tls4217_remembered_put(
        scope, name_of(stapling), stapling->staple->size);

      if (room != NULL) {
        memcpy(room, stapling->staple->bytes, stapling->staple->size);
      }
    }
  }
}

/* What one file has for the pair at a place. */
static struct tls4217_stapling *look_at_file(
  const struct tls4217_building *build, const char *path, size_t at,
  X509 *issuer) {
  const struct tls4217_keypair *pair = build->generation->pairs[at];
  struct tls4217_stapling *previous = find_previous(build, path, at);
  struct tls4217_stapling *stapling = make(path, pair);

  pr_signals_block();
  PRIVS_ROOT
  tls4217_filestamp_take(path, 0, &stapling->stamp);
  stapling->is_proof = tls4217_filestamp_is_fresh(
                         &stapling->stamp, (int64_t) time(NULL)) == false;
  if (previous != NULL && previous->trouble == NULL && previous->is_proof &&
    tls4217_filestamp_equal(&previous->stamp, &stapling->stamp)) {
    previous->users++;
    release(stapling);
    stapling = previous;

  } else {
    read_file(stapling, pair->leaf, issuer);
    keep_last_good(stapling, previous);
    recall(stapling, build->rec, pair->leaf, issuer);
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return stapling;
}

/* Several files. */

static bool is_better(
  const struct tls4217_stapling *one, const struct tls4217_stapling *other) {
  if (other == NULL) {
    return true;
  }

  if (other->verdict == TLS4217_STAPLE_REVOKED || one->staple == NULL) {
    return one->verdict == TLS4217_STAPLE_REVOKED;
  }

  return other->staple == NULL || one->staple->until > other->staple->until;
}

/* Takes one for the pair at a place, or leaves what is there. */
static void offer(const struct tls4217_building *build, size_t at,
  struct tls4217_stapling *stapling) {
  struct tls4217_stapling **place = &build->generation->stapling[at];

  if (is_better(stapling, *place)) {
    release(*place);
    *place = stapling;

  } else {
    release(stapling);
  }
}

static X509 *find_issuer(
  const struct tls4217_building *build, size_t at, STACK_OF(X509) * cas) {
  const struct tls4217_keypair *pair = build->generation->pairs[at];
  X509 *issuer = tls4217_chain_find_issuer(pair->chain, pair->leaf);

  return issuer != NULL ? issuer : tls4217_chain_find_issuer(cas, pair->leaf);
}

/* A file named by the directive may be about any certificate of the host. */
static void add_named_file(const struct tls4217_building *build,
  const char *path, STACK_OF(X509) * cas) {
  bool is_about_one = false;
  char text[TEXT_SIZE];

  for (size_t i = 0; i < build->generation->nnamed_from; i++) {
    struct tls4217_stapling *stapling = look_at_file(
      build, path, i, find_issuer(build, i, cas));

    if (stapling->verdict == TLS4217_STAPLE_OTHERS &&
      stapling->staple == NULL) {
      release(stapling);

    } else {
      is_about_one = true;
      offer(build, i, stapling);
    }
  }

  if (is_about_one == false) {
    (void) snprintf(text, sizeof(text),
      DIRECTIVE
      ": " ROLE " '%s' is for none of this server's certificates, "
      "as happens after a renewal: run contrib/ocsp-update to fetch it again",
      path);
    tls4217_building_find_once(build, TLS4217_COMPLAINT_WARNING, text);
  }
}

/* That of a certificate in the directory, if there is or was one. */
static void add_file_beside(
  const struct tls4217_building *build, size_t at, STACK_OF(X509) * cas) {
  const char *cert_file = tls4217_credential_cert_file(
    build->generation->credentials[at]);
  const size_t len = strlen(cert_file), suffix = strlen(CERT_SUFFIX);
  char path[PATH_MAX];
  struct stat st;
  int res;

  if (len <= suffix || strcmp(cert_file + len - suffix, CERT_SUFFIX) != 0 ||
    (size_t) snprintf(path, sizeof(path), "%.*s" STAPLE_SUFFIX,
      (int) (len - suffix), cert_file) >= sizeof(path)) {
    return;
  }

  pr_signals_block();
  PRIVS_ROOT
  res = stat(path, &st);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res == 0 || has_valid(find_previous(build, path, at))) {
    offer(
      build, at, look_at_file(build, path, at, find_issuer(build, at, cas)));
  }
}

/* What is said. */

static const char *directive_of(
  const struct tls4217_generation *generation, size_t at) {
  return at < generation->nnamed_from ? DIRECTIVE : "TLSCertificateDirectory";
}

static void find_trouble(const struct tls4217_building *build, size_t at) {
  const struct tls4217_stapling *stapling = build->generation->stapling[at];
  const char *directive = directive_of(build->generation, at);
  char text[TEXT_SIZE], until[TLS4217_STAPLE_TIME_SIZE];

  if (stapling == NULL || stapling->trouble == NULL) {
    return;
  }

  if (stapling->staple != NULL) {
    (void) snprintf(text, sizeof(text),
      "%s: %s; the previous one, which is valid until %s, remains in use",
      directive, stapling->trouble,
      tls4217_staple_format_time(stapling->staple->until, until));

  } else {
    (void) snprintf(text, sizeof(text), "%s: %s; no response is stapled",
      directive, stapling->trouble);
  }

  tls4217_building_find_once(build,
    stapling->verdict == TLS4217_STAPLE_REVOKED ? TLS4217_COMPLAINT_ERROR :
                                                  TLS4217_COMPLAINT_WARNING,
    text);
}

static void find_missing(const struct tls4217_building *build, size_t at) {
  const struct tls4217_keypair *pair = build->generation->pairs[at];
  char text[TEXT_SIZE];

  if (has_valid(build->generation->stapling[at]) ||
    tls4217_staple_is_required(pair->leaf) == false) {
    return;
  }

  (void) snprintf(text, sizeof(text),
    "%s is must-staple, and there is no valid OCSP response to staple: clients "
    "that check this refuse it; run contrib/ocsp-update to write one%s",
    pair->label,
    at < build->generation->nnamed_from ? ", and name it with '" DIRECTIVE
                                          " FILE'" :
                                          " beside it, NAME.ocsp for NAME.pem");
  tls4217_building_find_once(build, TLS4217_COMPLAINT_ERROR, text);
}

/* mod_tls' TLSStapling asks a responder by itself. */
static void find_wanted(const struct tls4217_building *build) {
  const struct tls4217_generation *generation = build->generation;
  bool has_responder = false, has_file = false;

  if (build->settings->stapling_wanted == false) {
    return;
  }

  for (size_t i = 0; i < generation->npairs; i++) {
    has_file = has_file || generation->stapling[i] != NULL;
    has_responder = has_responder ||
      tls4217_staple_has_responder(generation->pairs[i]->leaf);
  }

  if (has_file || build->settings->staple_files.count > 0) {
    return;
  }

  tls4217_building_find_once(build,
    has_responder ? TLS4217_COMPLAINT_WARNING : TLS4217_COMPLAINT_NOTICE,
    has_responder ?
      "TLSStapling on: this server does not query OCSP responders itself; run "
      "contrib/ocsp-update from cron to write the response, and name it with "
      "'" DIRECTIVE " FILE'" :
      "TLSStapling on has no effect: the certificate names no OCSP responder, "
      "because its CA has none (Let's Encrypt ended its own in 2025); "
      "remove the line");
}

void tls4217_stapling_add(
  const struct tls4217_building *build, STACK_OF(X509) * cas) {
  struct tls4217_generation *generation = build->generation;
  const struct tls4217_paths *files = &build->settings->staple_files;

  generation->stapling = pcalloc(
    generation->pool, generation->npairs * sizeof(struct tls4217_stapling *));
  for (size_t i = 0; i < files->count; i++) {
    add_named_file(build, files->paths[i], cas);
  }

  for (size_t i = 0; i < generation->npairs; i++) {
    pr_signals_handle();
    if (i >= generation->nnamed_from) {
      add_file_beside(build, i, cas);
    }

    if (generation->stapling[i] != NULL) {
      generation->pairs[i]->staple = generation->stapling[i]->staple;
    }

    find_trouble(build, i);
    find_missing(build, i);
  }

  find_wanted(build);
}

/* Later. */

struct tls4217_stapling_facts tls4217_stapling_get_facts(
  const struct tls4217_generation *generation, size_t at, int64_t now) {
  const struct tls4217_stapling *stapling = generation->stapling[at];
  struct tls4217_stapling_facts facts = { .state = TLS4217_STAPLING_NONE,
    .is_required = tls4217_staple_is_required(generation->pairs[at]->leaf) };

  if (stapling == NULL) {
    return facts;
  }

  facts.path = stapling->path;
  facts.trouble = stapling->trouble;
  facts.state = TLS4217_STAPLING_REFUSED;
  if (stapling->staple != NULL) {
    facts.state = tls4217_staple_is_valid(stapling->staple, now) ?
      TLS4217_STAPLING_VALID :
      TLS4217_STAPLING_ENDED;
    facts.since = stapling->staple->since;
    facts.until = stapling->staple->until;
  }

  return facts;
}

static void check_one(struct tls4217_stapling *stapling, const char *directive,
  const server_rec *rec, int64_t now) {
  const struct tls4217_staple *staple = stapling->staple;
  char until[TLS4217_STAPLE_TIME_SIZE];

  (void) tls4217_staple_format_time(staple->until, until);
  if (tls4217_staple_is_valid(staple, now) == false) {
    if (stapling->said_ended == false && stapling->is_required) {
      tls4217_complaints_error(rec,
        "%s: " ROLE " '%s' is no longer valid, since %s: it is not stapled any "
        "more, and clients that check this refuse its must-staple certificate",
        directive, stapling->path, until);

    } else if (stapling->said_ended == false) {
      tls4217_complaints_warning(rec,
        "%s: " ROLE " '%s' is no longer valid, since %s: it is not stapled any "
        "more",
        directive, stapling->path, until);
    }

    stapling->said_ended = true;

  } else if (tls4217_staple_is_old(staple, now) &&
    stapling->said_old == false) {
    tls4217_complaints_warning(rec,
      "%s: " ROLE " '%s' is valid until %s, and less than a quarter of its "
      "life is left: find out why contrib/ocsp-update has not written a new "
      "one",
      directive, stapling->path, until);
    stapling->said_old = true;
  }
}

void tls4217_stapling_check_age(
  const struct tls4217_generation *generation, const server_rec *rec) {
  const int64_t now = (int64_t) time(NULL);

  for (size_t i = 0; i < generation->npairs; i++) {
    struct tls4217_stapling *stapling = generation->stapling[i];

    if (stapling != NULL && stapling->staple != NULL) {
      check_one(stapling, directive_of(generation, i), rec, now);
    }
  }
}
