/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/dhparam.c
 *
 * That a handshake uses the group, and OpenSSL's level refuses a small one, is
 * in t/live/dhparam_test.py.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/dhparam.h"
#include "t/unit/pki.h"

static struct pki_dir *dir;

static int make_dir(void **state) {
  (void) state;
  dir = pki_dir_new();
  return 0;
}

static int end_dir(void **state) {
  (void) state;
  pki_dir_free(dir);
  return 0;
}

/* A group of RFC 7919, in a file. */
static const char *write_group(const char *name, const char *group) {
  const char *path = pki_path(dir, name);
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
  EVP_PKEY *made = NULL;
  BIO *out = BIO_new_file(path, "w");

  assert_true(EVP_PKEY_paramgen_init(ctx) == 1 &&
    EVP_PKEY_CTX_ctrl_str(ctx, "group", group) == 1 &&
    EVP_PKEY_paramgen(ctx, &made) == 1);
  assert_int_equal(PEM_write_bio_Parameters(out, made), 1);
  BIO_free(out);
  EVP_PKEY_free(made);
  EVP_PKEY_CTX_free(ctx);
  return path;
}

static void refuse(const char *path, const char *want) {
  struct tls4217_error err = { .text = "" };

  assert_null(tls4217_dhparam_read(path, &err));
  if (strstr(err.text, want) == NULL || strstr(err.text, path) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, want);
  }
  assert_int_equal(ERR_peek_error(), 0);
}

static void test_group(void **state) {
  struct tls4217_error err = { .text = "" };
  EVP_PKEY *group;

  (void) state;
  group = tls4217_dhparam_read(write_group("dh.pem", "ffdhe3072"), &err);
  assert_string_equal(err.text, "");
  assert_non_null(group);
  assert_int_equal(EVP_PKEY_get_bits(group), 3072);
  EVP_PKEY_free(group);
}

static void test_what_is_none(void **state) {
  struct pki_cert *leaf = pki_leaf("x.example.org", PKI_EC, NULL);
  const char *path = pki_path(dir, "leaf.pem");

  (void) state;
  pki_add_cert(path, leaf);
  refuse(path, "contains no Diffie-Hellman group");
  refuse(pki_path(dir, "none.pem"), "none.pem");
  pki_free(leaf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_group),
    cmocka_unit_test(test_what_is_none),
  };

  return cmocka_run_group_tests(tests, make_dir, end_dir);
}
