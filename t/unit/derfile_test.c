/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/derfile.c, by way of keypair.c
 *
 * DER and PKCS #12 as other programs write them, and what is none of it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "mod_tls4217/tls/cert/derfile.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "t/unit/certworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A phrase on trial. */
static void give(struct certworld *world, const char *phrase) {
  struct tls4217_error err = { .text = "" };
  int fds[2];

  assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  assert_int_equal(write(fds[1], phrase, strlen(phrase)), strlen(phrase));
  assert_int_equal(close(fds[1]), 0);
  assert_int_equal(tls4217_phrasebook_take(world->phrases, fds[0], &err), 0);
  assert_int_equal(close(fds[0]), 0);
}

/* Files. */

static void add_der_cert(const char *file, const struct pki_cert *cert) {
  unsigned char *bytes = NULL;
  int size = i2d_X509(cert->cert, &bytes);

  assert_true(size > 0);
  pki_add_bytes(file, bytes, (size_t) size);
  OPENSSL_free(bytes);
}

enum form {
  FORM_PKCS8,
  FORM_OLDER,
  FORM_ENCRYPTED,
  FORM_PUBLIC
};

static void add_der_key(
  const char *file, const struct pki_cert *cert, enum form form) {
  BIO *bio = BIO_new_file(file, "wb");
  int res = 0;

  assert_non_null(bio);
  switch (form) {
    case FORM_PKCS8:
      res = i2d_PKCS8PrivateKey_bio(bio, cert->key, NULL, NULL, 0, NULL, NULL);
      break;

    case FORM_OLDER:
      res = i2d_PrivateKey_bio(bio, cert->key);
      break;

    case FORM_ENCRYPTED:
      res = i2d_PKCS8PrivateKey_bio(
        bio, cert->key, EVP_aes_256_cbc(), "secret", 6, NULL, NULL);
      break;

    case FORM_PUBLIC:
      res = i2d_PUBKEY_bio(bio, cert->key);
      break;
  }

  assert_int_equal(res, 1);
  BIO_free(bio);
}

static void write_pkcs12(const char *file, PKCS12 *pkcs12) {
  unsigned char *bytes = NULL;
  int size;

  assert_non_null(pkcs12);
  size = i2d_PKCS12(pkcs12, &bytes);
  assert_true(size > 0);
  pki_add_bytes(file, bytes, (size_t) size);
  OPENSSL_free(bytes);
  PKCS12_free(pkcs12);
}

/* What is in one: the root first, as Windows exports it. */
static void add_pkcs12(const struct certworld *world, const char *phrase,
  EVP_PKEY *key, X509 *cert, int mac_iterations) {
  STACK_OF(X509) *others = sk_X509_new_null();

  assert_true(sk_X509_push(others, world->root->cert) > 0 &&
    sk_X509_push(others, world->issuer->cert) > 0);
  write_pkcs12(world->cert,
    PKCS12_create(phrase, "name", key, cert, others, 0, phrase == NULL ? -1 : 0,
      0, mac_iterations, 0));
  sk_X509_free(others);
}

/* Two keys and their certificates. */
static void add_two_keys(const struct certworld *world) {
  STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
  STACK_OF(PKCS7) *safes = NULL;
  PKCS12 *pkcs12;

  assert_non_null(PKCS12_add_cert(&bags, world->other->cert));
  assert_non_null(PKCS12_add_cert(&bags, world->leaf->cert));
  assert_non_null(PKCS12_add_key(&bags, world->leaf->key, 0, 1, -1, NULL));
  assert_non_null(PKCS12_add_key(&bags, world->other->key, 0, 1, -1, NULL));
  assert_int_equal(PKCS12_add_safe(&safes, bags, -1, 0, NULL), 1);
  pkcs12 = PKCS12_add_safes(safes, 0);
  assert_int_equal(PKCS12_set_mac(pkcs12, "", -1, NULL, 0, 1, NULL), 1);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  write_pkcs12(world->cert, pkcs12);
}

/* Loading. */

static struct tls4217_keypair *load(
  const struct certworld *world, const char *key, struct tls4217_error *err) {
  const struct tls4217_pemsource source = { .phrases = world->phrases };
  struct tls4217_keypair *pair;

  tls4217_error_clear(err);
  pair = tls4217_keypair_load_from(&source, world->cert, key, NULL, err);
  assert_int_equal(ERR_peek_error(), 0);
  assert_true((pair != NULL) != tls4217_error_is_set(err));
  return pair;
}

static void accept_pair(const struct certworld *world, const char *key,
  const struct pki_cert *cert, int chain) {
  struct tls4217_error err;
  struct tls4217_keypair *pair = load(world, key, &err);

  if (pair == NULL) {
    fail_msg("%s", err.text);
  }

  assert_int_equal(X509_cmp(pair->leaf, cert->cert), 0);
  assert_int_equal(EVP_PKEY_eq(pair->key, cert->key), 1);
  assert_int_equal(sk_X509_num(pair->chain), chain);
  if (chain > 0) {
    assert_int_equal(
      X509_cmp(sk_X509_value(pair->chain, 0), world->issuer->cert), 0);
  }

  tls4217_keypair_free(pair);
}

static void refuse(const struct certworld *world, const char *key, int errnum,
  const char *words) {
  struct tls4217_error err;

  assert_null(load(world, key, &err));
  print_message("  %s\n", err.text);
  assert_int_equal(err.errnum, errnum);
  assert_non_null(strstr(err.text, key != NULL ? key : world->cert));
  if (strstr(err.text, words) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, words);
  }
}

static void test_certificates_and_keys(void **state) {
  static const enum form forms[] = { FORM_PKCS8, FORM_OLDER };
  const struct certworld *world = *state;
  const struct pki_cert *certs[] = { world->leaf, world->other };

  for (size_t i = 0; i < COUNT(certs); i++) {
    (void) unlink(world->cert);
    add_der_cert(world->cert, certs[i]);
    add_der_cert(world->cert, world->issuer);
    for (size_t f = 0; f < COUNT(forms); f++) {
      add_der_key(world->key, certs[i], forms[f]);
      accept_pair(world, world->key, certs[i], 1);
    }
  }

  /* One form does not bind the other file. */
  (void) unlink(world->key);
  pki_add_key(world->key, world->other, NULL);
  accept_pair(world, world->key, world->other, 1);
}

static void test_encrypted_key(void **state) {
  struct certworld *world = *state;

  add_der_cert(world->cert, world->leaf);
  add_der_key(world->key, world->leaf, FORM_ENCRYPTED);
  refuse(world, world->key, TLS4217_PASSPHRASE_NEEDED, "-inform DER");
  give(world, "wrong");
  refuse(world, world->key, TLS4217_PASSPHRASE_WRONG, "does not open");
  give(world, "secret");
  accept_pair(world, world->key, world->leaf, 0);
  tls4217_phrasebook_end_trial(world->phrases);
  accept_pair(world, world->key, world->leaf, 0);
}

static void test_pkcs12(void **state) {
  struct certworld *world = *state;
  struct tls4217_error err;

  add_pkcs12(world, "secret", world->leaf->key, world->leaf->cert, 0);
  refuse(world, NULL, TLS4217_PASSPHRASE_NEEDED, "openssl pkcs12 -in OLD");
  (void) load(world, NULL, &err);
  assert_string_equal(tls4217_passphrase_kind(&err), "PKCS12");
  give(world, "wrong");
  refuse(world, NULL, TLS4217_PASSPHRASE_WRONG, "does not open the PKCS #12");
  give(world, "secret");
  accept_pair(world, NULL, world->leaf, 1);
}

/* None, an empty one, no protection at all. */
static void test_pkcs12_without_a_phrase(void **state) {
  static const struct {
    const char *phrase;
    int mac;
  } rows[] = { { "", 0 }, { NULL, 0 }, { NULL, -1 } };
  struct certworld *world = *state;

  for (size_t i = 0; i < COUNT(rows); i++) {
    (void) unlink(world->cert);
    add_pkcs12(
      world, rows[i].phrase, world->leaf->key, world->leaf->cert, rows[i].mac);
    accept_pair(world, NULL, world->leaf, 1);
  }
}

static void test_odd_pkcs12(void **state) {
  struct certworld *world = *state;

  add_pkcs12(world, "", NULL, world->leaf->cert, 0);
  refuse(world, NULL, EINVAL, "no private key in");

  (void) unlink(world->cert);
  add_pkcs12(world, "", world->leaf->key, NULL, 0);
  refuse(world, NULL, EINVAL, "belongs to the key");

  (void) unlink(world->cert);
  add_two_keys(world);
  accept_pair(world, NULL, world->leaf, 0);
}

/* Each length that a writer may have come to. */
static void test_truncated(void **state) {
  struct certworld *world = *state;
  struct tls4217_error err;
  unsigned char bytes[8192];
  FILE *stream;
  size_t size;

  add_pkcs12(world, "", world->leaf->key, world->leaf->cert, 0);
  stream = fopen(world->cert, "rb");
  assert_non_null(stream);
  size = fread(bytes, 1, sizeof(bytes), stream);
  assert_int_equal(fclose(stream), 0);
  for (size_t cut = 1; cut < size; cut += cut < 64 ? 1 : 61) {
    (void) unlink(world->cert);
    pki_add_bytes(world->cert, bytes, cut);
    assert_null(load(world, NULL, &err));
  }
}

/* A byte that is another one: never a crash, and never another certificate. */
static void test_damaged(void **state) {
  struct certworld *world = *state;
  struct tls4217_keypair *pair;
  struct tls4217_error err;
  unsigned char bytes[8192];
  FILE *stream;
  size_t size;

  add_pkcs12(world, "", world->leaf->key, world->leaf->cert, 0);
  stream = fopen(world->cert, "rb");
  assert_non_null(stream);
  size = fread(bytes, 1, sizeof(bytes), stream);
  assert_int_equal(fclose(stream), 0);
  for (size_t at = 0; at < size; at += 7) {
    bytes[at] ^= 0x55;
    (void) unlink(world->cert);
    pki_add_bytes(world->cert, bytes, size);
    pair = load(world, NULL, &err);
    if (pair != NULL) {
      assert_int_equal(X509_cmp(pair->leaf, world->leaf->cert), 0);
    }
    tls4217_keypair_free(pair);
    bytes[at] ^= 0x55;
  }
}

static void test_wrong_kinds(void **state) {
  struct certworld *world = *state;

  add_der_key(world->cert, world->leaf, FORM_PKCS8);
  refuse(world, NULL, EINVAL, "contains a private key only");
  (void) unlink(world->cert);
  add_der_cert(world->cert, world->leaf);
  refuse(world, NULL, EINVAL, "contains certificates only");
  add_der_cert(world->key, world->leaf);
  refuse(world, world->key, EINVAL, "contains certificates only");
  add_der_key(world->key, world->leaf, FORM_PUBLIC);
  refuse(world, world->key, EINVAL, "neither a certificate nor");
  add_der_key(world->key, world->other, FORM_PUBLIC);
  refuse(world, world->key, EINVAL, "neither a certificate nor");
  add_der_key(world->key, world->other, FORM_PKCS8);
  refuse(world, world->key, EINVAL, "does not match");
  (void) unlink(world->key);
  pki_add_bytes(world->key, "\x30\x03\x02\x01\x01", 5);
  refuse(world, world->key, EINVAL, "neither a certificate nor");
  (void) unlink(world->cert);
  pki_add_text(world->cert, "0");
  refuse(world, NULL, EINVAL, "neither a certificate nor");
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, certworld_make_dir, certworld_end_dir)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_certificates_and_keys),
    CASE(test_encrypted_key),
    CASE(test_pkcs12),
    CASE(test_pkcs12_without_a_phrase),
    CASE(test_odd_pkcs12),
    CASE(test_truncated),
    CASE(test_damaged),
    CASE(test_wrong_kinds),
  };

  return cmocka_run_group_tests(tests, certworld_make, certworld_end);
}
