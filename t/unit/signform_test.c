/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/signform.c
 *
 * What a TLS server signs is known; everything beside it is refused, however
 * near it comes.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/signform.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char server[] = "TLS 1.3, server CertificateVerify";
static const char client[] = "TLS 1.3, client CertificateVerify";

/* Checks a copy of exactly that size, so that a look beyond it is seen. */
static enum tls4217_signform classify(const unsigned char *bytes, size_t size) {
  unsigned char *copy = malloc(size != 0 ? size : 1);
  enum tls4217_signform form;

  assert_non_null(copy);
  memcpy(copy, bytes, size);
  form = tls4217_signform_find(copy, size);
  free(copy);
  return form;
}

static size_t verify_message(
  unsigned char *buf, const char *context, size_t hash) {
  memset(buf, ' ', 64);
  memcpy(buf + 64, context, sizeof(server));
  memset(buf + 64 + sizeof(server), 0xaa, hash);
  return 64 + sizeof(server) + hash;
}

static const struct verify_row {
  const char *name;
  const char *context;
  size_t hash;
  enum tls4217_signform want;
} verifies[] = {
  { "SHA-256", server, 32, TLS4217_SIGNFORM_CERTIFICATE_VERIFY },
  { "SHA-384", server, 48, TLS4217_SIGNFORM_CERTIFICATE_VERIFY },
  { "a client's", client, 32, TLS4217_SIGNFORM_NONE },
  { "a hash of 31 bytes", server, 31, TLS4217_SIGNFORM_NONE },
  { "a hash of 33 bytes", server, 33, TLS4217_SIGNFORM_NONE },
  { "a hash of 64 bytes", server, 64, TLS4217_SIGNFORM_NONE },
  { "no hash", server, 0, TLS4217_SIGNFORM_NONE },
};

static void test_certificate_verify(void **state) {
  unsigned char buf[256];

  (void) state;
  for (size_t i = 0; i < COUNT(verifies); i++) {
    size_t size = verify_message(buf, verifies[i].context, verifies[i].hash);

    print_message("  %s\n", verifies[i].name);
    assert_int_equal(classify(buf, size), verifies[i].want);
  }

  /* Each byte in front of the hash counts. */
  for (size_t i = 0; i < 64 + sizeof(server); i++) {
    size_t size = verify_message(buf, server, 32);

    buf[i] ^= 1;
    assert_int_equal(classify(buf, size), TLS4217_SIGNFORM_NONE);
  }
}

static const struct ecdhe_row {
  const char *name;
  unsigned char params[4]; /* curve_type, namedcurve, length of the point */
  size_t point;            /* bytes that are there */
  enum tls4217_signform want;
} ecdhes[] = {
  { "X25519", { 3, 0, 29, 32 }, 32, TLS4217_SIGNFORM_ECDHE },
  { "P-256", { 3, 0, 23, 65 }, 65, TLS4217_SIGNFORM_ECDHE },
  { "P-521", { 3, 0, 25, 133 }, 133, TLS4217_SIGNFORM_ECDHE },
  { "explicit prime", { 1, 0, 29, 32 }, 32, TLS4217_SIGNFORM_NONE },
  { "X25519 as long as P-256", { 3, 0, 29, 65 }, 65, TLS4217_SIGNFORM_NONE },
  { "an unknown curve", { 3, 0, 99, 32 }, 32, TLS4217_SIGNFORM_NONE },
  { "no curve", { 3, 0, 0, 32 }, 32, TLS4217_SIGNFORM_NONE },
  { "no point", { 3, 0, 29, 0 }, 0, TLS4217_SIGNFORM_NONE },
  { "a point that is cut", { 3, 0, 29, 32 }, 31, TLS4217_SIGNFORM_NONE },
  { "a byte behind the point", { 3, 0, 29, 32 }, 33, TLS4217_SIGNFORM_NONE },
};

static void test_ecdhe(void **state) {
  unsigned char buf[512];

  (void) state;
  for (size_t i = 0; i < COUNT(ecdhes); i++) {
    memset(buf, 0xbb, sizeof(buf));
    memcpy(buf + 64, ecdhes[i].params, 4);
    print_message("  %s\n", ecdhes[i].name);
    assert_int_equal(classify(buf, 68 + ecdhes[i].point), ecdhes[i].want);
  }
}

static const struct dhe_row {
  const char *name;
  size_t lens[4]; /* of the numbers */
  size_t count;   /* of them */
  int extra;      /* bytes behind the last one, or missing of it */
  enum tls4217_signform want;
} dhes[] = {
  { "2048 bits", { 256, 1, 256 }, 3, 0, TLS4217_SIGNFORM_DHE },
  { "8192 bits", { 1024, 1, 1024 }, 3, 0, TLS4217_SIGNFORM_DHE },
  { "two numbers", { 256, 1 }, 2, 0, TLS4217_SIGNFORM_NONE },
  { "four numbers", { 256, 1, 256, 1 }, 4, 0, TLS4217_SIGNFORM_NONE },
  { "a byte behind them", { 256, 1, 256 }, 3, 1, TLS4217_SIGNFORM_NONE },
  { "the last one cut", { 256, 1, 256 }, 3, -1, TLS4217_SIGNFORM_NONE },
  { "an empty p", { 0, 1, 256 }, 3, 0, TLS4217_SIGNFORM_NONE },
  { "an empty g", { 256, 0, 256 }, 3, 0, TLS4217_SIGNFORM_NONE },
  { "an empty Ys", { 256, 1, 0 }, 3, 0, TLS4217_SIGNFORM_NONE },
  { "longer than any", { 2048, 1, 2048 }, 3, 0, TLS4217_SIGNFORM_NONE },
};

static size_t dhe_message(unsigned char *buf, const struct dhe_row *row) {
  size_t at = 64;

  for (size_t i = 0; i < row->count; i++) {
    buf[at] = (unsigned char) (row->lens[i] >> 8);
    buf[at + 1] = (unsigned char) row->lens[i];
    at += 2 + row->lens[i];
  }
  return (size_t) ((long) at + row->extra);
}

static void test_dhe(void **state) {
  static unsigned char buf[8192];

  (void) state;
  for (size_t i = 0; i < COUNT(dhes); i++) {
    size_t size;

    memset(buf, 0xcc, sizeof(buf));
    size = dhe_message(buf, &dhes[i]);
    print_message("  %s\n", dhes[i].name);
    assert_int_equal(classify(buf, size), dhes[i].want);
  }
}

/* A digest, a certificate, a CSR, or any run of one byte. */
static void test_nothing_else(void **state) {
  unsigned char buf[300];

  (void) state;
  for (int byte = 0; byte < 256; byte++) {
    memset(buf, byte, sizeof(buf));
    for (size_t size = 0; size <= sizeof(buf); size++) {
      assert_int_equal(classify(buf, size), TLS4217_SIGNFORM_NONE);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_certificate_verify),
    cmocka_unit_test(test_ecdhe),
    cmocka_unit_test(test_dhe),
    cmocka_unit_test(test_nothing_else),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
