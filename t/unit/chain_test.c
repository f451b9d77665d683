/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - unit tests of tls/chain.c
 */

#define _POSIX_C_SOURCE 200809L

#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <string.h>

#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/chain.h"
#include "mod_tls4217/tls/cert/systemroots.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct {
  struct pki_cert *root, *upper, *lower, *leaf, *alone, *other;
} made;

/* As public CAs do. */
static void publish_issuer(
  const struct pki_cert *cert, const struct pki_cert *issuer) {
  X509_EXTENSION *extension = X509V3_EXT_conf_nid(
    NULL, NULL, NID_info_access, "caIssuers;URI:http://ca.example/ca.cer");

  assert_non_null(extension);
  assert_int_equal(X509_add_ext(cert->cert, extension, -1), 1);
  assert_true(X509_sign(cert->cert, issuer->key, EVP_sha256()) > 0);
  X509_EXTENSION_free(extension);
}

/* Makes this machine's roots those in a folder, named by their hash. */
static void trust(struct pki_dir *dir, const struct pki_cert *root) {
  char name[32];

  (void) snprintf(name, sizeof(name), "%08lx.0",
    X509_NAME_hash_ex(X509_get_subject_name(root->cert), NULL, NULL, NULL));
  pki_add_cert(pki_path(dir, name), root);
  assert_int_equal(setenv("SSL_CERT_DIR", pki_dir_path(dir), 1), 0);
}

static int make_certs(void **state) {
  const struct pki_spec alone = { .name = "alone" };

  (void) state;
  made.root = pki_ca("Root", NULL);
  made.upper = pki_ca("Upper", made.root);
  publish_issuer(made.upper, made.root);
  made.lower = pki_ca("Lower", made.upper);
  made.leaf = pki_leaf("leaf", PKI_EC, made.lower);
  made.alone = pki_make(&alone);
  made.other = pki_ca("Lower", made.root); /* of the same name */
  return 0;
}

static int free_certs(void **state) {
  (void) state;
  pki_free(made.root);
  pki_free(made.upper);
  pki_free(made.lower);
  pki_free(made.leaf);
  pki_free(made.alone);
  pki_free(made.other);
  return 0;
}

/* Members of made, by their letters: r, u, l, o. */
static STACK_OF(X509) * stack_of(const char *letters) {
  STACK_OF(X509) *stack = sk_X509_new_null();

  for (; *letters != '\0'; letters++) {
    X509 *cert = *letters == 'r' ? made.root->cert :
      *letters == 'u'            ? made.upper->cert :
      *letters == 'l'            ? made.lower->cert :
                                   made.other->cert;

    assert_int_equal(X509_up_ref(cert), 1);
    assert_int_not_equal(sk_X509_push(stack, cert), 0);
  }

  return stack;
}

static const struct {
  const char *name;
  bool alone;
  const char *chain, *cas;
  int want; /* added */
  const char *want_chain;
  const char *want_text; /* of the check, or NULL */
} cases[] = {
  { "all intermediates, in order", false, "", "rul", 2, "lu", NULL },
  { "as far as they lead", false, "", "lr", 1, "l", NULL },
  { "one of that name that did not sign", false, "", "our", 0, "",
    "issuer ('CN=Lower') is not sent" },
  { "nobody", false, "", "", 0, "", "issuer ('CN=Lower') is not sent" },
  { "signed by itself", true, "", "rul", 0, "", NULL },
  { "a chain of its own", false, "lu", "rul", 0, "lu", NULL },
  { "one that is completed", false, "l", "rul", 1, "lu", NULL },
  { "one with its root", false, "lur", "", 0, "lur", NULL },
  { "one to which a root is not added", false, "lu", "r", 0, "lu", NULL },
  { "one that ends early, of a CA that publishes nothing", false, "l", "", 0,
    "l", NULL },
  { "one that ends at a root that nobody knows", false, "lu", "", 0, "lu",
    "issuer of the last certificate of its chain ('CN=Root') is neither" },
  { "a chain in the wrong order", false, "ul", "", 0, "ul",
    "certificate 1 of its chain ('CN=Upper')" },
  { "a chain with a gap", false, "lr", "", 0, "lr",
    "certificate 2 of its chain ('CN=Root')" },
};

static void test_chains(void **state) {
  struct pki_dir *dir = pki_dir_new();

  (void) state;
  trust(dir, made.alone);
  assert_int_equal(setenv("SSL_CERT_FILE", "/nonexistent", 1), 0);
  for (size_t i = 0; i < COUNT(cases); i++) {
    const struct pki_cert *own = cases[i].alone ? made.alone : made.leaf;
    struct tls4217_keypair pair = { .leaf = own->cert, .key = own->key };
    STACK_OF(X509) *cas = stack_of(cases[i].cas);
    STACK_OF(X509) *want = stack_of(cases[i].want_chain);
    struct tls4217_error err;

    pair.chain = stack_of(cases[i].chain);
    tls4217_error_clear(&err);
    print_message("  %s\n", cases[i].name);
    assert_int_equal(tls4217_chain_complete(&pair, cas, &err), cases[i].want);
    assert_int_equal(sk_X509_num(pair.chain), sk_X509_num(want));
    for (int at = 0; at < sk_X509_num(want); at++) {
      assert_int_equal(
        X509_cmp(sk_X509_value(pair.chain, at), sk_X509_value(want, at)), 0);
    }

    assert_int_equal(tls4217_chain_check(&pair, cas, &err),
      cases[i].want_text == NULL ? 0 : -1);
    if (cases[i].want_text != NULL) {
      assert_non_null(strstr(err.text, cases[i].want_text));
    }

    sk_X509_pop_free(pair.chain, X509_free);
    sk_X509_pop_free(cas, X509_free);
    sk_X509_pop_free(want, X509_free);
  }

  pki_dir_free(dir);
}

/* Roots of this machine's, or none of which anything is known. */
static void test_system_roots(void **state) {
  struct pki_dir *dir = pki_dir_new();

  (void) state;
  assert_int_equal(setenv("SSL_CERT_DIR", pki_dir_path(dir), 1), 0);
  assert_true(tls4217_systemroots_may_have_issued(made.upper->cert));
  trust(dir, made.alone);
  assert_false(tls4217_systemroots_may_have_issued(made.upper->cert));
  trust(dir, made.root);
  assert_true(tls4217_systemroots_may_have_issued(made.upper->cert));
  assert_false(tls4217_systemroots_may_have_issued(made.leaf->cert));

  /* In one file. */
  assert_int_equal(setenv("SSL_CERT_DIR", "/nonexistent", 1), 0);
  pki_add_cert(pki_path(dir, "bundle.pem"), made.alone);
  assert_int_equal(
    setenv("SSL_CERT_FILE", pki_path(dir, "bundle.pem"), 1), 0);
  assert_false(tls4217_systemroots_may_have_issued(made.upper->cert));
  pki_add_cert(pki_path(dir, "bundle.pem"), made.root);
  assert_true(tls4217_systemroots_may_have_issued(made.upper->cert));
  pki_dir_free(dir);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_chains),
    cmocka_unit_test(test_system_roots),
  };

  return cmocka_run_group_tests(tests, make_certs, free_certs);
}
