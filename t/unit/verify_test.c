/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/verify.c
 *
 * Which certificates hold, in real handshakes of both TLS versions: one that
 * does not hold lets the handshake complete, is told by its first error, and
 * leaves no session behind that could be resumed.
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TIMEOUT      5000

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* Who there is.  inter is below root; stranger's CA is not known. */
enum who {
  GOOD,
  BELOW, /* below inter, which the client sends */
  LOST,  /* below inter, which it does not send */
  EXPIRED,
  EARLY,
  FOR_SERVERS,
  STRANGER,
  ALONE, /* signed by itself */
  REVOKED,
  NOBODY /* no certificate */
};

static struct pki_dir *dir;
static struct pki_cert *root, *inter, *other, *server_leaf;
static struct pki_cert *people[NOBODY];
static const char *root_file, *all_crls, *root_crl, *old_crl, *inter_revoked;

/* Writes a list of a CA's; revoked may be NULL. */
static void add_crl(const char *file, const struct pki_cert *issuer,
  const struct pki_cert *revoked, long to_days) {
  X509_CRL *crl = X509_CRL_new();
  ASN1_TIME *from = X509_gmtime_adj(NULL, -60L * 24 * 3600);
  ASN1_TIME *to = X509_gmtime_adj(NULL, to_days * 24 * 3600);
  BIO *bio = BIO_new_file(file, "ab");

  assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
  assert_int_equal(
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert)), 1);
  assert_int_equal(X509_CRL_set1_lastUpdate(crl, from), 1);
  assert_int_equal(X509_CRL_set1_nextUpdate(crl, to), 1);

  if (revoked != NULL) {
    X509_REVOKED *entry = X509_REVOKED_new();

    (void) X509_REVOKED_set_serialNumber(
      entry, X509_get_serialNumber(revoked->cert));
    (void) X509_REVOKED_set_revocationDate(entry, from);
    assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
  }

  assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
  assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);

  BIO_free(bio);
  ASN1_TIME_free(from);
  ASN1_TIME_free(to);
  X509_CRL_free(crl);
}

static struct pki_cert *person(
  const struct pki_cert *issuer, long from_days, long to_days) {
  const struct pki_spec spec = { .name = "alice",
    .issuer = issuer,
    .is_client = true,
    .from_days = from_days,
    .to_days = to_days };

  return pki_make(&spec);
}

static int make_world(void **state) {
  (void) state;

  dir = pki_dir_new();
  root = pki_ca("root", NULL);
  inter = pki_ca("inter", root);
  other = pki_ca("other", NULL);
  server_leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);

  people[GOOD] = person(root, 0, 0);
  people[BELOW] = person(inter, 0, 0);
  people[LOST] = person(inter, 0, 0);
  people[EXPIRED] = person(root, -20, -10);
  people[EARLY] = person(root, 10, 20);
  people[FOR_SERVERS] = pki_leaf("alice", PKI_EC, root);
  people[STRANGER] = person(other, 0, 0);
  people[ALONE] = person(NULL, 0, 0);
  people[REVOKED] = person(root, 0, 0);

  root_file = pki_path(dir, "root.pem");
  pki_add_cert(root_file, root);

  root_crl = pki_path(dir, "root.crl");
  add_crl(root_crl, root, people[REVOKED], 30);
  all_crls = pki_path(dir, "all.crl");
  add_crl(all_crls, root, people[REVOKED], 30);
  add_crl(all_crls, inter, NULL, 30);
  inter_revoked = pki_path(dir, "inter_revoked.crl");
  add_crl(inter_revoked, root, inter, 30);
  add_crl(inter_revoked, inter, NULL, 30);
  old_crl = pki_path(dir, "old.crl");
  add_crl(old_crl, root, NULL, -1);
  return 0;
}

static int end_world(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(people); i++) {
    pki_free(people[i]);
  }

  pki_free(server_leaf);
  pki_free(other);
  pki_free(inter);
  pki_free(root);
  pki_dir_free(dir);
  return 0;
}

static struct tls4217_verify_settings settings_of(
  enum tls4217_verify_mode mode) {
  return (struct tls4217_verify_settings){
    .mode = mode, .depth = TLS4217_VERIFY_DEFAULT_DEPTH, .ca_file = root_file
  };
}

static struct tls4217_context *make_context(
  const struct tls4217_verify_settings *settings) {
  struct tls4217_keypair pair = endpoint_pair(server_leaf, NULL);
  struct tls4217_keypair *pairs[] = { &pair };
  struct tls4217_context_settings wanted = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .pairs = pairs,
    .npairs = 1,
    .scope = "test"
  };
  struct tls4217_verify *verify;
  struct tls4217_context *context;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  verify = tls4217_verify_new(settings, &err);
  assert_string_equal(err.text, "");
  assert_non_null(verify);

  wanted.verify = verify;
  context = tls4217_context_new(&wanted, &err);
  assert_non_null(context);
  tls4217_verify_free(verify);
  return context;
}

/* A client on its way, before a handshake with the server. */
static struct endpoint *start(const struct tls4217_context *context,
  enum tls4217_channel channel, int version, enum who who,
  SSL_SESSION *session) {
  const struct endpoint_spec spec = { .context = context,
    .channel = channel,
    .version = version,
    .session = session };
  struct endpoint *ep = endpoint_new(&spec);

  if (who == NOBODY) {
    return ep;
  }

  assert_int_equal(SSL_use_certificate(ep->client, people[who]->cert), 1);
  assert_int_equal(SSL_use_PrivateKey(ep->client, people[who]->key), 1);
  if (who == BELOW) {
    assert_int_equal(SSL_add1_chain_cert(ep->client, inter->cert), 1);
  }

  return ep;
}

static struct endpoint *connect_client(const struct tls4217_context *context,
  int version, enum who who, SSL_SESSION *session) {
  struct endpoint *ep = start(
    context, TLS4217_CHANNEL_CONTROL, version, who, session);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_connection_handshake(ep->conn, TIMEOUT, &err) !=
    TLS4217_IO_DONE) {
    fail_msg("handshake: %s", err.text);
  }

  endpoint_settle(ep);
  return ep;
}

struct verify_case {
  const char *name;
  enum who who;
  const char **crl; /* NULL: none */
  bool leaf, lenient;
  int depth; /* 0: the default; -1: 0 */
  int want;
};

static const struct verify_case cases[] = {
  { "good", GOOD, NULL, false, false, 0, X509_V_OK },
  { "nobody", NOBODY, NULL, false, false, 0, X509_V_OK },
  { "with its chain", BELOW, NULL, false, false, 0, X509_V_OK },
  { "without its chain", LOST, NULL, false, false, 0,
    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY },
  { "expired", EXPIRED, NULL, false, false, 0, X509_V_ERR_CERT_HAS_EXPIRED },
  { "early", EARLY, NULL, false, false, 0, X509_V_ERR_CERT_NOT_YET_VALID },
  { "for servers", FOR_SERVERS, NULL, false, false, 0,
    X509_V_ERR_INVALID_PURPOSE },
  { "stranger", STRANGER, NULL, false, false, 0,
    X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY },
  { "signed by itself", ALONE, NULL, false, false, 0,
    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT },
  { "too deep", BELOW, NULL, false, false, -1, X509_V_ERR_CERT_CHAIN_TOO_LONG },
  { "revoked, unknown", REVOKED, NULL, false, false, 0, X509_V_OK },
  { "revoked", REVOKED, &root_crl, false, false, 0, X509_V_ERR_CERT_REVOKED },
  { "revoked, leaf", REVOKED, &root_crl, true, false, 0,
    X509_V_ERR_CERT_REVOKED },
  { "revoked, lenient", REVOKED, &root_crl, false, true, 0,
    X509_V_ERR_CERT_REVOKED },
  { "not revoked", GOOD, &root_crl, false, false, 0, X509_V_OK },
  { "all lists", BELOW, &all_crls, false, false, 0, X509_V_OK },
  { "its CA is revoked", BELOW, &inter_revoked, false, false, 0,
    X509_V_ERR_CERT_REVOKED },
  { "its CA is revoked, leaf", BELOW, &inter_revoked, true, false, 0,
    X509_V_OK },
  { "list missing", BELOW, &root_crl, false, false, 0,
    X509_V_ERR_UNABLE_TO_GET_CRL },
  { "list missing, leaf", BELOW, &root_crl, true, false, 0,
    X509_V_ERR_UNABLE_TO_GET_CRL },
  { "list missing, lenient", BELOW, &root_crl, false, true, 0, X509_V_OK },
  { "list missing, lenient, expired", EXPIRED, &root_crl, false, true, 0,
    X509_V_ERR_CERT_HAS_EXPIRED },
  { "list expired", GOOD, &old_crl, false, true, 0,
    X509_V_ERR_CRL_HAS_EXPIRED },
};

static struct tls4217_verify_settings settings_for(
  const struct verify_case *it) {
  struct tls4217_verify_settings settings = settings_of(
    TLS4217_VERIFY_OPTIONAL);

  settings.crl_file = it->crl != NULL ? *it->crl : NULL;
  settings.crl_leaf_only = it->leaf;
  settings.crl_missing_is_ok = it->lenient;
  if (it->depth != 0) {
    settings.depth = 0;
  }

  return settings;
}

static void test_errors(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct tls4217_verify_settings settings = settings_for(&cases[i]);
    struct tls4217_context *context = make_context(&settings);

    for (size_t v = 0; v < COUNT(versions); v++) {
      struct endpoint *ep = connect_client(
        context, versions[v], cases[i].who, NULL);
      int error = tls4217_connection_verify_error(ep->conn);

      if (error != cases[i].want) {
        fail_msg("%s: %d, not %d", cases[i].name, error, cases[i].want);
      }
      assert_int_equal(
        tls4217_connection_peer(ep->conn) == NULL, cases[i].who == NOBODY);
      endpoint_free(ep);
    }

    tls4217_context_free(context);
  }
}

/* What was refused once must come in full again; what was not, need not. */
static void test_resumption(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct tls4217_verify_settings settings = settings_for(&cases[i]);
    struct tls4217_context *context = make_context(&settings);

    for (size_t v = 0; v < COUNT(versions); v++) {
      struct endpoint *ep = connect_client(
        context, versions[v], cases[i].who, NULL);
      struct endpoint *again = connect_client(
        context, versions[v], cases[i].who, ep->session);
      struct tls4217_connection_info info;

      tls4217_connection_info(again->conn, &info);
      assert_int_equal(
        tls4217_connection_verify_error(again->conn), cases[i].want);

      /* The server does not know the chain that the client has sent. */
      if (info.resumed !=
        (cases[i].want == X509_V_OK && cases[i].who != BELOW)) {
        fail_msg("%s: resumed %d", cases[i].name, info.resumed);
      }

      endpoint_free(again);
      endpoint_free(ep);
    }

    tls4217_context_free(context);
  }
}

/* An earlier ticket, at a server that has learnt more since. */
static void test_resumption_elsewhere(void **unused) {
  static const char **const lists[] = { NULL, &root_crl };

  (void) unused;

  for (size_t v = 0; v < COUNT(versions); v++) {
    struct tls4217_context *contexts[2];
    struct tls4217_connection_info info;
    struct endpoint *before, *after;

    for (size_t i = 0; i < COUNT(lists); i++) {
      struct tls4217_verify_settings settings = settings_of(
        TLS4217_VERIFY_REQUIRED);

      settings.crl_file = lists[i] != NULL ? *lists[i] : NULL;
      contexts[i] = make_context(&settings);
    }

    endpoint_share_tickets(contexts[0], contexts[1]);

    before = connect_client(contexts[0], versions[v], REVOKED, NULL);
    after = connect_client(contexts[1], versions[v], REVOKED, before->session);
    tls4217_connection_info(after->conn, &info);
    assert_false(info.resumed);
    assert_int_equal(
      tls4217_connection_verify_error(after->conn), X509_V_ERR_CERT_REVOKED);
    endpoint_free(after);
    endpoint_free(before);

    before = connect_client(contexts[0], versions[v], GOOD, NULL);
    after = connect_client(contexts[1], versions[v], GOOD, before->session);
    tls4217_connection_info(after->conn, &info);
    assert_true(info.resumed);
    endpoint_free(after);
    endpoint_free(before);

    tls4217_context_free(contexts[0]);
    tls4217_context_free(contexts[1]);
  }
}

/* A client that is refused gets nothing that it could resume elsewhere, where
 * its certificate would hold. */
static void test_refused_client_has_no_session(void **unused) {
  struct tls4217_verify_settings settings = settings_of(
    TLS4217_VERIFY_REQUIRED);
  struct tls4217_context *contexts[2];

  (void) unused;
  contexts[0] = make_context(&settings);
  settings.crl_file = root_crl;
  contexts[1] = make_context(&settings);
  endpoint_share_tickets(contexts[0], contexts[1]);

  for (size_t v = 0; v < COUNT(versions); v++) {
    struct endpoint *refused, *after;
    const SSL_SESSION *session;
    struct tls4217_connection_info info;

    refused = connect_client(contexts[1], versions[v], REVOKED, NULL);
    assert_int_equal(
      tls4217_connection_verify_error(refused->conn), X509_V_ERR_CERT_REVOKED);
    session = refused->session != NULL ? refused->session :
                                         SSL_get0_session(refused->client);
    after = connect_client(
      contexts[0], versions[v], REVOKED, (SSL_SESSION *) session);
    tls4217_connection_info(after->conn, &info);
    assert_false(info.resumed);
    assert_int_equal(tls4217_connection_verify_error(after->conn), X509_V_OK);
    endpoint_free(after);
    endpoint_free(refused);
  }

  tls4217_context_free(contexts[0]);
  tls4217_context_free(contexts[1]);
}

/* A certificate in a ticket is held to what one in a handshake is. */
static void test_what_still_holds(void **unused) {
  static const struct {
    enum who who;
    bool want;
  } rows[] = {
    { GOOD, true },
    { FOR_SERVERS, false },
    { EXPIRED, false },
    { EARLY, false },
    { STRANGER, false },
    { ALONE, false },
    { REVOKED, false },
  };
  struct tls4217_verify_settings settings = settings_of(
    TLS4217_VERIFY_REQUIRED);
  struct tls4217_context *context;
  struct endpoint *ep;

  (void) unused;
  settings.crl_file = root_crl;
  context = make_context(&settings);
  ep = connect_client(context, TLS1_3_VERSION, GOOD, NULL);
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_int_equal(
      tls4217_verify_still_holds(
        tls4217_connection_ssl(ep->conn), people[rows[i].who]->cert),
      rows[i].want);
  }

  endpoint_free(ep);
  tls4217_context_free(context);
}

static void test_required(void **unused) {
  const struct tls4217_verify_settings settings = settings_of(
    TLS4217_VERIFY_REQUIRED);
  struct tls4217_context *context = make_context(&settings);

  (void) unused;

  for (size_t v = 0; v < COUNT(versions); v++) {
    struct endpoint *ep = start(
      context, TLS4217_CHANNEL_CONTROL, versions[v], NOBODY, NULL);
    struct tls4217_error err;

    tls4217_error_clear(&err);
    assert_int_equal(
      tls4217_connection_handshake(ep->conn, TIMEOUT, &err), TLS4217_IO_FAILED);
    assert_non_null(strstr(err.text, "TLSVerifyClient"));
    endpoint_free(ep);

    /* On a data connection the reply says it. */
    ep = start(context, TLS4217_CHANNEL_DATA, versions[v], NOBODY, NULL);
    assert_int_equal(tls4217_connection_handshake(ep->conn, TIMEOUT, &err), 0);
    assert_null(tls4217_connection_peer(ep->conn));
    endpoint_free(ep);
  }

  tls4217_context_free(context);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_errors),
    cmocka_unit_test(test_resumption),
    cmocka_unit_test(test_resumption_elsewhere),
    cmocka_unit_test(test_refused_client_has_no_session),
    cmocka_unit_test(test_what_still_holds),
    cmocka_unit_test(test_required),
  };

  return cmocka_run_group_tests(tests, make_world, end_world);
}
