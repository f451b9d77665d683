/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/selfsigned.c
 *
 * What is made is read back with keypair.c and checked as a client would:
 * with the file as its only trust anchor.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/selfsigned.h"
#include "t/unit/between.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DAY          (24L * 60L * 60L)

static int set_up(void **state) {
  *state = pki_dir_new();
  return 0;
}

static int tear_down(void **state) {
  pki_dir_free(*state);
  return 0;
}

/* Makes a certificate for name, and reads it back. */
static struct tls4217_keypair *make(
  struct pki_dir *dir, const char *file, const char *name) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair;

  assert_int_equal(tls4217_selfsigned_create(file, name, &err), 1);
  assert_string_equal(err.text, "");
  assert_int_equal(pki_dir_count(dir), 1);
  pair = tls4217_keypair_load(file, NULL, NULL, &err);
  assert_string_equal(err.text, "");
  assert_non_null(pair);
  return pair;
}

/* A client that trusts this certificate and nothing else. */
static int verify(X509 *leaf, unsigned long flags) {
  X509_STORE *store = X509_STORE_new();
  X509_STORE_CTX *ctx = X509_STORE_CTX_new();
  int result;

  assert_int_equal(X509_STORE_add_cert(store, leaf), 1);
  assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, NULL), 1);
  assert_int_equal(X509_STORE_CTX_set_default(ctx, "ssl_server"), 1);
  X509_STORE_CTX_set_flags(ctx, flags);
  (void) X509_verify_cert(ctx);
  result = X509_STORE_CTX_get_error(ctx);
  X509_STORE_CTX_free(ctx);
  X509_STORE_free(store);
  return result;
}

static void test_serves_as_its_own_anchor(void **state) {
  struct tls4217_keypair *pair;

  pair = make(*state, pki_path(*state, "tls.pem"), "ftp.example.org");
  assert_int_equal(verify(pair->leaf, 0), X509_V_OK);
  assert_int_equal(verify(pair->leaf, X509_V_FLAG_PARTIAL_CHAIN), X509_V_OK);
  assert_int_equal(verify(pair->leaf, X509_V_FLAG_X509_STRICT), X509_V_OK);
  assert_int_equal(
    verify(pair->leaf, X509_V_FLAG_CHECK_SS_SIGNATURE), X509_V_OK);
  assert_int_equal(
    X509_check_host(pair->leaf, "FTP.example.org", 0, 0, NULL), 1);
  assert_int_equal(X509_check_host(pair->leaf, "example.org", 0, 0, NULL), 0);
  assert_int_equal(X509_check_ca(pair->leaf), 0);
  tls4217_keypair_free(pair);
}

static void test_is_p256_with_random_serial(void **state) {
  struct tls4217_keypair *pair;
  char group[32] = "";
  BIGNUM *serial;

  pair = make(*state, pki_path(*state, "tls.pem"), "ftp.example.org");
  assert_int_equal(
    EVP_PKEY_get_group_name(pair->key, group, sizeof(group), NULL), 1);
  assert_string_equal(group, "prime256v1");
  assert_int_equal(X509_get_version(pair->leaf), X509_VERSION_3);
  serial = ASN1_INTEGER_to_BN(X509_get0_serialNumber(pair->leaf), NULL);
  assert_int_equal(BN_is_negative(serial), 0);
  assert_between(BN_num_bits(serial), 100, 159);
  BN_free(serial);
  tls4217_keypair_free(pair);
}

static void test_is_valid_for_ten_years_and_slow_clocks(void **state) {
  struct tls4217_keypair *pair;
  time_t now = time(NULL);

  pair = make(*state, pki_path(*state, "tls.pem"), "ftp.example.org");
  assert_int_equal(tls4217_keypair_check_time(pair, now - DAY + 60, NULL), 0);
  assert_int_equal(tls4217_keypair_check_time(pair, now - DAY - 60, NULL), -1);
  assert_int_equal(tls4217_keypair_check_time(pair, now + 3649 * DAY, NULL), 0);
  assert_int_equal(
    tls4217_keypair_check_time(pair, now + 3651 * DAY, NULL), -1);
  tls4217_keypair_free(pair);
}

static void test_mode_is_0600_whatever_the_umask(void **state) {
  static const mode_t masks[] = { 0, 022, 0377, 0777 };
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "tls.pem");
  struct stat st;
  mode_t before;
  size_t i;

  for (i = 0; i < COUNT(masks); i++) {
    before = umask(masks[i]);
    assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), 1);
    umask(before);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_nlink, 1);
    assert_int_equal(unlink(file), 0);
  }
}

#define LABEL_63 \
 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee" \
 "ffffffffff123"
#define NAME_131 LABEL_63 "." LABEL_63 ".org"
#define NAME_259 NAME_131 "." NAME_131 "."

/* Which names a certificate can be made for, and what becomes of others. */
static const struct {
  const char *name;
  const char *given;
  const char *want_cn;
  const char *want_host; /* one of the two is NULL */
  const char *want_ip;
} names[] = {
  { "host name", "ftp.example.org", "ftp.example.org", "ftp.example.org",
    NULL },
  { "one label", "server", "server", "server", NULL },
  { "final dot", "ftp.example.org.", "ftp.example.org", "ftp.example.org",
    NULL },
  { "digits and hyphen", "a-1.2b.example", "a-1.2b.example", "a-1.2b.example",
    NULL },
  { "underscore", "ftp_1.example", "ftp_1.example", "ftp_1.example", NULL },
  { "longest label", LABEL_63 ".org", LABEL_63 ".", LABEL_63 ".org", NULL },
  { "longer than a CN", NAME_131, LABEL_63 ".", NAME_131, NULL },
  { "IPv4", "192.0.2.7", "192.0.2.7", NULL, "192.0.2.7" },
  { "IPv6", "2001:db8::7", "2001:db8::7", NULL, "2001:db8::7" },
  { "missing", NULL, "localhost", "localhost", NULL },
  { "empty", "", "localhost", "localhost", NULL },
  { "dot", ".", "localhost", "localhost", NULL },
  { "two final dots", "a..", "localhost", "localhost", NULL },
  { "empty label", "a..b", "localhost", "localhost", NULL },
  { "leading dot", ".a", "localhost", "localhost", NULL },
  { "words", "ProFTPD Default Installation", "localhost", "localhost", NULL },
  { "wildcard", "*.example.org", "localhost", "localhost", NULL },
  { "label too long", LABEL_63 "x.org", "localhost", "localhost", NULL },
  { "name too long", NAME_259, "localhost", "localhost", NULL },
  { "hyphen in front", "-a.example", "localhost", "localhost", NULL },
  { "hyphen behind", "a-.example", "localhost", "localhost", NULL },
  { "half an address", "192.0.2", "localhost", "localhost", NULL },
  { "address out of range", "192.0.2.256", "localhost", "localhost", NULL },
  { "address with scope", "fe80::1%eth0", "localhost", "localhost", NULL },
  { "extension in disguise", "a,DNS:b", "localhost", "localhost", NULL },
  { "line break", "a\nb", "localhost", "localhost", NULL },
  { "not ASCII", "\xc3\xa4.example", "localhost", "localhost", NULL },
  { "not UTF-8", "\xff\xfe", "localhost", "localhost", NULL },
};

static void assert_common_name(X509 *leaf, const char *want) {
  int at = X509_NAME_get_index_by_NID(
    X509_get_subject_name(leaf), NID_commonName, -1);
  unsigned char *text = NULL;
  int len;

  assert_true(at >= 0);
  len = ASN1_STRING_to_UTF8(&text,
    X509_NAME_ENTRY_get_data(
      X509_NAME_get_entry(X509_get_subject_name(leaf), at)));
  assert_int_equal(len, strlen(want));
  assert_memory_equal(text, want, strlen(want));
  OPENSSL_free(text);
}

static void check_names(X509 *leaf, size_t i) {
  GENERAL_NAMES *alt = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

  print_message("  %s\n", names[i].name);
  assert_non_null(alt);
  assert_int_equal(sk_GENERAL_NAME_num(alt), 1);
  GENERAL_NAMES_free(alt);

  assert_common_name(leaf, names[i].want_cn);

  if (names[i].want_ip != NULL) {
    assert_int_equal(X509_check_ip_asc(leaf, names[i].want_ip, 0), 1);
    return;
  }

  assert_int_equal(X509_check_host(leaf, names[i].want_host, 0,
                     X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL),
    1);
}

static void test_names(void **state) {
  struct tls4217_keypair *pair;
  const char *file = pki_path(*state, "tls.pem");
  size_t i;

  for (i = 0; i < COUNT(names); i++) {
    pair = make(*state, file, names[i].given);
    check_names(pair->leaf, i);
    assert_int_equal(verify(pair->leaf, X509_V_FLAG_X509_STRICT), X509_V_OK);
    tls4217_keypair_free(pair);
    assert_int_equal(unlink(file), 0);
  }
}

static void test_existing_file_is_not_touched(void **state) {
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "tls.pem");
  char text[32] = "";
  FILE *stream;

  pki_add_text(file, "mine\n");
  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), 0);
  assert_false(tls4217_error_is_set(&err));
  assert_int_equal(pki_dir_count(*state), 1);

  stream = fopen(file, "r");
  assert_non_null(stream);
  assert_non_null(fgets(text, sizeof(text), stream));
  fclose(stream);
  assert_string_equal(text, "mine\n");
}

static void test_dangling_link_is_not_followed(void **state) {
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "tls.pem");

  assert_int_equal(symlink("elsewhere.pem", file), 0);
  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), 0);
  assert_int_equal(pki_dir_count(*state), 1);
}

static void test_second_call_keeps_the_first_key(void **state) {
  struct tls4217_keypair *first, *second;
  const char *file = pki_path(*state, "tls.pem");

  first = make(*state, file, "a.example");
  assert_int_equal(tls4217_selfsigned_create(file, "b.example", NULL), 0);
  second = tls4217_keypair_load(file, NULL, NULL, NULL);
  assert_non_null(second);
  assert_int_equal(X509_cmp(first->leaf, second->leaf), 0);
  tls4217_keypair_free(first);
  tls4217_keypair_free(second);
}

static void test_directory_must_exist(void **state) {
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "missing/tls.pem");

  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), -1);
  assert_non_null(strstr(err.text, file));
  assert_non_null(strstr(err.text, "directory must exist"));
  assert_int_equal(err.errnum, ENOENT);
  assert_int_equal(pki_dir_count(*state), 0);
}

static void test_file_as_directory_is_refused(void **state) {
  struct tls4217_error err = { .text = "" };

  pki_add_text(pki_path(*state, "file"), "x");
  assert_int_equal(tls4217_selfsigned_create(
                     pki_path(*state, "file/tls.pem"), "a.example", &err),
    -1);
  assert_int_equal(err.errnum, ENOTDIR);
  assert_int_equal(pki_dir_count(*state), 1);
}

/* A limit on the file's size stands for a full disk. */
static void test_full_disk_leaves_nothing(void **state) {
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "tls.pem");
  struct rlimit before, small;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
  small = before;
  small.rlim_cur = 100;
  signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), -1);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, SIG_DFL);

  assert_int_equal(err.errnum, EFBIG);
  assert_non_null(strstr(err.text, file));
  assert_non_null(strstr(err.text, "cannot write"));
  assert_int_equal(pki_dir_count(*state), 0);
}

static void test_name_too_long_is_refused(void **state) {
  struct tls4217_error err = { .text = "" };
  char name[300];

  memset(name, 'a', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  assert_int_equal(
    tls4217_selfsigned_create(pki_path(*state, name), "a.example", &err), -1);
  assert_int_equal(err.errnum, ENAMETOOLONG);
  assert_int_equal(pki_dir_count(*state), 0);
}

static void test_unwritable_directory_is_named(void **state) {
  struct tls4217_error err = { .text = "" };
  const char *file = pki_path(*state, "tls.pem");

  if (geteuid() == 0) {
    skip();
  }

  assert_int_equal(chmod(pki_dir_path(*state), 0500), 0);
  assert_int_equal(tls4217_selfsigned_create(file, "a.example", &err), -1);
  assert_int_equal(chmod(pki_dir_path(*state), 0700), 0);
  assert_int_equal(err.errnum, EACCES);
  assert_non_null(strstr(err.text, file));
  assert_non_null(strstr(err.text, "be writable"));
}

#define WITH_DIR(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
    WITH_DIR(test_serves_as_its_own_anchor),
    WITH_DIR(test_is_p256_with_random_serial),
    WITH_DIR(test_is_valid_for_ten_years_and_slow_clocks),
    WITH_DIR(test_mode_is_0600_whatever_the_umask),
    WITH_DIR(test_names),
    WITH_DIR(test_existing_file_is_not_touched),
    WITH_DIR(test_dangling_link_is_not_followed),
    WITH_DIR(test_second_call_keeps_the_first_key),
    WITH_DIR(test_directory_must_exist),
    WITH_DIR(test_file_as_directory_is_refused),
    WITH_DIR(test_full_disk_leaves_nothing),
    WITH_DIR(test_name_too_long_is_refused),
    WITH_DIR(test_unwritable_directory_is_named),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
