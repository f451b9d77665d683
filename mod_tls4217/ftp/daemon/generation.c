/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with
 *
 * Certificates are read here, as root, and nowhere else: a session opens no
 * certificate file.  Which files and policies a host has is in settings.c;
 * how a file is read and checked, in tls/keypair.c.
 */

#include <time.h>

#include "mod_tls4217/ftp/config/client_check.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/aside.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/generation.h"
#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/cert/fileguard.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/cert/selfsigned.h"

/* The certificate of TLSSelfSignedCertificate, and whom it is for. */
struct self_signed {
  const char *file, *name;
};

static int make_self_signed(void *user, struct tls4217_error *err) {
  const struct self_signed *wanted = user;

  return tls4217_selfsigned_create(wanted->file, wanted->name, err);
}

/* Makes it if it is missing. */
static int create_self_signed(
  const server_rec *rec, const struct tls4217_settings *settings) {
  struct self_signed wanted = { settings->self_signed,
    rec->ServerAddress != NULL ? rec->ServerAddress : "localhost" };
  struct tls4217_error err;
  int made, guard = 0;

  if (settings->self_signed == NULL) {
    return 0;
  }

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  made = tls4217_keyprocess_is_there() ?
    tls4217_aside_run(make_self_signed, &wanted, &err) :
    make_self_signed(&wanted, &err);
  if (made >= 0) {
    guard = tls4217_fileguard_made(settings->self_signed, &err);
  }
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (guard > 0) {
    tls4217_complaints_warning(rec, "TLSSelfSignedCertificate: %s", err.text);
    return 0;
  }

  if (made < 0 || guard < 0) {
    tls4217_complaints_error(rec, "TLSSelfSignedCertificate: %s", err.text);
    return -1;
  }

  return 0;
}

static void announce_self_signed(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE];

  if (files->cert_file == settings->self_signed &&
    tls4217_keypair_fingerprint(pair, fingerprint, NULL) == 0) {
    tls4217_complaints_notice(rec,
      "self-signed certificate '%s' has the SHA-256 fingerprint %s",
      files->cert_file, fingerprint);
  }
}

/* Of the certificate, and of what it names in one. */
static void check_pair(const server_rec *rec,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  const char *key_file = files->key_file != NULL ? files->key_file :
                                                   files->cert_file;
  struct tls4217_error err;
  int res;

  /* Clients will complain, but the server can serve. */
  tls4217_error_clear(&err);
  if (tls4217_keypair_check_time(pair, time(NULL), &err) < 0) {
    tls4217_complaints_warning(rec, "%s: %s", pair->label, err.text);
  }

  tls4217_error_clear(&err);
  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_fileguard_key(key_file, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    tls4217_complaints_warning(rec, "%s: %s", files->directive, err.text);
  }
}

static struct tls4217_keypair *read_pair(
  const struct tls4217_certificate_files *files, struct tls4217_error *err) {
  struct tls4217_keypair *pair;

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_keypair_load(
    files->cert_file, files->key_file, files->chain_file, err);
  PRIVS_RELINQUISH
  pr_signals_unblock();
  return pair;
}

static int load_pair(pool *p, const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_certificate_files *files,
  struct tls4217_generation *generation) {
  struct tls4217_keypair *pair;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  pair = tls4217_keyprocess_is_there() ?
    tls4217_keyprocess_load(rec, files, &err) :
    read_pair(files, &err);
  if (pair == NULL) {
    tls4217_complaints_error(rec, "%s%s: %s", files->directive,
      files->chain_file != NULL ? ", TLSCertificateChainFile" : "", err.text);
    return -1;
  }

  pair->label = pstrcat(p, files->directive, " '", files->cert_file, "'", NULL);
  generation->pairs[generation->npairs++] = pair;
  check_pair(rec, files, pair);
  announce_self_signed(rec, settings, files, pair);
  return 0;
}

static int load_pairs(pool *p, const server_rec *rec,
  const struct tls4217_settings *settings,
  struct tls4217_generation *generation) {
  if (create_self_signed(rec, settings) < 0) {
    return -1;
  }

  for (size_t i = 0; i < settings->nfiles; i++) {
    if (load_pair(p, rec, settings, &settings->files[i], generation) < 0) {
      return -1;
    }
  }

  if (generation->npairs == 0) {
    tls4217_complaints_error(rec,
      "TLSEngine is on, but there is no certificate: add "
      "'TLSCertificateFile /path/fullchain.pem /path/privkey.pem', or "
      "'TLSSelfSignedCertificate /path/file.pem' to have one made");
    return -1;
  }

  return 0;
}

/* Reads CAs and revocation lists, where clients are asked. */
static int load_verify(const server_rec *rec,
  const struct tls4217_settings *settings,
  struct tls4217_generation *generation) {
  struct tls4217_error err;

  if (tls4217_client_check(rec, settings) < 0) {
    return -1;
  }

  if (settings->client.verify.mode == TLS4217_VERIFY_OFF) {
    return 0;
  }

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  generation->verify = tls4217_verify_new(&settings->client.verify, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (generation->verify == NULL) {
    tls4217_complaints_error(rec, "%s", err.text);
    return -1;
  }

  return 0;
}

/* The CAs that the settings name, for clients or not: an
 * intermediate of the server's own may be found only there. */
static STACK_OF(X509) *
  read_authorities(
    const server_rec *rec, const struct tls4217_settings *settings) {
  const struct tls4217_verify_settings *verify = &settings->client.verify;
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
    tls4217_complaints_warning(rec, "%s", err.text);
  }

  return certs;
}

static int complete_chains(const server_rec *rec,
  const struct tls4217_settings *settings,
  struct tls4217_generation *generation) {
  STACK_OF(X509) *authorities = read_authorities(rec, settings);
  struct tls4217_error err;
  int res = 0;

  for (size_t i = 0; i < generation->npairs && res >= 0; i++) {
    struct tls4217_keypair *pair = generation->pairs[i];

    tls4217_error_clear(&err);
    res = tls4217_chain_complete(pair, authorities, &err);
    if (res < 0) {
      tls4217_complaints_error(rec, "%s: %s", pair->label, err.text);

    } else if (tls4217_chain_check(pair, authorities, &err) < 0) {
      tls4217_complaints_warning(rec, "%s: %s", pair->label, err.text);
    }
  }

  tls4217_castore_list_free(authorities);
  return res < 0 ? -1 : 0;
}

/* Says what of the settings cannot be negotiated. */
static int check_offer(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *generation) {
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_offer_check(generation->context, settings->tls.versions,
    generation->pairs, generation->npairs, &err);
  if (res < 0) {
    tls4217_complaints_error(rec, "%s", err.text);

  } else if (res > 0) {
    tls4217_complaints_warning(rec, "%s", err.text);
  }

  return res < 0 ? -1 : 0;
}

/* A session must never be resumed at another host or under other rules. */
static const char *describe_scope(
  pool *p, const server_rec *rec, const struct tls4217_generation *generation) {
  char number[32], verify[TLS4217_VERIFY_DESCRIPTION_SIZE];

  (void) snprintf(number, sizeof(number), "%u", rec->sid);
  tls4217_verify_describe(generation->verify, verify);
  return pstrcat(
    p, "mod_tls4217 server ", number, " ", rec->ServerName, " ", verify, NULL);
}

int tls4217_generation_build(pool *p, const server_rec *rec,
  const struct tls4217_settings *settings,
  struct tls4217_generation *generation) {
  struct tls4217_context_settings wanted = {
    .parameters = settings->tls,
    .no_decryption = tls4217_keyprocess_is_there(),
  };
  struct tls4217_error err;

  memset(generation, 0, sizeof(*generation));
  if (load_pairs(p, rec, settings, generation) < 0 ||
    load_verify(rec, settings, generation) < 0 ||
    complete_chains(rec, settings, generation) < 0) {
    return -1;
  }

  wanted.verify = generation->verify;
  wanted.pairs = generation->pairs;
  wanted.npairs = generation->npairs;
  wanted.scope = describe_scope(p, rec, generation);

  tls4217_error_clear(&err);
  generation->context = tls4217_context_new(&wanted, &err);
  if (generation->context == NULL) {
    tls4217_complaints_error(rec, "%s", err.text);
    return -1;
  }

  if (check_offer(rec, settings, generation) < 0) {
    tls4217_context_free(generation->context);
    generation->context = NULL;
    return -1;
  }

  return 0;
}

int tls4217_generation_check(
  pool *p, const server_rec *rec, const struct tls4217_settings *settings) {
  struct tls4217_generation aside;
  int res;

  memset(&aside, 0, sizeof(aside));
  res = tls4217_keyprocess_is_there() ?
    load_verify(rec, settings, &aside) :
    tls4217_generation_build(p, rec, settings, &aside);
  tls4217_generation_free(&aside);
  return res;
}

void tls4217_generation_free(struct tls4217_generation *generation) {
  tls4217_context_free(generation->context);
  tls4217_verify_free(generation->verify);

  for (size_t i = 0; i < generation->npairs; i++) {
    tls4217_keypair_free(generation->pairs[i]);
  }

  memset(generation, 0, sizeof(*generation));
}
