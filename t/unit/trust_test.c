/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/trust.c: CAs and revocation lists as bytes
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/trust.h"
#include "t/unit/pki.h"

static void make(struct tls4217_trust *trust, struct pki_cert *const *cas,
  size_t count, int ncrls) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(tls4217_trust_init(trust, &err), 0);
  for (size_t i = 0; i < count; i++) {
    assert_int_equal(X509_up_ref(cas[i]->cert), 1);
    assert_true(sk_X509_push(trust->certs, cas[i]->cert) > 0);
  }

  for (int i = 0; i < ncrls; i++) {
    X509_CRL *crl = X509_CRL_new();

    assert_non_null(crl);
    assert_int_equal(
      X509_CRL_set_issuer_name(crl, X509_get_subject_name(cas[0]->cert)), 1);
    assert_int_equal(
      X509_CRL_set1_lastUpdate(crl, X509_get0_notBefore(cas[0]->cert)), 1);
    assert_true(X509_CRL_sign(crl, cas[0]->key, EVP_sha256()) > 0);
    assert_true(sk_X509_CRL_push(trust->crls, crl) > 0);
  }
}

static unsigned char *write_out(
  const struct tls4217_trust *trust, size_t *size) {
  unsigned char *bytes;

  *size = tls4217_trust_size(trust);
  bytes = malloc(*size);
  assert_non_null(bytes);
  tls4217_trust_write(trust, bytes);
  return bytes;
}

/* 0 or -1, and what has been read. */
static int read_in(struct tls4217_trust *trust, const unsigned char *bytes,
  size_t size, struct tls4217_error *err) {
  /* Of this length, so that a byte more is seen by AddressSanitizer. */
  unsigned char *copy = malloc(size > 0 ? size : 1);
  int res;

  assert_non_null(copy);
  memcpy(copy, bytes, size);
  tls4217_error_clear(err);
  assert_int_equal(tls4217_trust_init(trust, err), 0);
  res = tls4217_trust_read(trust, copy, size, err);
  free(copy);
  return res;
}

static void test_there_and_back(void **state) {
  struct pki_cert *cas[] = { pki_ca("first", NULL), pki_ca("second", NULL) };
  struct tls4217_error err = { .text = "" };

  (void) state;
  for (size_t count = 0; count <= 2; count++) {
    for (int ncrls = 0; ncrls <= (count > 0 ? 2 : 0); ncrls++) {
      struct tls4217_trust trust, again;
      unsigned char *bytes;
      size_t size;

      make(&trust, cas, count, ncrls);
      bytes = write_out(&trust, &size);
      assert_int_equal(read_in(&again, bytes, size, &err), 0);
      assert_int_equal(sk_X509_num(again.certs), count);
      assert_int_equal(sk_X509_CRL_num(again.crls), ncrls);
      for (int i = 0; i < (int) count; i++) {
        assert_int_equal(
          X509_cmp(sk_X509_value(again.certs, i), cas[i]->cert), 0);
      }

      tls4217_trust_clear(&again);
      tls4217_trust_clear(&trust);
      free(bytes);
    }
  }

  pki_free(cas[0]);
  pki_free(cas[1]);
}

/* Cut anywhere but between two lists, and with more than there is. */
static void test_no_such_bytes(void **state) {
  struct pki_cert *ca = pki_ca("first", NULL);
  struct tls4217_error err = { .text = "" };
  struct tls4217_trust trust, again;
  const uint64_t many = 3;
  unsigned char *bytes;
  size_t size;

  (void) state;
  make(&trust, &ca, 1, 0);
  bytes = write_out(&trust, &size);
  for (size_t cut = 0; cut < size; cut++) {
    assert_int_equal(read_in(&again, bytes, cut, &err), -1);
    assert_non_null(strstr(err.text, "cannot be read"));
    tls4217_trust_clear(&again);
  }

  memcpy(bytes, &many, sizeof(many));
  assert_int_equal(read_in(&again, bytes, size, &err), -1);
  tls4217_trust_clear(&again);
  tls4217_trust_clear(&trust);
  free(bytes);
  pki_free(ca);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_there_and_back),
    cmocka_unit_test(test_no_such_bytes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
