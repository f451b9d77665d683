/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/certinfo.c
 *
 * The values of mod_tls under its names, on one line each.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "mod_tls4217/tls/cert/certinfo.h"
#include "mod_tls4217/tls/scrub.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What a certificate was said to have. */
struct list {
  size_t count;
  char names[64][64];
  char values[64][512];
};

static void put(void *user, const char *name, const char *value) {
  struct list *list = user;

  assert_true(list->count < COUNT(list->names));
  (void) snprintf(list->names[list->count], 64, "%s", name);
  (void) snprintf(list->values[list->count], 512, "%s", value);
  list->count++;
}

static const char *find(const struct list *list, const char *name) {
  for (size_t i = 0; i < list->count; i++) {
    if (strcmp(list->names[i], name) == 0) {
      return list->values[i];
    }
  }

  return NULL;
}

static void test_values(void **unused) {
  struct pki_cert *ca = pki_ca("root", NULL);
  struct pki_cert *cert = pki_leaf("ftp.example.org", PKI_EC, ca);
  static struct list list;
  static const struct {
    const char *name, *want;
  } cases[] = {
    { "M_VERSION", "3" },
    { "S_DN", "CN = ftp.example.org" },
    { "S_DN_CN", "ftp.example.org" },
    { "I_DN", "CN = root" },
    { "I_DN_CN", "root" },
    { "A_SIG", "ecdsa-with-SHA256" },
    { "A_KEY", "id-ecPublicKey" },
    { "EXT_basicConstraints", "CA:FALSE" },
    { "EXT_subjectAltName", "DNS:ftp.example.org" },
  };

  (void) unused;

  list.count = 0;
  tls4217_certinfo_list(cert->cert, put, &list);
  for (size_t i = 0; i < COUNT(cases); i++) {
    const char *value = find(&list, cases[i].name);

    assert_non_null(value);
    assert_string_equal(value, cases[i].want);
  }

  assert_non_null(find(&list, "M_SERIAL"));
  assert_non_null(strstr(find(&list, "V_START"), "GMT"));
  assert_non_null(strstr(find(&list, "V_END"), "GMT"));
  assert_null(find(&list, "S_DN_O"));
  assert_int_equal(ERR_peek_error(), 0);
  pki_free(cert);
  pki_free(ca);
}

static void test_no_line_is_forged(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  X509_NAME *name = X509_NAME_new();
  static struct list list;

  (void) unused;

  assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                     (const unsigned char *) "a\nb\0c", 5, -1, 0),
    1);
  assert_int_equal(X509_set_subject_name(cert->cert, name), 1);

  list.count = 0;
  tls4217_certinfo_list(cert->cert, put, &list);
  assert_null(find(&list, "S_DN_O"));
  for (size_t i = 0; i < list.count; i++) {
    assert_null(strchr(list.values[i], '\n'));
  }

  X509_NAME_free(name);
  pki_free(cert);
}

/* ISO/IEC 6429 has control characters of its own, which terminals obey. */
static void test_no_terminal_is_commanded(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  X509_NAME *name = X509_NAME_new();
  static struct list list;

  (void) unused;

  assert_int_equal(X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
                     (const unsigned char *) "a\xc2\x9b"
                                             "2J",
                     -1, -1, 0),
    1);
  assert_int_equal(X509_set_subject_name(cert->cert, name), 1);

  list.count = 0;
  tls4217_certinfo_list(cert->cert, put, &list);
  assert_null(find(&list, "S_DN_O"));
  assert_non_null(find(&list, "S_DN"));
  for (size_t i = 0; i < list.count; i++) {
    assert_null(strstr(list.values[i], "\xc2\x9b"));
  }

  X509_NAME_free(name);
  pki_free(cert);
}

static size_t longest;

static void measure(void *user, const char *name, const char *value) {
  size_t len = strlen(value);

  (void) user;
  assert_true(strcmp(name, "S_DN_O") != 0);
  longest = len > longest ? len : longest;
}

static void test_values_are_not_endless(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  X509_NAME *name = X509_NAME_new();
  static char text[TLS4217_SCRUB_MAX + 2];

  (void) unused;

  /* OpenSSL's own limits are not those of who signs a certificate. */
  memset(text, 'a', sizeof(text) - 1);
  assert_int_equal(
    X509_NAME_add_entry_by_NID(name, NID_organizationName, V_ASN1_UTF8STRING,
      (const unsigned char *) text, -1, -1, 0),
    1);
  assert_int_equal(X509_set_subject_name(cert->cert, name), 1);

  longest = 0;
  tls4217_certinfo_list(cert->cert, measure, NULL);
  assert_int_equal(longest, TLS4217_SCRUB_MAX);

  X509_NAME_free(name);
  pki_free(cert);
}

/* What was put: the names, each with a blank behind it. */
static char put_names[128];

static void keep_pem(void *user, const char *name, const char *value) {
  static const char begin[] = "-----BEGIN CERTIFICATE-----\n";
  static const char end[] = "-----END CERTIFICATE-----\n";

  (void) user;
  assert_memory_equal(value, begin, sizeof(begin) - 1);
  assert_string_equal(value + strlen(value) - (sizeof(end) - 1), end);
  (void) strcat(strcat(put_names, name), " ");
}

static void test_pem(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);

  (void) unused;

  *put_names = '\0';
  tls4217_certinfo_pem(cert->cert, keep_pem, NULL);
  assert_string_equal(put_names, "CERT ");
  tls4217_certinfo_pem(NULL, keep_pem, NULL);
  assert_string_equal(put_names, "CERT ");
  pki_free(cert);
}

/* The first one of a chain is the client's own, which has its name already. */
static void test_chain(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  STACK_OF(X509) *chain = sk_X509_new_null();

  (void) unused;

  *put_names = '\0';
  tls4217_certinfo_chain(NULL, keep_pem, NULL);
  tls4217_certinfo_chain(chain, keep_pem, NULL);
  assert_string_equal(put_names, "");

  for (int i = 0; i < 3; i++) {
    assert_true(sk_X509_push(chain, cert->cert) > 0);
  }

  tls4217_certinfo_chain(chain, keep_pem, NULL);
  assert_string_equal(put_names, "CERT_CHAIN1 CERT_CHAIN2 ");
  sk_X509_free(chain);
  pki_free(cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_values),
    cmocka_unit_test(test_no_line_is_forged),
    cmocka_unit_test(test_no_terminal_is_commanded),
    cmocka_unit_test(test_values_are_not_endless),
    cmocka_unit_test(test_pem),
    cmocka_unit_test(test_chain),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
