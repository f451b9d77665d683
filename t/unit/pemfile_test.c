/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/pemfile.c
 *
 * Files that are no files, no PEM, something else, or cut: what a message
 * must say is the file's name, what is wrong, and the way out.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
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

#include "mod_tls4217/tls/cert/pemfile.h"
#include "t/unit/certworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *text_file(
  struct certworld *world, const char *name, const char *text) {
  const char *path = pki_path(world->dir, name);

  pki_add_text(path, text);
  return path;
}

/* How many certificates are read from a file, or -1 with err filled. */
static int count_certs(const char *path, struct tls4217_error *err) {
  STACK_OF(X509) *certs = sk_X509_new_null();
  struct tls4217_pemfile file;
  int count = -1;

  assert_non_null(certs);
  if (tls4217_pemfile_read(&file, "the file", path, err) == 0 &&
    tls4217_pemfile_certs(&file, certs, err) == 0) {
    count = sk_X509_num(certs);
  }

  tls4217_pemfile_wipe(&file);
  assert_null(file.whole.bytes);
  sk_X509_pop_free(certs, X509_free);
  assert_int_equal(ERR_peek_error(), 0);
  return count;
}

static EVP_PKEY *read_key(const char *path, struct tls4217_error *err) {
  struct tls4217_pemfile file;
  EVP_PKEY *key = NULL;

  if (tls4217_pemfile_read(&file, "the file", path, err) == 0) {
    key = tls4217_pemfile_key(&file, err);
  }

  tls4217_pemfile_wipe(&file);
  assert_int_equal(ERR_peek_error(), 0);
  return key;
}

static void assert_says(
  const struct tls4217_error *err, const char *path, const char *want) {
  char name[512];

  snprintf(name, sizeof(name), "the file '%s'", path);
  if (strstr(err->text, name) == NULL || strstr(err->text, want) == NULL) {
    fail_msg("\"%s\" lacks \"%s\" or \"%s\"", err->text, name, want);
  }
}

static void refuse_certs(const char *path, const char *want) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(count_certs(path, &err), -1);
  assert_says(&err, path, want);
}

static void refuse_key(const char *path, const char *want) {
  struct tls4217_error err = { .text = "" };

  assert_null(read_key(path, &err));
  assert_says(&err, path, want);
}

/* A daemon that waited here would never serve anybody again. */
static void test_what_cannot_be_opened(void **state) {
  struct certworld *world = *state;
  const char *plain = text_file(world, "plain", "x");
  const char *fifo = pki_path(world->dir, "fifo");
  char below[512];

  snprintf(below, sizeof(below), "%s/x", plain);
  assert_int_equal(mkfifo(fifo, 0600), 0);
  refuse_certs(pki_path(world->dir, "missing"), "does not exist; check the");
  refuse_certs("", "does not exist");
  refuse_certs(below, "a part of its path is not a directory");
  refuse_certs(pki_dir_path(world->dir), "is a directory; name the file");
  refuse_certs(fifo, "not a regular file");
  refuse_key(fifo, "not a regular file; copy the PEM text into one");
  refuse_key("/dev/zero", "not a regular file");
}

static void test_errnum_tells_missing_from_wrong(void **state) {
  struct tls4217_error err = { .text = "" };
  struct certworld *world = *state;

  assert_null(read_key(pki_path(world->dir, "missing"), &err));
  assert_int_equal(err.errnum, ENOENT);
  tls4217_error_clear(&err);
  assert_null(read_key(pki_dir_path(world->dir), &err));
  assert_int_equal(err.errnum, EISDIR);
  tls4217_error_clear(&err);
  assert_null(read_key(text_file(world, "prose", "x"), &err));
  assert_int_equal(err.errnum, EINVAL);
  assert_null(read_key("/dev/null", NULL));
}

static void test_unreadable_file(void **state) {
  const char *path = text_file(*state, "key.pem", "x");

  if (geteuid() == 0) {
    skip();
  }

  assert_int_equal(chmod(path, 0), 0);
  refuse_key(path, "may not be read; check owner and mode");
}

static void test_symbolic_link_is_followed(void **state) {
  struct certworld *world = *state;
  const char *path = pki_path(world->dir, "live.pem");

  pki_add_cert(pki_path(world->dir, "archive1.pem"), world->leaf);
  assert_int_equal(symlink("archive1.pem", path), 0);
  assert_int_equal(count_certs(path, NULL), 1);
}

static void test_empty_and_large_files(void **state) {
  const char *empty = text_file(*state, "empty.pem", "");
  const char *large = text_file(*state, "large.pem", "x");

  refuse_certs(empty, "is empty");
  refuse_key(empty, "is empty");
  pki_truncate(large, 1024L * 1024L + 1);
  refuse_key(large, "larger than 1048576 bytes");
  pki_truncate(large, 1024L * 1024L);
  refuse_key(large, "PEM is expected");
}

/* What people put where a certificate or a key belongs. */
static const struct {
  const char *name;
  const char *text;
  const char *want_as_cert;
  const char *want_as_key;
} contents[] = {
  { "prose", "Dear administrator,\n\nplease find enclosed\n", "PEM is expected",
    "PEM is expected" },
  { "only newlines", "\n\n\n", "PEM is expected", "PEM is expected" },
  { "signing request",
    "-----BEGIN CERTIFICATE REQUEST-----\nMAA=\n"
    "-----END CERTIFICATE REQUEST-----\n",
    "contains a signing request; name the certificate", "PEM is expected" },
  { "PKCS #7", "-----BEGIN PKCS7-----\nMAA=\n-----END PKCS7-----\n",
    "openssl pkcs7 -print_certs", "PEM is expected" },
  { "public key",
    "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
    "contains a public key only; name the certificate", "public key only" },
  { "Windows' UTF-16", "\xff\xfe-", "UTF-16 text", "UTF-16 text" },
  { "the other UTF-16", "\xfe\xff", "iconv -f UTF-16", "iconv -f UTF-16" },
  { "key of OpenSSH",
    "-----BEGIN OPENSSH PRIVATE KEY-----\nMAA=\n"
    "-----END OPENSSH PRIVATE KEY-----\n",
    "contains a key only", "ssh-keygen -p -m PEM" },
  { "empty certificate",
    "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
    "certificate 1 in", "contains certificates only" },
  { "empty key",
    "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n",
    "contains a key only; name the file with the certificate", "damaged" },
  { "bad base64",
    "-----BEGIN CERTIFICATE-----\nM%%=\n-----END CERTIFICATE-----\n",
    "damaged; copy the file again", "contains certificates only" },
  { "no end", "-----BEGIN CERTIFICATE-----\nMAA=\n", "is truncated",
    "contains certificates only" },
  { "wrong end", "-----BEGIN CERTIFICATE-----\nMAA=\n-----END X-----\n",
    "is truncated", "contains certificates only" },
};

static void test_contents_that_are_something_else(void **state) {
  const char *path;
  size_t i;

  for (i = 0; i < COUNT(contents); i++) {
    print_message("  %s\n", contents[i].name);
    path = text_file(*state, contents[i].name, contents[i].text);
    refuse_certs(path, contents[i].want_as_cert);
    refuse_key(path, contents[i].want_as_key);
  }
}

static void test_der_is_not_pem(void **state) {
  struct certworld *world = *state;
  const char *path = pki_path(world->dir, "cert.der");
  unsigned char *bytes = NULL;
  int size = i2d_X509(world->leaf->cert, &bytes);

  assert_true(size > 0);
  pki_add_bytes(path, bytes, (size_t) size);
  OPENSSL_free(bytes);
  refuse_certs(path, "openssl x509 -inform DER");
  refuse_key(path, "openssl pkey -inform DER");
}

static void test_bytes_with_nul(void **state) {
  struct certworld *world = *state;
  const char *path = pki_path(world->dir, "nul.pem");

  pki_add_bytes(path, "\0\0\0", 3);
  refuse_certs(path, "PEM is expected");
  refuse_key(path, "PEM is expected");
}

static void test_damage_names_the_block(void **state) {
  struct certworld *world = *state;
  const char *path = pki_path(world->dir, "cert.pem");

  pki_add_cert(path, world->leaf);
  pki_add_text(
    path, "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  refuse_certs(path, "certificate 2 in the file");
  refuse_certs(path, "damaged; copy the file again");
}

static void test_trusted_certificate_is_read(void **state) {
  struct certworld *world = *state;
  const char *path = pki_path(world->dir, "trusted.pem");
  FILE *stream = fopen(path, "w");

  assert_non_null(stream);
  assert_int_equal(PEM_write_X509_AUX(stream, world->leaf->cert), 1);
  fclose(stream);
  assert_int_equal(count_certs(path, NULL), 1);
}

static void test_older_forms_of_keys(void **state) {
  static const enum pki_key types[] = { PKI_EC, PKI_RSA };
  struct certworld *world = *state;
  struct pki_cert *made;
  const char *path;
  EVP_PKEY *key;
  size_t i;

  for (i = 0; i < COUNT(types); i++) {
    made = pki_leaf("ftp.example.org", types[i], NULL);
    path = pki_path(world->dir, i == 0 ? "ec.pem" : "rsa.pem");
    /* openssl ecparam -genkey writes such a block in front of the key. */
    pki_add_text(path,
      i == 0 ? "-----BEGIN EC PARAMETERS-----\n"
               "BggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n" :
               "");
    pki_add_cert(path, made);
    pki_add_traditional_key(path, made, NULL);
    key = read_key(path, NULL);
    assert_non_null(key);
    assert_int_equal(EVP_PKEY_eq(key, made->key), 1);
    EVP_PKEY_free(key);
    pki_free(made);
  }
}

static void test_encrypted_key_asks_nobody(void **state) {
  struct certworld *world = *state;
  const char *newer = pki_path(world->dir, "newer.pem");
  const char *older = pki_path(world->dir, "older.pem");

  pki_add_key(newer, world->leaf, "secret");
  pki_add_traditional_key(older, world->leaf, "secret");
  refuse_key(newer, "needs a pass phrase");
  refuse_key(newer, "remove it with 'openssl pkey");
  refuse_key(older, "needs a pass phrase");
}

#define WITH_DIR(test) \
 cmocka_unit_test_setup_teardown(test, certworld_make_dir, certworld_end_dir)

int main(void) {
  const struct CMUnitTest tests[] = {
    WITH_DIR(test_what_cannot_be_opened),
    WITH_DIR(test_errnum_tells_missing_from_wrong),
    WITH_DIR(test_unreadable_file),
    WITH_DIR(test_symbolic_link_is_followed),
    WITH_DIR(test_empty_and_large_files),
    WITH_DIR(test_contents_that_are_something_else),
    WITH_DIR(test_der_is_not_pem),
    WITH_DIR(test_bytes_with_nul),
    WITH_DIR(test_damage_names_the_block),
    WITH_DIR(test_trusted_certificate_is_read),
    WITH_DIR(test_older_forms_of_keys),
    WITH_DIR(test_encrypted_key_asks_nobody),
  };

  return cmocka_run_group_tests(tests, certworld_make, certworld_end);
}
