/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/ and tls/context.c where memory runs out
 *
 * A daemon that rereads its certificates must not end because of it, nor serve
 * half of what it was told: each of these either succeeds as a whole, or says
 * why not and leaves nothing behind.
 */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/certdir.h"
#include "mod_tls4217/tls/cert/certinfo.h"
#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/cert/identity.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/selfsigned.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/contextmap.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/ticketring.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/pki.h"
#include "t/unit/scarce.h"

static struct {
  struct pki_dir *dir;
  struct pki_cert *root, *upper, *leaf, *rsa;
  const char *chain_file, *rsa_file, *ca_file, *ca_path, *crl_file;
  struct tls4217_keypair *pair, *rsa_pair;
  struct tls4217_context *otherwise;
} made;

static const char *name_file(const char *name) {
  return pki_path(made.dir, name);
}

static void write_crl(const char *file) {
  X509_CRL *crl = X509_CRL_new();
  ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
  BIO *bio = BIO_new_file(file, "wb");

  assert_int_equal(
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(made.root->cert)), 1);
  assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
  assert_int_equal(X509_CRL_set1_nextUpdate(crl, now), 1);
  assert_true(X509_CRL_sign(crl, made.root->key, EVP_sha256()) > 0);
  assert_int_equal(PEM_write_bio_X509_CRL(bio, crl), 1);
  ASN1_TIME_free(now);
  BIO_free(bio);
  X509_CRL_free(crl);
}

static int make(void **state) {
  const struct pki_spec leaf = { .name = "ftp.example.org",
    .alt_names = "DNS:ftp.example.org,IP:192.0.2.1,email:a@example.org,"
                 "URI:ftp://example.org",
    .issuer = NULL };
  struct pki_spec spec = leaf;

  (void) state;
  made.dir = pki_dir_new();
  made.root = pki_ca("Root", NULL);
  made.upper = pki_ca("Upper", made.root);
  spec.issuer = made.upper;
  made.leaf = pki_make(&spec);
  made.rsa = pki_leaf("ftp.example.org", PKI_RSA, NULL);

  made.chain_file = name_file("chain.pem");
  pki_add_cert(made.chain_file, made.leaf);
  pki_add_cert(made.chain_file, made.upper);
  pki_add_key(made.chain_file, made.leaf, NULL);

  made.rsa_file = name_file("rsa.pem");
  pki_add_cert(made.rsa_file, made.rsa);
  pki_add_traditional_key(made.rsa_file, made.rsa, NULL);

  made.ca_file = name_file("ca.pem");
  pki_add_cert(made.ca_file, made.root);
  pki_add_cert(made.ca_file, made.upper);
  made.ca_path = pki_dir_path(made.dir);
  made.crl_file = name_file("crl.pem");
  write_crl(made.crl_file);

  made.pair = tls4217_keypair_load(made.chain_file, NULL, NULL, NULL);
  made.rsa_pair = tls4217_keypair_load(made.rsa_file, NULL, NULL, NULL);
  return made.pair == NULL || made.rsa_pair == NULL;
}

static int end(void **state) {
  (void) state;
  tls4217_keypair_free(made.pair);
  tls4217_keypair_free(made.rsa_pair);
  pki_free(made.root);
  pki_free(made.upper);
  pki_free(made.leaf);
  pki_free(made.rsa);
  pki_dir_free(made.dir);
  return 0;
}

/* Pairs. */

static bool load(void *file, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keypair_load(
    file, NULL, made.ca_file, err);

  tls4217_keypair_free(pair);
  return pair != NULL;
}

static bool copy(void *unused, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keypair_copy(made.pair, err);

  (void) unused;
  tls4217_keypair_free(pair);
  return pair != NULL;
}

static bool print_fingerprint(void *unused, struct tls4217_error *err) {
  char text[TLS4217_FINGERPRINT_SIZE];

  (void) unused;
  return tls4217_keypair_fingerprint(made.pair, text, err) == 0;
}

static bool create(void *name, struct tls4217_error *err) {
  bool good = tls4217_selfsigned_create(name, "ftp.example.org", err) == 1;

  /* Nothing half made is left. */
  assert_int_equal(access(name, F_OK) == 0, good);
  (void) unlink(name);
  return good;
}

static bool complete_chain(void *unused, struct tls4217_error *err) {
  int left = scarce_suspend();
  struct tls4217_keypair *pair = tls4217_keypair_copy(made.pair, NULL);
  STACK_OF(X509) *cas = sk_X509_new_null();
  bool good;

  (void) unused;
  X509_free(sk_X509_pop(pair->chain));
  assert_int_equal(tls4217_castore_read_file(made.ca_file, cas, NULL), 0);
  scarce_resume(left);

  good = tls4217_chain_complete(pair, cas, err) >= 0 &&
    tls4217_chain_check(pair, cas, err) == 0;

  left = scarce_suspend();
  tls4217_keypair_free(pair);
  tls4217_castore_list_free(cas);
  scarce_resume(left);
  return good;
}

static void test_pairs(void **state) {
  (void) state;
  scarce_repeat("load, EC", load, (void *) (uintptr_t) made.chain_file);
  scarce_repeat("load, RSA", load, (void *) (uintptr_t) made.rsa_file);
  scarce_repeat("copy", copy, NULL);
  scarce_repeat("fingerprint", print_fingerprint, NULL);
  scarce_repeat("create", create, (void *) (uintptr_t) name_file("own.pem"));
  scarce_repeat("chain", complete_chain, NULL);
}

/* Clients' certificates. */

static bool read_cas(void *path, struct tls4217_error *err) {
  char hex[2 * EVP_MAX_MD_SIZE + 1];
  STACK_OF(X509) *certs = tls4217_castore_list_new();
  bool good;

  if (certs == NULL) {
    tls4217_error_set(err, ENOMEM, "no list");
    return false;
  }

  good = (path == NULL ? tls4217_castore_read_file(made.ca_file, certs, err) :
                         tls4217_castore_read_dir(path, certs, err)) == 0 &&
    tls4217_castore_digest(certs, hex, err) == 0;
  tls4217_castore_list_free(certs);
  return good;
}

static bool verify_clients(void *unused, struct tls4217_error *err) {
  const struct tls4217_verify_settings settings = {
    .mode = TLS4217_VERIFY_REQUIRED,
    .depth = 9,
    .ca_file = made.ca_file,
    .crl_file = made.crl_file
  };
  struct tls4217_verify *verify = tls4217_verify_new(&settings, err);
  SSL_CTX *ctx;
  bool good = verify != NULL;

  (void) unused;
  if (good) {
    int left = scarce_suspend();

    ctx = SSL_CTX_new(TLS_server_method());
    scarce_resume(left);
    good = tls4217_verify_install(verify, ctx, err) == 0;
    SSL_CTX_free(ctx);
  }

  tls4217_verify_free(verify);
  return good;
}

static bool identify(void *unused, struct tls4217_error *err) {
  struct tls4217_identity *identity = tls4217_identity_new(
    made.leaf->cert, err);

  (void) unused;
  if (identity != NULL) {
    /* What these cannot look at does not match. */
    (void) tls4217_identity_has_alt_name(
      identity, TLS4217_IDENTITY_DNS, "ftp.example.org");
    (void) tls4217_identity_has_value(identity, "2.5.4.3", "ftp.example.org");
  }

  tls4217_identity_free(identity);
  return identity != NULL;
}

static void put_nothing(void *user, const char *name, const char *value) {
  (void) user;
  assert_non_null(name);
  assert_non_null(value);
}

/* It is for the environment, and leaves out what it cannot have. */
static bool list_names(void *unused, struct tls4217_error *err) {
  (void) unused;
  tls4217_certinfo_list(made.leaf->cert, put_nothing, NULL);
  tls4217_certinfo_pem(made.leaf->cert, put_nothing, NULL);
  tls4217_certinfo_chain(made.pair->chain, put_nothing, NULL);
  tls4217_error_set(err, 0, "no error");
  return scarce_end() == false;
}

static void test_clients(void **state) {
  (void) state;
  scarce_repeat("CAs in a file", read_cas, NULL);
  scarce_repeat("CAs in a folder", read_cas, (void *) (uintptr_t) made.ca_path);
  scarce_repeat("verification", verify_clients, NULL);
  scarce_repeat("identity", identify, NULL);
}

static void test_environment(void **state) {
  (void) state;
  for (int left = 1; left < 2000; left++) {
    struct tls4217_error err = { .text = "" };

    scarce_leave(left);
    (void) list_names(NULL, &err);
    (void) scarce_end();
  }
}

/* Contexts. */

static bool make_context(void *policy, struct tls4217_error *err) {
  static const struct tls4217_ticketring_rules rules = { 60, 3 };
  static struct tls4217_ticketring ring;
  struct tls4217_keypair *pairs[] = { made.pair, made.rsa_pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .parameters.groups = policy,
    .pairs = pairs,
    .npairs = 2,
    .scope = "test",
  };
  struct tls4217_context *context = tls4217_context_new(&settings, err);
  bool good = context != NULL &&
    tls4217_ticketring_tend(&ring, &rules, 1, err) >= 0 &&
    tls4217_ticketring_apply(&ring, context, 1, 1, err) == 0 &&
    tls4217_offer_check(context, settings.parameters.versions, pairs, 2, err) ==
      0;

  tls4217_context_free(context);
  return good;
}

static bool check_words(void *list, struct tls4217_error *err) {
  return tls4217_offer_check_words(TLS4217_OFFER_SUITES,
           "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384", err) == 0 &&
    tls4217_offer_check_words(TLS4217_OFFER_CIPHERS, list, err) == 0 &&
    tls4217_offer_check_words(TLS4217_OFFER_GROUPS, "X25519:P-256", err) == 0;
}

/* Those by name: two certificates of one name, by kind of key. */
static bool make_names(void *unused, struct tls4217_error *err) {
  struct tls4217_keypair *pairs[] = { made.pair, made.rsa_pair };
  const struct tls4217_context_settings common = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .scope = "test",
  };
  struct tls4217_contextmap *map = tls4217_contextmap_new(
    &common, made.otherwise, pairs, 2, err);

  (void) unused;
  if (map != NULL) {
    assert_non_null(tls4217_contextmap_find(map, "ftp.example.org"));
    assert_ptr_not_equal(
      tls4217_contextmap_find(map, "ftp.example.org"), made.otherwise);
  }

  tls4217_contextmap_free(map);
  return map != NULL;
}

static bool list_directory(void *path, struct tls4217_error *err) {
  struct tls4217_certdir dir;
  bool good = tls4217_certdir_read(path, &dir, err) == 0;

  assert_true(good == (dir.count > 0));
  tls4217_certdir_clear(&dir);
  return good;
}

/* Folders with a certificate, and files. */
static void test_directory(void **state) {
  const char *folder = name_file("folder"), *inner;
  int fd;

  (void) state;
  assert_int_equal(mkdir(folder, 0700), 0);
  inner = name_file("folder/fullchain.pem");
  fd = open(inner, O_WRONLY | O_CREAT, 0600);
  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
  scarce_repeat("directory", list_directory, (void *) (uintptr_t) made.ca_path);
  assert_int_equal(unlink(inner), 0);
  assert_int_equal(rmdir(folder), 0);
}

static void test_names(void **state) {
  struct tls4217_keypair *pairs[] = { made.rsa_pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .pairs = pairs,
    .npairs = 1,
    .scope = "test",
  };

  (void) state;
  made.otherwise = tls4217_context_new(&settings, NULL);
  assert_non_null(made.otherwise);
  scarce_repeat("names", make_names, NULL);
  tls4217_context_free(made.otherwise);
}

static void test_contexts(void **state) {
  static char groups[] = "X25519:P-256";
  static char ciphers[] = "ECDHE+AESGCM";

  (void) state;
  scarce_repeat("context", make_context, NULL);
  scarce_repeat("context with groups", make_context, groups);
  scarce_repeat("words", check_words, ciphers);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_pairs),
    cmocka_unit_test(test_clients),
    cmocka_unit_test(test_environment),
    cmocka_unit_test(test_contexts),
    cmocka_unit_test(test_names),
    cmocka_unit_test(test_directory),
  };

  return scarce_install(2500) ? cmocka_run_group_tests(tests, make, end) : 1;
}
