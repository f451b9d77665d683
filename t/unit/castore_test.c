/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/castore.c
 *
 * Files and directories of CAs and revocation lists, with what people
 * leave beside them, and files that are cut.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "t/unit/pki.h"
#include "t/unit/prompt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct pki_cert *first, *second;

struct world {
  struct pki_dir *dir;
  STACK_OF(X509_CRL) * crls;
  STACK_OF(X509) * certs;
  struct tls4217_error err;
};

static int make_cas(void **state) {
  (void) state;
  first = pki_ca("first", NULL);
  second = pki_ca("second", NULL);
  return 0;
}

static int remove_cas(void **state) {
  (void) state;
  pki_free(first);
  pki_free(second);
  return 0;
}

static int make_world(void **state) {
  struct world *world = calloc(1, sizeof(*world));

  assert_non_null(world);
  world->dir = pki_dir_new();
  world->crls = sk_X509_CRL_new_null();
  world->certs = sk_X509_new_null();
  *state = world;
  return 0;
}

static int end_world(void **state) {
  struct world *world = *state;

  assert_int_equal(ERR_peek_error(), 0);
  sk_X509_pop_free(world->certs, X509_free);
  sk_X509_CRL_pop_free(world->crls, X509_CRL_free);
  pki_dir_free(world->dir);
  free(world);
  return 0;
}

static X509_CRL *make_crl(const struct pki_cert *issuer) {
  X509_CRL *crl = X509_CRL_new();
  ASN1_TIME *now = X509_gmtime_adj(NULL, 0);

  assert_int_equal(
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->cert)), 1);
  assert_int_equal(X509_CRL_set1_lastUpdate(crl, now), 1);
  assert_int_equal(X509_CRL_set1_nextUpdate(crl, now), 1);
  assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
  ASN1_TIME_free(now);
  return crl;
}

static void write_crl(
  const char *file, const struct pki_cert *issuer, bool der) {
  X509_CRL *crl = make_crl(issuer);
  BIO *bio = BIO_new_file(file, "ab");

  assert_int_equal(
    der ? i2d_X509_CRL_bio(bio, crl) : PEM_write_bio_X509_CRL(bio, crl), 1);

  BIO_free(bio);
  X509_CRL_free(crl);
}

/* What OpenSSL 3.3 has, because 4.0 calls the older one deprecated. */
static int count_lists(const struct world *world) {
  return sk_X509_CRL_num(world->crls);
}

static void assert_error(const struct world *world, const char *words) {
  if (strstr(world->err.text, words) == NULL) {
    fail_msg("'%s' lacks '%s'", world->err.text, words);
  }
}

static void test_file_of_cas(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "all.pem");

  pki_add_text(file, "# our clients\n");
  pki_add_cert(file, first);
  pki_add_cert(file, second);
  assert_int_equal(
    tls4217_castore_read_file(file, world->certs, &world->err), 0);
  assert_int_equal(sk_X509_num(world->certs), 2);
}

static void test_missing_file(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "none");

  assert_int_equal(
    tls4217_castore_read_file(file, world->certs, &world->err), -1);
  assert_error(world, file);

  tls4217_error_clear(&world->err);
  assert_int_equal(
    tls4217_castore_read_crl_file(file, world->crls, &world->err), -1);
  assert_error(world, file);

  tls4217_error_clear(&world->err);
  assert_int_equal(
    tls4217_castore_read_dir(file, world->certs, &world->err), -1);
  assert_error(world, file);

  tls4217_error_clear(&world->err);
  assert_int_equal(
    tls4217_castore_read_crl_dir(file, world->crls, &world->err), -1);
  assert_error(world, file);
}

static void test_directory_of_cas(void **state) {
  struct world *world = *state;

  pki_add_cert(pki_path(world->dir, "b.pem"), second);
  pki_add_cert(pki_path(world->dir, "a.crt"), first);
  pki_add_text(pki_path(world->dir, "README"), "Ask before you add one.\n");
  pki_add_text(pki_path(world->dir, "empty"), "");
  pki_add_cert(pki_path(world->dir, ".hidden.pem"), first);
  assert_int_equal(mkdir(pki_path(world->dir, "old"), 0700), 0);

  assert_int_equal(tls4217_castore_read_dir(
                     pki_dir_path(world->dir), world->certs, &world->err),
    0);
  assert_int_equal(sk_X509_num(world->certs), 2);
  assert_int_equal(X509_cmp(sk_X509_value(world->certs, 0), first->cert), 0);
  assert_string_equal(world->err.text, "");
}

static void test_directory_without(void **state) {
  struct world *world = *state;
  const char *path = pki_dir_path(world->dir);

  pki_add_text(pki_path(world->dir, "README"), "Nothing yet.\n");
  assert_int_equal(
    tls4217_castore_read_dir(path, world->certs, &world->err), -1);
  assert_error(world, "CAs");

  tls4217_error_clear(&world->err);
  assert_int_equal(
    tls4217_castore_read_crl_dir(path, world->crls, &world->err), -1);
  assert_error(world, "no CRL");
}

static void test_lists(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "all.crl");

  write_crl(file, first, false);
  write_crl(file, second, false);
  assert_int_equal(
    tls4217_castore_read_crl_file(file, world->crls, &world->err), 0);
  assert_int_equal(count_lists(world), 2);
}

static void test_der_list(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "first.crl");

  write_crl(file, first, true);
  assert_int_equal(
    tls4217_castore_read_crl_file(file, world->crls, &world->err), 0);
  assert_int_equal(count_lists(world), 1);
}

static void test_directory_of_lists(void **state) {
  struct world *world = *state;

  write_crl(pki_path(world->dir, "first.crl"), first, true);
  write_crl(pki_path(world->dir, "second.crl"), second, false);
  pki_add_cert(pki_path(world->dir, "second.pem"), second);
  pki_add_text(pki_path(world->dir, "README"), "Fetched by cron.\n");
  assert_int_equal(tls4217_castore_read_crl_dir(
                     pki_dir_path(world->dir), world->crls, &world->err),
    0);
  assert_int_equal(count_lists(world), 2);
}

/* It would revoke nothing. */
static void test_cut_lists(void **state) {
  struct world *world = *state;
  const char *pem = pki_path(world->dir, "pem.crl");
  const char *der = pki_path(world->dir, "der.crl");
  const char *const files[] = { pem, der };

  write_crl(pem, first, false);
  pki_truncate(pem, 200);
  write_crl(der, first, true);
  pki_truncate(der, 100);

  for (size_t i = 0; i < COUNT(files); i++) {
    tls4217_error_clear(&world->err);
    assert_int_equal(
      tls4217_castore_read_crl_file(files[i], world->crls, &world->err), -1);
    assert_error(world, files[i]);
    assert_error(world, "cut or damaged");
  }

  tls4217_error_clear(&world->err);
  assert_int_equal(tls4217_castore_read_crl_dir(
                     pki_dir_path(world->dir), world->crls, &world->err),
    -1);
  assert_error(world, "cut or damaged");
}

/* A daemon has nobody to ask. */
static void test_list_asks_for_no_pass_phrase(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "first.crl");
  X509_CRL *crl = make_crl(first);
  char pem[4096];
  int res;

  pki_add_bytes(file, pem,
    prompt_encrypted_pem(pem, sizeof(pem), (i2d_of_void *) i2d_X509_CRL,
      PEM_STRING_X509_CRL, crl, "secret"));
  X509_CRL_free(crl);

  prompt_begin("secret");
  res = tls4217_castore_read_crl_file(file, world->crls, &world->err);
  assert_int_equal(prompt_end(), 0);
  assert_int_equal(res, -1);
  assert_error(world, file);
  assert_error(world, "encrypted");
}

static void test_file_that_is_no_list(void **state) {
  struct world *world = *state;
  const char *file = pki_path(world->dir, "first.pem");

  pki_add_cert(file, first);
  assert_int_equal(
    tls4217_castore_read_crl_file(file, world->crls, &world->err), -1);
  assert_error(world, "not a CRL");
}

/* A daemon that waits for a FIFO does not start. */
static void test_list_that_is_no_file(void **state) {
  struct world *world = *state;
  const char *fifo = pki_path(world->dir, "fifo");

  assert_int_equal(mkfifo(fifo, 0600), 0);
  alarm(10);
  assert_int_equal(
    tls4217_castore_read_crl_file(fifo, world->crls, &world->err), -1);
  alarm(0);
  assert_error(world, "not a regular file");
}

/* As tools leave one behind that have nothing to say yet. */
static void test_directory_with_an_empty_file(void **state) {
  struct world *world = *state;

  write_crl(pki_path(world->dir, "first.crl"), first, false);
  pki_add_text(pki_path(world->dir, "index.txt"), "");
  assert_int_equal(tls4217_castore_read_crl_dir(
                     pki_dir_path(world->dir), world->crls, &world->err),
    0);
}

/* A session's scope must change with the CAs. */
static void test_digest(void **state) {
  struct world *world = *state;
  char one[2 * EVP_MAX_MD_SIZE + 1], two[2 * EVP_MAX_MD_SIZE + 1];

  assert_int_equal(X509_add_cert(world->certs, first->cert, 1), 1);
  assert_int_equal(tls4217_castore_digest(world->certs, one, NULL), 0);
  assert_int_equal(strlen(one), 64);
  assert_int_equal(X509_add_cert(world->certs, second->cert, 1), 1);
  assert_int_equal(tls4217_castore_digest(world->certs, two, NULL), 0);
  assert_string_not_equal(one, two);
}

static void test_nobody_to_trust(void **state) {
  struct world *world = *state;
  const struct tls4217_verify_settings settings = {
    .mode = TLS4217_VERIFY_REQUIRED, .depth = 9
  };

  assert_null(tls4217_verify_new(&settings, &world->err));
  assert_error(world, "TLSCACertificateFile");
}

static void test_description(void **state) {
  struct world *world = *state;
  char texts[3][TLS4217_VERIFY_DESCRIPTION_SIZE];
  struct tls4217_verify_settings settings = { .mode = TLS4217_VERIFY_REQUIRED,
    .depth = 9 };
  struct tls4217_verify *verify;

  settings.ca_file = pki_path(world->dir, "ca.pem");
  pki_add_cert(settings.ca_file, first);
  verify = tls4217_verify_new(&settings, &world->err);
  assert_non_null(verify);
  tls4217_verify_describe(verify, texts[0]);
  tls4217_verify_free(verify);

  settings.mode = TLS4217_VERIFY_OPTIONAL;
  verify = tls4217_verify_new(&settings, &world->err);
  tls4217_verify_describe(verify, texts[1]);
  tls4217_verify_free(verify);

  tls4217_verify_describe(NULL, texts[2]);
  assert_string_not_equal(texts[0], texts[1]);
  assert_string_equal(texts[2], "verify off");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_world, end_world)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_file_of_cas),
    CASE(test_missing_file),
    CASE(test_directory_of_cas),
    CASE(test_directory_without),
    CASE(test_lists),
    CASE(test_der_list),
    CASE(test_directory_of_lists),
    CASE(test_cut_lists),
    CASE(test_list_asks_for_no_pass_phrase),
    CASE(test_file_that_is_no_list),
    CASE(test_list_that_is_no_file),
    CASE(test_directory_with_an_empty_file),
    CASE(test_digest),
    CASE(test_nobody_to_trust),
    CASE(test_description),
  };

  return cmocka_run_group_tests(tests, make_cas, remove_cas);
}
