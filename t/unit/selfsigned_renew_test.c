/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/selfsigned.c: renewal
 *
 * In the last tenth of its life, with the same key and the same names; and what
 * is left alone.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/selfsigned.h"
#include "t/unit/clock.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY          (24L * 60L * 60L)

static int set_up(void **state) {
  clock_offset = 0;
  *state = pki_dir_new();
  return 0;
}

static int tear_down(void **state) {
  clock_offset = 0;
  pki_dir_free(*state);
  return 0;
}

static struct tls4217_keypair *load(const char *file) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair = tls4217_keypair_load(file, NULL, NULL, &err);

  assert_string_equal(err.text, "");
  assert_non_null(pair);
  return pair;
}

static int renew(const char *file, struct tls4217_error *err) {
  int res;

  tls4217_error_clear(err);
  res = tls4217_selfsigned_renew(file, time(NULL), err);
  assert_int_equal(res < 0, tls4217_error_is_set(err));
  assert_int_equal(ERR_peek_error(), 0);
  return res;
}

/* The life of the certificate in file, in seconds. */
static int64_t life(const X509 *cert) {
  int days = 0, seconds = 0;

  assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(cert),
                     X509_get0_notAfter(cert)),
    1);
  return days * DAY + seconds;
}

/* Of 3650 days, the last 365 and what is behind them. */
static const struct {
  long days;
  bool due;
} moments[] = { { 0, false }, { 1000, false }, { 3280, false }, { 3286, true },
  { 3640, true }, { 3700, true }, { 9000, true } };

static void test_moments(void **state) {
  for (size_t i = 0; i < COUNT(moments); i++) {
    char name[32];
    const char *file;
    struct tls4217_keypair *pair;
    struct tls4217_error err = { .text = "" };

    clock_offset = 0;
    (void) snprintf(name, sizeof(name), "%ld.pem", moments[i].days);
    file = pki_path(*state, name);
    assert_int_equal(
      tls4217_selfsigned_create(file, "ftp.example.org", &err), 1);
    clock_offset = moments[i].days * DAY;
    pair = load(file);
    print_message("  after %ld days\n", moments[i].days);
    assert_int_equal(
      tls4217_selfsigned_is_due(pair, time(NULL)), moments[i].due);
    tls4217_keypair_free(pair);
    assert_int_equal(renew(file, &err), moments[i].due);
    assert_int_equal(renew(file, &err), 0);
  }
}

static void test_what_stays(void **state) {
  const char *file = pki_path(*state, "tls.pem");
  struct tls4217_keypair *old, *new;
  struct tls4217_error err = { .text = "" };
  char prints[4][TLS4217_FINGERPRINT_SIZE];
  struct stat st;

  assert_int_equal(
    tls4217_selfsigned_create(file, "ftp.example.org", &err), 1);
  old = load(file);
  clock_offset = 3600 * DAY;
  assert_int_equal(renew(file, &err), 1);
  new = load(file);

  assert_int_equal(EVP_PKEY_eq(old->key, new->key), 1);
  assert_int_equal(X509_NAME_cmp(X509_get_subject_name(old->leaf),
                     X509_get_subject_name(new->leaf)),
    0);
  assert_int_equal(
    X509_check_host(new->leaf, "ftp.example.org", 0, 0, NULL), 1);
  assert_int_equal(X509_check_ca(new->leaf), 0);
  assert_int_equal(X509_self_signed(new->leaf, 1), 1);
  assert_int_equal(life(new->leaf), life(old->leaf));
  assert_int_equal(tls4217_keypair_check_time(new, time(NULL), &err), 0);
  assert_int_not_equal(ASN1_INTEGER_cmp(X509_get0_serialNumber(old->leaf),
                         X509_get0_serialNumber(new->leaf)),
    0);

  assert_int_equal(tls4217_keypair_fingerprint(old, prints[0], &err), 0);
  assert_int_equal(tls4217_keypair_fingerprint(new, prints[1], &err), 0);
  assert_int_equal(tls4217_keypair_key_fingerprint(old, prints[2], &err), 0);
  assert_int_equal(tls4217_keypair_key_fingerprint(new, prints[3], &err), 0);
  assert_string_not_equal(prints[0], prints[1]);
  assert_string_equal(prints[2], prints[3]);
  assert_int_equal(strlen(prints[2]), TLS4217_FINGERPRINT_SIZE - 1);

  assert_int_equal(stat(file, &st), 0);
  assert_int_equal(st.st_mode & 07777, 0600);
  assert_int_equal(pki_dir_count(*state), 1);
  tls4217_keypair_free(old);
  tls4217_keypair_free(new);
}

/* Any kind of key. */
static void test_others_files(void **state) {
  static const enum pki_key kinds[] = { PKI_EC, PKI_RSA, PKI_ED25519 };

  for (size_t i = 0; i < COUNT(kinds); i++) {
    struct pki_cert *cert;
    char name[16];
    const char *file;
    struct tls4217_error err;

    clock_offset = 0;
    cert = pki_leaf("ftp.example.org", kinds[i], NULL);
    (void) snprintf(name, sizeof(name), "%zu.pem", i);
    file = pki_path(*state, name);
    pki_add_cert(file, cert);
    pki_add_key(file, cert, NULL);
    assert_int_equal(renew(file, &err), 0);
    clock_offset = 364 * DAY;
    assert_int_equal(renew(file, &err), 1);
    pki_free(cert);
  }
}

static void test_what_is_left_alone(void **state) {
  struct pki_cert *ca = pki_ca("CA", NULL);
  struct pki_cert *cert = pki_leaf("ftp.example.org", PKI_EC, ca);
  const char *issued = pki_path(*state, "issued.pem");
  const char *file = pki_path(*state, "self.pem");
  const char *link_file = pki_path(*state, "link.pem");
  struct tls4217_error err = { .text = "" };

  pki_add_cert(issued, cert);
  pki_add_key(issued, cert, NULL);
  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), 1);
  assert_int_equal(symlink(file, link_file), 0);
  clock_offset = 3600 * DAY;

  assert_int_equal(renew(issued, &err), 0);
  assert_int_equal(renew(link_file, &err), -1);
  assert_non_null(strstr(err.text, "is a link"));
  assert_int_equal(renew(pki_path(*state, "none.pem"), &err), -1);
  assert_int_equal(err.errnum, ENOENT);

  /* A hard link would keep the old one. */
  assert_int_equal(link(file, pki_path(*state, "hard.pem")), 0);
  assert_int_equal(renew(file, &err), -1);
  assert_int_equal(unlink(pki_path(*state, "hard.pem")), 0);
  assert_int_equal(renew(file, &err), 1);
  pki_free(ca);
  pki_free(cert);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_moments),
    CASE(test_what_stays),
    CASE(test_others_files),
    CASE(test_what_is_left_alone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
