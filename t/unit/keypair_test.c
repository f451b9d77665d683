/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keypair.c
 *
 * Files are composed of parts, right and wrong; what a message must say is
 * the file's name, what is wrong, and the way out.
 */

#define _XOPEN_SOURCE 700

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/cert/keypair.h"
#include "t/unit/certworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define DAY          (24L * 60L * 60L)

static struct tls4217_keypair *load(
  const char *cert, const char *key, const char *chain) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair = tls4217_keypair_load(cert, key, chain, &err);

  assert_string_equal(err.text, "");
  assert_non_null(pair);
  assert_int_equal(ERR_peek_error(), 0);
  return pair;
}

/* The load must fail, and say all that is wanted (a list up to NULL). */
static void refuse(const char *cert, const char *key, const char *chain, ...) {
  struct tls4217_error err = { .text = "" };
  const char *want;
  va_list wants;

  ERR_raise(ERR_LIB_SSL, 1); /* somebody else's old entry */
  assert_null(tls4217_keypair_load(cert, key, chain, &err));
  assert_int_equal(ERR_peek_error(), 0);
  assert_null(strchr(err.text, '\n'));
  va_start(wants, chain);
  while ((want = va_arg(wants, const char *)) != NULL) {
    if (strstr(err.text, want) == NULL) {
      fail_msg("\"%s\" lacks \"%s\"", err.text, want);
    }
  }
  va_end(wants);
}

static const char *cert_file(
  struct certworld *world, const char *name, const struct pki_cert *cert) {
  const char *file = pki_path(world->dir, name);

  pki_add_cert(file, cert);
  return file;
}

static const char *key_file(
  struct certworld *world, const char *name, const struct pki_cert *cert) {
  const char *file = pki_path(world->dir, name);

  pki_add_key(file, cert, NULL);
  return file;
}

static const char *text_file(
  struct certworld *world, const char *name, const char *text) {
  const char *file = pki_path(world->dir, name);

  pki_add_text(file, text);
  return file;
}

static void assert_chain(const struct tls4217_keypair *pair,
  const struct pki_cert *first, const struct pki_cert *second) {
  int want = (first != NULL) + (second != NULL);

  assert_int_equal(sk_X509_num(pair->chain), want);
  if (first != NULL) {
    assert_int_equal(X509_cmp(sk_X509_value(pair->chain, 0), first->cert), 0);
  }
  if (second != NULL) {
    assert_int_equal(X509_cmp(sk_X509_value(pair->chain, 1), second->cert), 0);
  }
}

static const struct {
  const char *name;
  enum pki_key key;
  const char *cert_name;
  const char *key_name;
  const char *want;
} types[] = {
  { "ECDSA", PKI_EC, "ec.pem", "ec.key", "EC" },
  { "RSA", PKI_RSA, "rsa.pem", "rsa.key", "RSA" },
  { "Ed25519", PKI_ED25519, "ed25519.pem", "ed25519.key", "ED25519" },
};

static void test_any_key_type(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  struct pki_cert *made;
  const char *cert, *key;
  size_t i;

  for (i = 0; i < COUNT(types); i++) {
    print_message("  %s\n", types[i].name);
    made = pki_leaf("ftp.example.org", types[i].key, world->issuer);
    cert = cert_file(world, types[i].cert_name, made);
    key = key_file(world, types[i].key_name, made);
    pair = load(cert, key, NULL);
    assert_int_equal(X509_cmp(pair->leaf, made->cert), 0);
    assert_int_equal(EVP_PKEY_is_a(pair->key, types[i].want), 1);
    assert_int_equal(EVP_PKEY_eq(pair->key, made->key), 1);
    assert_chain(pair, NULL, NULL);
    tls4217_keypair_free(pair);
    pki_free(made);
  }
}

static void test_fullchain_in_order(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *cert = cert_file(world, "fullchain.pem", world->leaf);
  const char *key = key_file(world, "privkey.pem", world->leaf);

  pki_add_cert(cert, world->issuer);
  pki_add_cert(cert, world->root);
  pair = load(cert, key, NULL);
  assert_int_equal(X509_cmp(pair->leaf, world->leaf->cert), 0);
  assert_chain(pair, world->issuer, world->root);
  tls4217_keypair_free(pair);
}

static void test_all_in_one_file(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *front = key_file(world, "front.pem", world->leaf);
  const char *middle = cert_file(world, "middle.pem", world->leaf);

  pki_add_cert(front, world->leaf);
  pki_add_cert(front, world->issuer);
  pki_add_key(middle, world->leaf, NULL);
  pki_add_cert(middle, world->issuer);

  pair = load(front, NULL, NULL);
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);
  pair = load(middle, NULL, NULL);
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);
  tls4217_keypair_free(load(middle, middle, NULL));
}

static void test_chain_file(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);
  const char *chain = cert_file(world, "chain.pem", world->issuer);

  pki_add_cert(chain, world->root);
  pair = load(cert, key, chain);
  assert_chain(pair, world->issuer, world->root);
  tls4217_keypair_free(pair);
}

static void test_leaf_in_chain_file_is_sent_once(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);
  const char *chain = cert_file(world, "fullchain.pem", world->leaf);

  pki_add_cert(chain, world->issuer);
  pair = load(cert, key, chain);
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);
}

static void test_chain_file_is_read_only_where_needed(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *cert = cert_file(world, "fullchain.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);

  pki_add_cert(cert, world->issuer);
  pair = load(cert, key, pki_path(world->dir, "missing.pem"));
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);
}

static void test_text_around_blocks_is_passed(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  const char *cert = text_file(world, "cert.pem",
    "\xef\xbb\xbf"
    "Bag Attributes\r\n    friendlyName: x\nsubject=y\n\n");
  const char *marked = text_file(world, "marked.pem", "\xef\xbb\xbf");

  pki_add_cert(cert, world->leaf);
  pki_add_text(cert, "# the issuer\n");
  pki_add_cert(cert, world->issuer);
  pki_add_text(cert,
    "-----BEGIN DH PARAMETERS-----\n"
    "MAYCAQUCAQI=\n-----END DH PARAMETERS-----\n");
  pki_add_key(cert, world->leaf, NULL);
  pair = load(cert, NULL, NULL);
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);

  pki_add_cert(marked, world->leaf);
  pki_add_cert(marked, world->issuer);
  pki_add_key(marked, world->leaf, NULL);
  pair = load(marked, NULL, NULL);
  assert_chain(pair, world->issuer, NULL);
  tls4217_keypair_free(pair);
}

static void test_each_file_is_named_by_its_role(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);
  const char *missing = pki_path(world->dir, "missing.pem");

  refuse(missing, key, NULL, "certificate file", missing, "does not exist",
    "check the path", NULL);
  refuse(cert, missing, NULL, "key file", missing, "does not exist", NULL);
  refuse(cert, key, missing, "chain file", missing, "does not exist", NULL);
  refuse(cert, key, key, "no certificate in chain file", key,
    "contains a key only", NULL);
}

static void test_files_exchanged(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);

  refuse(key, cert, NULL, "no certificate in certificate file", key,
    "contains a key only; name the file with the certificate", NULL);
  refuse(cert, cert, NULL, "no private key in key file", cert,
    "contains certificates only", NULL);
}

static void test_key_is_nowhere(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);

  tls4217_keypair_free(NULL);
  refuse(cert, NULL, NULL, "no private key in certificate file", cert,
    "append the private key to it, or name the file with the key", NULL);
}

static void test_encrypted_key_asks_nobody(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *both = cert_file(world, "both.pem", world->leaf);
  const char *key = pki_path(world->dir, "key.pem");
  const char *older = pki_path(world->dir, "older.pem");

  pki_add_key(both, world->leaf, "secret");
  pki_add_key(key, world->leaf, "secret");
  pki_add_traditional_key(older, world->leaf, "secret");
  refuse(cert, key, NULL, "key file", key, "needs a pass phrase",
    "openssl pkey", NULL);
  refuse(cert, older, NULL, "key file", older, "needs a pass phrase", NULL);
  refuse(
    both, NULL, NULL, "certificate file", both, "needs a pass phrase", NULL);
}

static void test_pair_that_does_not_match(void **state) {
  struct certworld *world = *state;
  struct pki_cert *rsa = pki_leaf("ftp.example.org", PKI_RSA, world->issuer);
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->other);
  const char *rsa_key = key_file(world, "rsa.pem", rsa);
  const char *both = cert_file(world, "both.pem", world->leaf);

  pki_add_key(both, world->other, NULL);
  refuse(cert, key, NULL, cert, key, "does not match",
    "a renewal replaces both", NULL);
  refuse(cert, rsa_key, NULL, cert, rsa_key, "does not match", NULL);
  refuse(both, NULL, NULL, both, "does not match", NULL);
  pki_free(rsa);
}

/* Every order in which a renewal can be half done; then all of it. */
static void test_renewal_half_done(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);

  assert_int_equal(unlink(cert), 0);
  pki_add_cert(cert, world->other);
  refuse(cert, key, NULL, cert, key, "does not match", NULL);
  assert_int_equal(unlink(key), 0);
  refuse(cert, key, NULL, "key file", key, "does not exist", NULL);
  pki_add_key(key, world->other, NULL);
  tls4217_keypair_free(load(cert, key, NULL));
}

static void test_renewal_that_keeps_the_key(void **state) {
  struct certworld *world = *state;
  const struct pki_spec spec = {
    .name = "ftp.example.org",
    .issuer = world->issuer,
    .same_key = world->leaf,
  };
  struct pki_cert *renewed = pki_make(&spec);
  const char *cert = cert_file(world, "cert.pem", renewed);
  const char *key = key_file(world, "key.pem", world->leaf);

  tls4217_keypair_free(load(cert, key, NULL));
  pki_free(renewed);
}

/* Cut anywhere, a file must not look whole, nor like another one. */
static void test_file_cut_anywhere(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->leaf);
  const char *key = key_file(world, "key.pem", world->leaf);
  struct tls4217_keypair *pair;
  long leaf_size, size;
  struct stat st;

  assert_int_equal(stat(cert, &st), 0);
  leaf_size = (long) st.st_size;
  pki_add_cert(cert, world->issuer);
  assert_int_equal(stat(cert, &st), 0);

  for (size = (long) st.st_size - 2; size > 0; size--) {
    pki_truncate(cert, size);
    pair = tls4217_keypair_load(cert, key, NULL, NULL);
    /* Between two blocks, and inside a BEGIN line, nobody can tell. */
    if (pair != NULL && (size < leaf_size - 1 || size > leaf_size + 26)) {
      fail_msg("cut to %ld of %ld bytes it was taken", size, leaf_size);
    }
    tls4217_keypair_free(pair);
  }
}

static void test_leaf_not_first(void **state) {
  struct certworld *world = *state;
  const char *cert = cert_file(world, "cert.pem", world->issuer);
  const char *key = key_file(world, "key.pem", world->leaf);

  pki_add_cert(cert, world->leaf);
  refuse(cert, key, NULL, cert, key, "not the first one",
    "put the server's own certificate first", NULL);
}

static struct tls4217_keypair *load_valid(
  struct certworld *world, long from, long to) {
  const struct pki_spec spec = {
    .name = "ftp.example.org",
    .from_days = from,
    .to_days = to,
  };
  struct pki_cert *made = pki_make(&spec);
  struct tls4217_keypair *pair;
  const char *file = cert_file(world, "valid.pem", made);

  pki_add_key(file, made, NULL);
  pair = load(file, NULL, NULL);
  pki_free(made);
  return pair;
}

static void test_check_time(void **state) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair = load_valid(*state, -10, 10);
  time_t now = time(NULL);

  assert_int_equal(tls4217_keypair_check_time(pair, now, &err), 0);
  assert_false(tls4217_error_is_set(&err));

  assert_int_equal(tls4217_keypair_check_time(pair, now + 11 * DAY, &err), -1);
  assert_non_null(strstr(err.text, "expired on 2"));
  assert_non_null(strstr(err.text, " UTC; renew it"));

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_keypair_check_time(pair, now - 11 * DAY, &err), -1);
  assert_non_null(strstr(err.text, "not valid before 2"));
  assert_non_null(strstr(err.text, "clock"));
  tls4217_keypair_free(pair);
}

/* Whether a certificate is in time is not for the loader to check. */
static void test_expired_certificate_loads(void **state) {
  tls4217_keypair_free(load_valid(*state, -10, -5));
}

static void test_fingerprint(void **state) {
  struct certworld *world = *state;
  const char *file = cert_file(world, "both.pem", world->leaf);
  struct tls4217_error err = { .text = "" };
  char text[TLS4217_FINGERPRINT_SIZE];
  unsigned char digest[32];
  struct tls4217_keypair *pair;
  unsigned int i, byte;

  pki_add_key(file, world->leaf, NULL);
  pair = load(file, NULL, NULL);
  memset(text, 'x', sizeof(text));
  assert_int_equal(tls4217_keypair_fingerprint(pair, text, &err), 0);
  assert_int_equal(strlen(text), TLS4217_FINGERPRINT_SIZE - 1);
  assert_int_equal(
    X509_digest(world->leaf->cert, EVP_sha256(), digest, NULL), 1);
  for (i = 0; i < sizeof(digest); i++) {
    assert_int_equal(sscanf(text + 3 * i, "%2X", &byte), 1);
    assert_int_equal(byte, digest[i]);
    assert_int_equal(text[3 * i + 2], i == 31 ? '\0' : ':');
  }
  tls4217_keypair_free(pair);
}

#define WITH_DIR(test) \
 cmocka_unit_test_setup_teardown(test, certworld_make_dir, certworld_end_dir)

int main(void) {
  const struct CMUnitTest tests[] = {
    WITH_DIR(test_any_key_type),
    WITH_DIR(test_fullchain_in_order),
    WITH_DIR(test_all_in_one_file),
    WITH_DIR(test_chain_file),
    WITH_DIR(test_leaf_in_chain_file_is_sent_once),
    WITH_DIR(test_chain_file_is_read_only_where_needed),
    WITH_DIR(test_text_around_blocks_is_passed),
    WITH_DIR(test_each_file_is_named_by_its_role),
    WITH_DIR(test_files_exchanged),
    WITH_DIR(test_key_is_nowhere),
    WITH_DIR(test_encrypted_key_asks_nobody),
    WITH_DIR(test_pair_that_does_not_match),
    WITH_DIR(test_renewal_half_done),
    WITH_DIR(test_renewal_that_keeps_the_key),
    WITH_DIR(test_file_cut_anywhere),
    WITH_DIR(test_leaf_not_first),
    WITH_DIR(test_check_time),
    WITH_DIR(test_expired_certificate_loads),
    WITH_DIR(test_fingerprint),
  };

  return cmocka_run_group_tests(tests, certworld_make, certworld_end);
}
