/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with
 *
 * See generation.h.  Certificates are read by the daemon, as root: a session
 * opens no certificate file.  Which files and policies a host has is in
 * settings.h; how a file is read and checked, in tls/cert/.
 */

#include "mod_tls4217/ftp/daemon/buildpairs.h"
#include "mod_tls4217/ftp/daemon/generation.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/remembered.h"
#include "mod_tls4217/ftp/daemon/stapling.h"
#include "mod_tls4217/ftp/daemon/tokenfork.h"
#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/offer.h"

/* CAs. */

/* By which those of the same files are found after SIGHUP. */
static const char *name_files(
  pool *p, const char *name, const struct tls4217_verify_settings *verify) {
  const char *const paths[] = { verify->ca_file, verify->ca_path,
    verify->crl_file, verify->crl_path };

  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    name = pstrcat(p, name, "|", paths[i] != NULL ? paths[i] : "", NULL);
  }

  return name;
}

/* What the same files had before SIGHUP; NULL: nothing. */
static struct tls4217_verify *recall_verify(
  const struct tls4217_building *build) {
  struct tls4217_error err;
  size_t size = 0;
  const void *bytes = tls4217_remembered_find(
    tls4217_keychannel_scope(build->rec), build->generation->verify_files,
    &size);

  tls4217_error_clear(&err);
  return bytes != NULL ?
    tls4217_verify_recall(&build->settings->client.verify, bytes, size, &err) :
    NULL;
}

/*
 * CAs and revocation lists, where clients are asked for a certificate.  Where
 * their files cannot be used after SIGHUP, what they had before serves, and
 * the error says why.
 */
static int add_verify(const struct tls4217_building *build) {
  const struct tls4217_verify_settings *verify = &build->settings->client
                                                    .verify;
  struct tls4217_generation *generation = build->generation;

  if (verify->mode == TLS4217_VERIFY_OFF) {
    return 0;
  }

  generation->verify_files = name_files(generation->pool, "CAs", verify);
  pr_signals_block();
  PRIVS_ROOT
  generation->verify = tls4217_verify_new(verify, build->err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (generation->verify == NULL) {
    generation->verify = recall_verify(build);
  }

  return generation->verify != NULL ? 0 : -1;
}

/* Those of the files, as root.  Returns 0, or -1 with err filled. */
static int read_ca_files(const struct tls4217_verify_settings *verify,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  int res = 0;

  pr_signals_block();
  PRIVS_ROOT
  if (verify->ca_file != NULL) {
    res = tls4217_castore_read_file(verify->ca_file, certs, err);
    tls4217_error_about(err, "TLSCACertificateFile");
  }

  if (res == 0 && verify->ca_path != NULL) {
    res = tls4217_castore_read_dir(verify->ca_path, certs, err);
    tls4217_error_about(err, "TLSCACertificatePath");
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return res;
}

/* What the same files had: in the generation before, or before SIGHUP. */
static bool recall_cas(const struct tls4217_building *build) {
  const struct tls4217_generation *before = build->previous;
  struct tls4217_generation *generation = build->generation;
  struct tls4217_error err;
  const void *bytes;
  size_t size = 0;

  tls4217_castore_list_free(generation->cas.certs);
  generation->cas.certs = tls4217_castore_list_new();
  if (before != NULL && before->cas_files != NULL &&
    strcmp(before->cas_files, generation->cas_files) == 0) {
    generation->cas.certs = tls4217_castore_list_add(
      generation->cas.certs, before->cas.certs);
    return generation->cas.certs != NULL;
  }

  tls4217_error_clear(&err);
  bytes = tls4217_remembered_find(
    tls4217_keychannel_scope(build->rec), generation->cas_files, &size);
  return bytes != NULL &&
    tls4217_trust_read(&generation->cas, bytes, size, &err) == 0;
}

/* CAs that are for no client: an intermediate of the server's own may be found
 * only there. */
static void add_cas(const struct tls4217_building *build) {
  const struct tls4217_verify_settings *verify = &build->settings->client
                                                    .verify;
  struct tls4217_generation *generation = build->generation;
  struct tls4217_error err;
  bool is_recalled;

  if (generation->verify != NULL ||
    (verify->ca_file == NULL && verify->ca_path == NULL)) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_trust_init(&generation->cas, &err) < 0) {
    return;
  }

  generation->cas_files = name_files(generation->pool, "chains", verify);
  if (read_ca_files(verify, generation->cas.certs, &err) == 0) {
    return;
  }

  is_recalled = recall_cas(build);
  tls4217_building_find(build, TLS4217_COMPLAINT_WARNING, "%s%s", err.text,
    is_recalled ? "; what it had before remains in use" : "");
  if (is_recalled == false) {
    generation->cas_files = NULL;
  }
}

/* The CAs that the settings name, for clients or not. */
static STACK_OF(X509) * list_cas(const struct tls4217_building *build) {
  const struct tls4217_generation *generation = build->generation;
  STACK_OF(X509) *certs = tls4217_castore_list_new();
  const STACK_OF(X509) *read = generation->verify != NULL ?
    tls4217_verify_trust(generation->verify)->certs :
    generation->cas.certs;

  return certs != NULL && read != NULL ?
    tls4217_castore_list_add(certs, (STACK_OF(X509) *) read) :
    certs;
}

/* What the directory had in the previous generation was checked for it. */
static bool is_new(const struct tls4217_building *build, size_t at) {
  const struct tls4217_generation *previous = build->previous;
  const struct tls4217_credential *credential = build->generation
                                                  ->credentials[at];

  for (size_t i = previous != NULL ? previous->nnamed_from : 0;
       previous != NULL && i < previous->npairs; i++) {
    if (previous->credentials[i] == credential) {
      return false;
    }
  }

  return true;
}

/* What is wrong with a chain; the same of several certificates, once. */
static void find_chain_trouble(const struct tls4217_building *build,
  array_header *causes, const char *label, const char *cause) {
  for (unsigned int i = 0; i < causes->nelts; i++) {
    if (strcmp(((const char **) causes->elts)[i], cause) == 0) {
      return;
    }
  }

  *((const char **) push_array(causes)) = pstrdup(
    build->generation->pool, cause);
  tls4217_building_find(
    build, TLS4217_COMPLAINT_WARNING, "%s: %s", label, cause);
}

static int complete_chains(
  const struct tls4217_building *build, STACK_OF(X509) * cas) {
  array_header *causes = make_array(
    build->generation->pool, 2, sizeof(const char *));
  int res = 0;

  for (size_t i = 0; i < build->generation->npairs && res >= 0; i++) {
    struct tls4217_keypair *pair = build->generation->pairs[i];
    struct tls4217_error err;

    tls4217_error_clear(&err);
    res = tls4217_chain_complete(pair, cas, &err);
    if (res < 0) {
      tls4217_error_about(&err, pair->label);
      *build->err = err;

    } else if (is_new(build, i) && tls4217_chain_check(pair, cas, &err) < 0) {
      find_chain_trouble(build, causes, pair->label, err.text);
    }
  }

  return res < 0 ? -1 : 0;
}

static int add_chains(const struct tls4217_building *build) {
  STACK_OF(X509) * cas;
  int res;

  add_cas(build);
  cas = list_cas(build);
  res = complete_chains(build, cas);

  if (res == 0) {
    tls4217_stapling_add(build, cas);
  }

  tls4217_castore_list_free(cas);
  return res;
}

/* The context. */

/* A session must never be resumed at another host or under other rules. */
static const char *describe_scope(const struct tls4217_building *build) {
  const server_rec *rec = build->rec;
  const struct tls4217_parameters *tls = &build->settings->tls;
  char number[32], verify[TLS4217_VERIFY_DESCRIPTION_SIZE], rules[64];

  (void) snprintf(number, sizeof(number), "%u", rec->sid);
  (void) snprintf(rules, sizeof(rules), "rules %d %u %d", (int) tls->profile,
    tls->versions, tls->weak_security ? 1 : 0);
  tls4217_verify_describe(build->generation->verify, verify);
  return pstrcat(build->generation->pool, "mod_tls4217 server ", number, " ",
    rec->ServerName, " ", verify, " ", rules, " ",
    tls->ciphers != NULL ? tls->ciphers : "-", " ",
    tls->ciphersuites != NULL ? tls->ciphersuites : "-", NULL);
}

/* Where there is no other, one certificate of the directory serves clients that
 * send no server name. */
static size_t count_own(const struct tls4217_generation *generation) {
  return generation->nnamed_from > 0 ? generation->nnamed_from : 1;
}

/* What of the settings cannot be negotiated. */
static int check_offer(const struct tls4217_building *build) {
  const struct tls4217_generation *generation = build->generation;
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_offer_check(generation->context, build->settings->tls.versions,
    generation->pairs, count_own(generation), &err);
  if (res < 0) {
    *build->err = err;

  } else if (res > 0) {
    tls4217_building_find(build, TLS4217_COMPLAINT_WARNING, "%s", err.text);
  }

  return res < 0 ? -1 : 0;
}

/* TLSDHParamFile: where it cannot be used, OpenSSL's own groups serve. */
static void use_dh_group(const struct tls4217_building *build) {
  const char *path = build->settings->dh_file;
  struct tls4217_context *context = build->generation->context;
  struct tls4217_error err;
  int res;

  if (path == NULL) {
    return;
  }

  if (tls4217_offer_has_dhe(context) == false) {
    tls4217_building_find(build, TLS4217_COMPLAINT_WARNING,
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
    tls4217_building_find(build, TLS4217_COMPLAINT_WARNING,
      "TLSDHParamFile: %s; a group of OpenSSL's, as strong as the "
      "certificate, is used",
      err.text);
  }
}

static int add_contexts(const struct tls4217_building *build) {
  struct tls4217_generation *generation = build->generation;
  const size_t from = generation->nnamed_from;
  const struct tls4217_context_settings wanted = {
    .parameters = build->settings->tls,
    .no_decryption = tls4217_keyprocess_is_there() ||
      tls4217_tokenfork_is_used(),
    .verify = generation->verify,
    .pairs = generation->pairs,
    .npairs = count_own(generation),
    .scope = describe_scope(build),
  };

  generation->context = tls4217_context_new(&wanted, build->err);
  if (generation->context == NULL) {
    return -1;
  }

  use_dh_group(build);
  if (check_offer(build) < 0) {
    return -1;
  }

  generation->names = tls4217_contextmap_new(&wanted, generation->context,
    generation->pairs + from, generation->npairs - from, build->err);
  return generation->names != NULL ? 0 : -1;
}

static struct tls4217_generation *make(void) {
  pool *p = make_sub_pool(permanent_pool);
  struct tls4217_generation *generation;

  pr_pool_tag(p, MOD_TLS4217_VERSION " generation");
  generation = pcalloc(p, sizeof(*generation));
  generation->pool = p;
  generation->troubles = make_array(p, 2, sizeof(const char *));
  generation->unusable = make_array(p, 2, sizeof(const char *));
  generation->findings = make_array(p, 2, sizeof(struct tls4217_finding));
  return generation;
}

struct tls4217_generation *tls4217_generation_build(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *previous,
  enum tls4217_generation_source source, struct tls4217_error *err) {
  const struct tls4217_building build = { .rec = rec,
    .settings = settings,
    .previous = previous,
    .source = source,
    .generation = make(),
    .err = err };

  if (tls4217_buildpairs_add(&build) < 0 || add_verify(&build) < 0 ||
    add_chains(&build) < 0 || add_contexts(&build) < 0) {
    tls4217_generation_free(build.generation);
    return NULL;
  }

  return build.generation;
}

static void complain(
  const server_rec *rec, const struct tls4217_finding *finding) {
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
  const struct tls4217_finding *findings = generation->findings->elts;

  for (size_t i = 0; i < generation->npairs; i++) {
    tls4217_credential_accept(generation->credentials[i]);
  }

  for (unsigned int i = 0; i < generation->findings->nelts; i++) {
    complain(rec, &findings[i]);
  }

  tls4217_stapling_check_age(generation, rec);
}

static void remember(
  uint64_t scope, const char *name, const struct tls4217_trust *trust) {
  void *room = tls4217_remembered_put(scope, name, tls4217_trust_size(trust));

  if (room != NULL) {
    tls4217_trust_write(trust, room);
  }
}

void tls4217_generation_remember(
  const struct tls4217_generation *generation, uint64_t scope) {
  if (generation->verify != NULL) {
    remember(scope, generation->verify_files,
      tls4217_verify_trust(generation->verify));
  }

  if (generation->cas_files != NULL) {
    remember(scope, generation->cas_files, &generation->cas);
  }

  tls4217_stapling_remember(generation, scope);
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

const struct tls4217_context *tls4217_generation_find_name(
  const struct tls4217_generation *generation, const char *name) {
  return tls4217_contextmap_find(generation->names, name);
}

const struct tls4217_context *tls4217_generation_find_address(
  const struct tls4217_generation *generation, const pr_netaddr_t *address) {
  const unsigned char *bytes = pr_netaddr_get_inaddr(address);
  size_t size = pr_netaddr_get_inaddr_len(address);
  const struct tls4217_context *context;

  if (pr_netaddr_is_v4mappedv6(address) == TRUE) {
    bytes += size - 4;
    size = 4;
  }

  context = tls4217_contextmap_find_address(generation->names, bytes, size);
  return context != NULL ? context : generation->context;
}

void tls4217_generation_free(struct tls4217_generation *generation) {
  if (generation == NULL) {
    return;
  }

  tls4217_contextmap_free(generation->names);
  tls4217_context_free(generation->context);
  tls4217_verify_free(generation->verify);
  tls4217_trust_clear(&generation->cas);
  tls4217_stapling_release(generation);
  for (size_t i = 0; i < generation->npairs; i++) {
    tls4217_keypair_free(generation->pairs[i]);
    tls4217_credential_release(generation->credentials[i]);
  }

  destroy_pool(generation->pool);
}
