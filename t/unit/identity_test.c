/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/identity.c
 *
 * Names as openssl(1) would never write them: with NUL bytes, slashes, too
 * long, of odd string types.  A name that could mean two things matches
 * nothing.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/identity.h"
#include "t/unit/pki.h"
#include "t/unit/prompt.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define OID          "1.2.3.4.5.6"
#define TEN          "0123456789"
#define FIFTY        TEN TEN TEN TEN TEN
#define TWOHUNDRED   FIFTY FIFTY FIFTY FIFTY

/* Text with its length: NUL bytes count. */
#define BYTES(text) text, sizeof(text) - 1

/* A certificate without names; pki_free it. */
static struct pki_cert *blank(void) {
  const struct pki_spec spec = { .name = "x", .is_client = true };
  struct pki_cert *made = pki_make(&spec);
  X509_NAME *none = X509_NAME_new();

  assert_int_equal(X509_set_subject_name(made->cert, none), 1);
  X509_NAME_free(none);
  return made;
}

static void add_attribute(
  struct pki_cert *cert, int nid, int type, const char *bytes, size_t size) {
  X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert->cert));
  X509_NAME_ENTRY *entry;

  /* Not X509_NAME_add_entry_by_NID(): it insists on sensible lengths. */
  entry = X509_NAME_ENTRY_new();
  assert_int_equal(X509_NAME_ENTRY_set_object(entry, OBJ_nid2obj(nid)), 1);
  assert_int_equal(X509_NAME_ENTRY_set_data(
                     entry, type, (const unsigned char *) bytes, (int) size),
    1);
  assert_int_equal(X509_NAME_add_entry(name, entry, -1, 0), 1);
  assert_int_equal(X509_set_subject_name(cert->cert, name), 1);

  X509_NAME_ENTRY_free(entry);
  X509_NAME_free(name);
}

static void set_alt_names(struct pki_cert *cert, GENERAL_NAMES *names) {
  assert_int_equal(X509_add1_ext_i2d(cert->cert, NID_subject_alt_name, names, 0,
                     X509V3_ADD_REPLACE),
    1);
  GENERAL_NAMES_free(names);
}

static void add_text_name(
  GENERAL_NAMES *names, int type, const char *bytes, size_t size) {
  GENERAL_NAME *name = GENERAL_NAME_new();
  ASN1_IA5STRING *value = ASN1_IA5STRING_new();

  assert_int_equal(ASN1_STRING_set(value, bytes, (int) size), 1);
  GENERAL_NAME_set0_value(name, type, value);
  assert_true(sk_GENERAL_NAME_push(names, name) > 0);
}

static struct tls4217_identity *identify(const struct pki_cert *cert) {
  struct tls4217_identity *identity;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  identity = tls4217_identity_new(cert->cert, &err);
  assert_non_null(identity);
  assert_false(tls4217_error_is_set(&err));
  assert_int_equal(ERR_peek_error(), 0);
  return identity;
}

struct name_case {
  const char *bytes;
  size_t size;
  int type;
  const char *want; /* the common name; NULL: none */
};

static const struct name_case common_names[] = {
  { BYTES("alice"), V_ASN1_UTF8STRING, "alice" },
  { BYTES("alice"), V_ASN1_PRINTABLESTRING, "alice" },
  { BYTES("alice"), V_ASN1_IA5STRING, "alice" },
  { BYTES("\0a\0l"), V_ASN1_BMPSTRING, "al" },
  { BYTES("al ice"), V_ASN1_UTF8STRING, "al ice" },
  { BYTES("\303\244"), V_ASN1_UTF8STRING, "\303\244" },
  { BYTES("\344"), V_ASN1_T61STRING, "\303\244" },
  { BYTES(FIFTY TEN "0123"), V_ASN1_UTF8STRING, FIFTY TEN "0123" },

  { BYTES(""), V_ASN1_UTF8STRING, NULL },
  { BYTES("alice\0"), V_ASN1_UTF8STRING, NULL },
  { BYTES("alice\0.evil"), V_ASN1_UTF8STRING, NULL },
  { BYTES("\0alice"), V_ASN1_IA5STRING, NULL },
  { BYTES("\0a\0\0\0l"), V_ASN1_BMPSTRING, NULL },
  { BYTES("../alice"), V_ASN1_UTF8STRING, NULL },
  { BYTES("/"), V_ASN1_UTF8STRING, NULL },
  { BYTES("\0/"), V_ASN1_BMPSTRING, NULL },
  { BYTES("alice\n"), V_ASN1_UTF8STRING, NULL },
  { BYTES("\033alice"), V_ASN1_UTF8STRING, NULL },
  { BYTES("alice\177"), V_ASN1_UTF8STRING, NULL },
  { BYTES(FIFTY TEN "01234"), V_ASN1_UTF8STRING, NULL },
  { BYTES(TWOHUNDRED TWOHUNDRED), V_ASN1_UTF8STRING, NULL },
};

static void test_common_names(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(common_names); i++) {
    const struct name_case *it = &common_names[i];
    struct pki_cert *cert = blank();
    struct tls4217_identity *identity;

    add_attribute(cert, NID_commonName, it->type, it->bytes, it->size);
    identity = identify(cert);

    if (it->want == NULL) {
      assert_null(identity->common_name);
      assert_false(tls4217_identity_has_common_name(identity, it->bytes));
      assert_false(tls4217_identity_has_common_name(identity, "alice"));
      assert_false(tls4217_identity_has_common_name(identity, ""));

    } else {
      assert_string_equal(identity->common_name, it->want);
      assert_true(tls4217_identity_has_common_name(identity, it->want));
    }

    tls4217_identity_free(identity);
    pki_free(cert);
  }
}

static void test_common_name_is_exact(void **unused) {
  struct pki_cert *cert = blank();
  struct tls4217_identity *identity;

  (void) unused;

  add_attribute(cert, NID_commonName, V_ASN1_UTF8STRING, BYTES("alice"));
  identity = identify(cert);
  assert_false(tls4217_identity_has_common_name(identity, "Alice"));
  assert_false(tls4217_identity_has_common_name(identity, "alic"));
  assert_false(tls4217_identity_has_common_name(identity, "alice "));
  tls4217_identity_free(identity);

  add_attribute(cert, NID_commonName, V_ASN1_UTF8STRING, BYTES("bob"));
  identity = identify(cert);
  assert_null(identity->common_name);
  tls4217_identity_free(identity);
  pki_free(cert);
}

static void test_subject(void **unused) {
  struct pki_cert *cert = blank();
  struct tls4217_identity *identity;

  (void) unused;

  identity = identify(cert);
  assert_string_equal(identity->subject, "");
  assert_false(tls4217_identity_has_subject(identity, ""));
  tls4217_identity_free(identity);

  add_attribute(
    cert, NID_organizationName, V_ASN1_UTF8STRING, BYTES("Example A/S"));
  add_attribute(cert, NID_commonName, V_ASN1_UTF8STRING, BYTES("a,\303\244"));
  identity = identify(cert);
  assert_string_equal(identity->subject, "CN=a\\,\303\244,O=Example A/S");
  assert_true(tls4217_identity_has_subject(identity, identity->subject));
  assert_false(
    tls4217_identity_has_subject(identity, "CN=a\\,\303\244,O=EXAMPLE A/S"));
  assert_true(tls4217_identity_has_issuer(identity, "CN=x"));
  assert_false(tls4217_identity_has_issuer(identity, "CN=X"));
  tls4217_identity_free(identity);
  pki_free(cert);
}

/* Its own text in the log would otherwise be a rule that matches it. */
static void test_subject_that_does_not_count(void **unused) {
  static const struct name_case cases[] = {
    { BYTES("a\0b"), V_ASN1_UTF8STRING, NULL },
    { BYTES("a\nb"), V_ASN1_UTF8STRING, NULL },
    { BYTES(TWOHUNDRED FIFTY TEN), V_ASN1_UTF8STRING, NULL },
  };

  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    struct pki_cert *cert = blank();
    struct tls4217_identity *identity;

    add_attribute(cert, NID_organizationalUnitName, cases[i].type,
      cases[i].bytes, cases[i].size);
    identity = identify(cert);
    assert_null(strchr(identity->subject, '\n'));
    assert_false(tls4217_identity_has_subject(identity, identity->subject));
    tls4217_identity_free(identity);
    pki_free(cert);
  }
}

struct alt_case {
  int type;
  const char *bytes;
  size_t size;
  enum tls4217_identity_kind kind;
  const char *text;
  bool want;
};

static const struct alt_case alt_names[] = {
  { GEN_DNS, BYTES("ftp.Example.org"), TLS4217_IDENTITY_DNS, "FTP.example.ORG",
    true },
  { GEN_DNS, BYTES("*.example.org"), TLS4217_IDENTITY_DNS, "a.example.org",
    false },
  { GEN_DNS, BYTES("a\0.evil"), TLS4217_IDENTITY_DNS, "a", false },
  { GEN_DNS, BYTES("alice"), TLS4217_IDENTITY_EMAIL, "alice", false },
  { GEN_EMAIL, BYTES("a@example.org"), TLS4217_IDENTITY_EMAIL, "a@example.org",
    true },
  { GEN_EMAIL, BYTES("a@example.org"), TLS4217_IDENTITY_EMAIL, "A@example.org",
    false },
  { GEN_EMAIL, BYTES("a@example.org"), TLS4217_IDENTITY_EMAIL, "a@EXAMPLE.org",
    false },
  { GEN_EMAIL, BYTES("a@b\0@c"), TLS4217_IDENTITY_EMAIL, "a@b", false },
  { GEN_EMAIL, BYTES("../a@b"), TLS4217_IDENTITY_EMAIL, "../a@b", false },
  { GEN_EMAIL, BYTES("a@b\r\n"), TLS4217_IDENTITY_EMAIL, "a@b\r\n", false },
  { GEN_EMAIL, BYTES(TWOHUNDRED FIFTY "@01234"), TLS4217_IDENTITY_EMAIL,
    TWOHUNDRED FIFTY "@01234", false },
  { GEN_EMAIL, BYTES(""), TLS4217_IDENTITY_EMAIL, "", false },
  { GEN_URI, BYTES("spiffe://a/b"), TLS4217_IDENTITY_URI, "spiffe://a/b",
    true },
  { GEN_URI, BYTES("spiffe://a/b"), TLS4217_IDENTITY_URI, "spiffe://a/B",
    false },
  { GEN_URI, BYTES("spiffe://a\0/b"), TLS4217_IDENTITY_URI, "spiffe://a",
    false },
};

static void test_alt_names(void **unused) {
  (void) unused;

  for (size_t i = 0; i < COUNT(alt_names); i++) {
    const struct alt_case *it = &alt_names[i];
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    struct pki_cert *cert = blank();
    struct tls4217_identity *identity;

    add_text_name(names, GEN_DNS, BYTES("first"));
    add_text_name(names, it->type, it->bytes, it->size);
    set_alt_names(cert, names);

    identity = identify(cert);
    if (tls4217_identity_has_alt_name(identity, it->kind, it->text) !=
      it->want) {
      fail_msg("case %zu: '%s'", i, it->text);
    }

    tls4217_identity_free(identity);
    pki_free(cert);
  }
}

static void test_addresses(void **unused) {
  const struct pki_spec spec = { .name = "x",
    .is_client = true,
    .alt_names = "IP:192.0.2.1,IP:2001:db8::1,IP:::ffff:198.51.100.7" };
  struct pki_cert *cert = pki_make(&spec);
  struct tls4217_identity *identity = identify(cert);
  static const struct {
    const char *text;
    bool want;
  } cases[] = {
    { "192.0.2.1", true },
    { "2001:db8:0::1", true },
    { "2001:DB8::1", true },
    { "192.0.2.2", false },
    { "::ffff:192.0.2.1", true },
    { "198.51.100.7", true },
    { "::198.51.100.7", false },
    { "fe80::1%eth0", false },
    { "", false },
    { "ftp.example.org", false },
  };

  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_int_equal(tls4217_identity_has_alt_name(
                       identity, TLS4217_IDENTITY_IP, cases[i].text),
      cases[i].want);
  }

  tls4217_identity_free(identity);
  pki_free(cert);
}

static void set_extension(
  struct pki_cert *cert, const char *bytes, size_t size) {
  ASN1_OBJECT *object = OBJ_txt2obj(OID, 1);
  ASN1_OCTET_STRING *octets = ASN1_OCTET_STRING_new();
  X509_EXTENSION *extension;

  assert_int_equal(
    ASN1_OCTET_STRING_set(octets, (const unsigned char *) bytes, (int) size),
    1);
  extension = X509_EXTENSION_create_by_OBJ(NULL, object, 0, octets);
  assert_non_null(extension);
  assert_int_equal(X509_add_ext(cert->cert, extension, -1), 1);
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(octets);
  ASN1_OBJECT_free(object);
}

static void test_extension_values(void **unused) {
  static const struct name_case cases[] = {
    { BYTES("alice"), 0, "alice" },
    { BYTES("\014\005alice"), 0, "alice" },
    { BYTES("\026\005alice"), 0, "alice" },
    { BYTES("alice\0"), 0, NULL },
    { BYTES("\014\006alice\0"), 0, NULL },
    { BYTES("\014\010../alice"), 0, NULL },
    { BYTES("\014\005alicebob"), 0, NULL },
    { BYTES("\004\005alice"), 0, NULL },
    { BYTES("\060\007\014\005alice"), 0, NULL },
    { BYTES(""), 0, NULL },
  };

  (void) unused;

  for (size_t i = 0; i < COUNT(cases); i++) {
    struct pki_cert *cert = blank();
    struct tls4217_identity *identity;

    set_extension(cert, cases[i].bytes, cases[i].size);
    identity = identify(cert);
    assert_int_equal(tls4217_identity_has_value(identity, OID, "alice"),
      cases[i].want != NULL);
    assert_false(tls4217_identity_has_value(identity, OID, "ali"));
    assert_false(tls4217_identity_has_value(identity, OID, ""));
    assert_false(tls4217_identity_has_value(identity, "1.2.3.4.5", "alice"));
    tls4217_identity_free(identity);
    pki_free(cert);
  }
}

static void test_other_values(void **unused) {
  const struct pki_spec spec = { .name = "x",
    .is_client = true,
    .alt_names = "otherName:" OID ";UTF8:alice,otherName:1.2.3;INTEGER:1,"
                 "otherName:1.2.4;UTF8:alice,otherName:1.2.4;UTF8:bob" };
  struct pki_cert *cert = pki_make(&spec);
  struct tls4217_identity *identity = identify(cert);

  (void) unused;

  assert_true(tls4217_identity_has_value(identity, OID, "alice"));
  assert_false(tls4217_identity_has_value(identity, OID, "Alice"));
  assert_false(tls4217_identity_has_value(identity, "1.2.3", "1"));
  assert_true(tls4217_identity_has_value(identity, "2.5.4.3", "x"));
  assert_false(tls4217_identity_has_value(identity, "1.2.4", "alice"));
  assert_false(tls4217_identity_has_value(identity, "1.2.4", "bob"));
  tls4217_identity_free(identity);

  set_extension(cert, BYTES("alice"));
  identity = identify(cert);
  assert_false(tls4217_identity_has_value(identity, OID, "alice"));
  tls4217_identity_free(identity);
  pki_free(cert);
}

static void test_oids(void **unused) {
  (void) unused;

  assert_true(tls4217_identity_is_oid("1.2.3"));
  assert_true(tls4217_identity_is_oid("0.9.2342.19200300.100.1.1"));
  assert_false(tls4217_identity_is_oid("CN"));
  assert_false(tls4217_identity_is_oid("commonName"));
  assert_false(tls4217_identity_is_oid("1.2.x"));
  assert_false(tls4217_identity_is_oid(""));
}

static size_t append_pem(char *buf, size_t used, X509 *cert) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;
  long len;

  assert_int_equal(PEM_write_bio_X509(bio, cert), 1);
  len = BIO_get_mem_data(bio, &text);
  memcpy(buf + used, text, (size_t) len);
  BIO_free(bio);
  return used + (size_t) len;
}

/* The same key and names are not the same certificate. */
static void test_lists(void **unused) {
  struct pki_cert *one = pki_leaf("x", PKI_EC, NULL);
  const struct pki_spec renewal = { .name = "x", .same_key = one };
  struct pki_cert *two = pki_make(&renewal);
  struct tls4217_identity *identity = identify(one);
  char pem[8192];
  size_t size;

  (void) unused;

  assert_true(tls4217_identity_is(identity, one->cert));
  assert_false(tls4217_identity_is(identity, two->cert));
  assert_false(tls4217_identity_is(identity, NULL));

  size = append_pem(pem, 0, two->cert);
  assert_false(tls4217_identity_is_listed(identity, pem, size));
  assert_false(tls4217_identity_is_listed(identity, pem, 0));
  assert_false(tls4217_identity_is_listed(identity, "junk", 4));

  size = append_pem(pem, size, one->cert);
  assert_true(tls4217_identity_is_listed(identity, pem, size));
  assert_false(tls4217_identity_is_listed(identity, pem, size - 40));

  tls4217_identity_free(identity);
  pki_free(one);
  pki_free(two);
}

static void test_list_asks_for_no_pass_phrase(void **unused) {
  struct pki_cert *cert = pki_leaf("one", PKI_EC, NULL);
  struct tls4217_identity *identity = identify(cert);
  char pem[8192];
  size_t size;
  bool listed;

  (void) unused;

  size = prompt_encrypted_pem(pem, sizeof(pem), (i2d_of_void *) i2d_X509,
    PEM_STRING_X509, cert->cert, "secret");
  prompt_begin("secret");
  listed = tls4217_identity_is_listed(identity, pem, size);
  assert_int_equal(prompt_end(), 0);
  assert_false(listed);

  tls4217_identity_free(identity);
  pki_free(cert);
}

static void test_fingerprint(void **unused) {
  struct pki_cert *cert = pki_leaf("x", PKI_EC, NULL);
  struct tls4217_identity *identity = identify(cert);

  (void) unused;

  assert_int_equal(strlen(identity->fingerprint), 95);
  assert_int_equal(identity->fingerprint[2], ':');
  assert_int_equal(strspn(identity->fingerprint, "0123456789ABCDEF:"), 95);
  assert_int_equal(
    strspn(identity->serial, "0123456789ABCDEF"), strlen(identity->serial));
  tls4217_identity_free(identity);
  tls4217_identity_free(NULL);
  pki_free(cert);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_common_names),
    cmocka_unit_test(test_common_name_is_exact),
    cmocka_unit_test(test_subject),
    cmocka_unit_test(test_subject_that_does_not_count),
    cmocka_unit_test(test_alt_names),
    cmocka_unit_test(test_addresses),
    cmocka_unit_test(test_extension_values),
    cmocka_unit_test(test_other_values),
    cmocka_unit_test(test_oids),
    cmocka_unit_test(test_lists),
    cmocka_unit_test(test_list_asks_for_no_pass_phrase),
    cmocka_unit_test(test_fingerprint),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
