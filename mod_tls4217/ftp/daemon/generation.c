/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with
 *
 * See generation.h.  Certificates are read by the daemon, as root: a session
 * opens no certificate file.  Which files and policies a host has is in
 * settings.h; how a file is read and checked, in tls/cert/.
 */

#include <stdarg.h>
#include <time.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/generation.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/selfsigning.h"
#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/cert/fileguard.h"
#include "mod_tls4217/tls/offer.h"

/* What is said when a generation serves, and not while it is tried. */
struct finding {
  enum tls4217_complaint_kind kind;
  const char *text;
};

/* What a generation is built from. */
struct build {
  const server_rec *rec;
  const struct tls4217_settings *settings;
  const struct tls4217_generation *previous; /* or NULL */
  enum tls4217_generation_source source;
  struct tls4217_generation *generation;
  struct tls4217_error *err;
};

static void find(const struct build *build, enum tls4217_complaint_kind kind,
  const char *fmt, ...) __attribute__((format(printf, 3, 4)));

static void find(const struct build *build, enum tls4217_complaint_kind kind,
  const char *fmt, ...) {
  struct finding *finding = push_array(build->generation->findings);
  char text[1024];
  va_list ap;

  va_start(ap, fmt);
  (void) vsnprintf(text, sizeof(text), fmt, ap);
  va_end(ap);
  finding->kind = kind;
  finding->text = pstrdup(build->generation->pool, text);
}

/* Certificates. */

static void find_fingerprint(const struct build *build,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE];

  if (files->cert_file == build->settings->self_signed &&
    tls4217_keypair_fingerprint(pair, fingerprint, NULL) == 0) {
    find(build, TLS4217_COMPLAINT_NOTICE,
      "self-signed certificate '%s' has the SHA-256 fingerprint %s",
      files->cert_file, fingerprint);
  }
}

/* Of a certificate that can be served, whatever clients say to it. */
static void find_weaknesses(const struct build *build,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  const char *key_file = files->key_file != NULL ? files->key_file :
                                                   files->cert_file;
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  if (tls4217_keypair_check_time(pair, time(NULL), &err) < 0) {
    find(build, TLS4217_COMPLAINT_WARNING, "%s: %s", pair->label, err.text);
  }

  tls4217_error_clear(&err);
  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_fileguard_key(key_file, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    find(
      build, TLS4217_COMPLAINT_WARNING, "%s: %s", files->directive, err.text);
  }
}

/* That of the previous generation for the same files, or NULL. */
static struct tls4217_credential *find_previous(
  const struct build *build, const struct tls4217_certificate_files *files) {
  const struct tls4217_generation *previous = build->previous;

  for (size_t i = 0; previous != NULL && i < previous->npairs; i++) {
    if (tls4217_credential_is_of(previous->credentials[i], files)) {
      return previous->credentials[i];
    }
  }

  return NULL;
}

static struct tls4217_credential *get_last_good(
  const struct build *build, const struct tls4217_certificate_files *files) {
  struct tls4217_credential *credential = find_previous(build, files);

  if (credential != NULL && tls4217_credential_is_usable(credential)) {
    return tls4217_credential_share(credential);
  }

  credential = tls4217_credential_recall(build->rec, files);
  if (credential == NULL) {
    tls4217_error_set(build->err, ENOENT,
      "%s '%s': there is no previous working certificate", files->directive,
      files->cert_file);
  }

  return credential;
}

static struct tls4217_credential *get_from_files(
  const struct build *build, const struct tls4217_certificate_files *files) {
  struct tls4217_credential *credential = find_previous(build, files);

  return credential != NULL && tls4217_credential_is_current(credential) ?
    tls4217_credential_share(credential) :
    tls4217_credential_load(build->rec, files, build->err);
}

static int add_pair(
  const struct build *build, const struct tls4217_certificate_files *files) {
  struct tls4217_generation *generation = build->generation;
  const size_t at = generation->npairs;
  struct tls4217_credential *credential = build->source ==
      TLS4217_GENERATION_FROM_FILES ?
    get_from_files(build, files) :
    get_last_good(build, files);

  if (credential == NULL) {
    return -1;
  }

  generation->credentials[at] = credential;
  generation->npairs++;
  generation->pairs[at] = tls4217_keypair_copy(
    tls4217_credential_pair(credential), build->err);
  if (generation->pairs[at] == NULL) {
    return -1;
  }

  generation->pairs[at]->label = pstrcat(
    generation->pool, files->directive, " '", files->cert_file, "'", NULL);
  find_weaknesses(build, files, generation->pairs[at]);
  find_fingerprint(build, files, generation->pairs[at]);
  return 0;
}

static int check_self_signed(const struct build *build) {
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_selfsigning_check(build->settings, &err);
  if (res > 0) {
    find(build, TLS4217_COMPLAINT_WARNING, "%s", err.text);

  } else if (res < 0) {
    *build->err = err;
  }

  return res < 0 ? -1 : 0;
}

static int add_pairs(const struct build *build) {
  if (check_self_signed(build) < 0) {
    return -1;
  }

  for (size_t i = 0; i < build->settings->nfiles; i++) {
    if (add_pair(build, &build->settings->files[i]) < 0) {
      return -1;
    }
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

/* CAs. */

/* CAs and revocation lists, where clients are asked for a certificate. */
static int add_verify(const struct build *build) {
  const struct tls4217_verify_settings *verify = &build->settings->client
                                                    .verify;

  if (verify->mode == TLS4217_VERIFY_OFF) {
    return 0;
  }

  pr_signals_block();
  PRIVS_ROOT
  build->generation->verify = tls4217_verify_new(verify, build->err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  return build->generation->verify != NULL ? 0 : -1;
}

/* The CAs that the settings name, for clients or not: an intermediate of the
 * server's own may be found only there. */
static STACK_OF(X509) * read_cas(const struct build *build) {
  const struct tls4217_verify_settings *verify = &build->settings->client
                                                    .verify;
  STACK_OF(X509) *certs = tls4217_castore_list_new();
  struct tls4217_error err;
  int res = 0;

  if (certs == NULL) {
    return NULL;
  }

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  if (verify->ca_file != NULL) {
    res = tls4217_castore_read_file(verify->ca_file, certs, &err);
    tls4217_error_about(&err, "TLSCACertificateFile");
  }

  if (res == 0 && verify->ca_path != NULL) {
    res = tls4217_castore_read_dir(verify->ca_path, certs, &err);
    tls4217_error_about(&err, "TLSCACertificatePath");
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();

  /* Where clients are verified with them, that has been an error. */
  if (res < 0) {
    find(build, TLS4217_COMPLAINT_WARNING, "%s", err.text);
  }

  return certs;
}

static int complete_chains(const struct build *build) {
  STACK_OF(X509) *cas = read_cas(build);
  int res = 0;

  for (size_t i = 0; i < build->generation->npairs && res >= 0; i++) {
    struct tls4217_keypair *pair = build->generation->pairs[i];
    struct tls4217_error err;

    tls4217_error_clear(&err);
    res = tls4217_chain_complete(pair, cas, &err);
    if (res < 0) {
      tls4217_error_about(&err, pair->label);
      *build->err = err;

    } else if (tls4217_chain_check(pair, cas, &err) < 0) {
      find(build, TLS4217_COMPLAINT_WARNING, "%s: %s", pair->label, err.text);
    }
  }

  tls4217_castore_list_free(cas);
  return res < 0 ? -1 : 0;
}

/* The context. */

/* A session must never be resumed at another host or under other rules. */
static const char *describe_scope(const struct build *build) {
  const server_rec *rec = build->rec;
  char number[32], verify[TLS4217_VERIFY_DESCRIPTION_SIZE];

  (void) snprintf(number, sizeof(number), "%u", rec->sid);
  tls4217_verify_describe(build->generation->verify, verify);
  return pstrcat(build->generation->pool, "mod_tls4217 server ", number, " ",
    rec->ServerName, " ", verify, NULL);
}

/* What of the settings cannot be negotiated. */
static int check_offer(const struct build *build) {
  const struct tls4217_generation *generation = build->generation;
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_offer_check(generation->context, build->settings->tls.versions,
    generation->pairs, generation->npairs, &err);
  if (res < 0) {
    *build->err = err;

  } else if (res > 0) {
    find(build, TLS4217_COMPLAINT_WARNING, "%s", err.text);
  }

  return res < 0 ? -1 : 0;
}

/* TLSDHParamFile: where it cannot be used, OpenSSL's own groups serve. */
static void use_dh_group(const struct build *build) {
  const char *path = build->settings->dh_file;
  struct tls4217_context *context = build->generation->context;
  struct tls4217_error err;
  int res;

  if (path == NULL) {
    return;
  }

  if (tls4217_offer_has_dhe(context) == false) {
    find(build, TLS4217_COMPLAINT_WARNING,
      "TLSDHParamFile has no effect: no suite with DHE is offered; remove it, "
      "or name such suites in TLSCipherSuite");
    return;
  }

  tls4217_error_clear(&err);
  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_context_use_group(context, path, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    find(build, TLS4217_COMPLAINT_WARNING,
      "TLSDHParamFile: %s; a group of OpenSSL's, as strong as the "
      "certificate, is used",
      err.text);
  }
}

static int add_context(const struct build *build) {
  struct tls4217_generation *generation = build->generation;
  const struct tls4217_context_settings wanted = {
    .parameters = build->settings->tls,
    .no_decryption = tls4217_keyprocess_is_there(),
    .verify = generation->verify,
    .pairs = generation->pairs,
    .npairs = generation->npairs,
    .scope = describe_scope(build),
  };

  generation->context = tls4217_context_new(&wanted, build->err);
  if (generation->context == NULL) {
    return -1;
  }

  use_dh_group(build);
  return check_offer(build);
}

static struct tls4217_generation *make(void) {
  pool *p = make_sub_pool(permanent_pool);
  struct tls4217_generation *generation;

  pr_pool_tag(p, MOD_TLS4217_VERSION " generation");
  generation = pcalloc(p, sizeof(*generation));
  generation->pool = p;
  generation->findings = make_array(p, 2, sizeof(struct finding));
  return generation;
}

struct tls4217_generation *tls4217_generation_build(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *previous,
  enum tls4217_generation_source source, struct tls4217_error *err) {
  const struct build build = { .rec = rec,
    .settings = settings,
    .previous = previous,
    .source = source,
    .generation = make(),
    .err = err };

  if (add_pairs(&build) < 0 || add_verify(&build) < 0 ||
    complete_chains(&build) < 0 || add_context(&build) < 0) {
    tls4217_generation_free(build.generation);
    return NULL;
  }

  return build.generation;
}

static void complain(const server_rec *rec, const struct finding *finding) {
  switch (finding->kind) {
    case TLS4217_COMPLAINT_NOTICE:
      tls4217_complaints_notice(rec, "%s", finding->text);
      break;

    case TLS4217_COMPLAINT_WARNING:
      tls4217_complaints_warning(rec, "%s", finding->text);
      break;

    case TLS4217_COMPLAINT_ERROR:
      tls4217_complaints_error(rec, "%s", finding->text);
      break;
  }
}

void tls4217_generation_accept(
  const struct tls4217_generation *generation, const server_rec *rec) {
  const struct finding *findings = generation->findings->elts;

  for (size_t i = 0; i < generation->npairs; i++) {
    tls4217_credential_accept(generation->credentials[i]);
  }

  for (unsigned int i = 0; i < generation->findings->nelts; i++) {
    complain(rec, &findings[i]);
  }
}

bool tls4217_generation_has_lost_key(
  const struct tls4217_generation *generation) {
  for (size_t i = 0; i < generation->npairs; i++) {
    if (tls4217_credential_has_lost_key(generation->credentials[i])) {
      return true;
    }
  }

  return false;
}

void tls4217_generation_free(struct tls4217_generation *generation) {
  if (generation == NULL) {
    return;
  }

  tls4217_context_free(generation->context);
  tls4217_verify_free(generation->verify);
  for (size_t i = 0; i < generation->npairs; i++) {
    tls4217_keypair_free(generation->pairs[i]);
    tls4217_credential_release(generation->credentials[i]);
  }

  destroy_pool(generation->pool);
}
