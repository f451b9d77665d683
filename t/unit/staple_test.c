/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/staple.c
 *
 * What a file of TLSStaplingFile can be, as a table; and when a response that
 * was good is sent in handshakes of both TLS versions.
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/staple.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/between.h"
#include "t/unit/clock.h"
#include "t/unit/endpoint.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define HOUR         3600L
#define TIMEOUT      5000

/* No table entry may take longer, in milliseconds. */
#define SOON 1000

static struct pki_cert *root, *issuer, *leaf, *rsa_leaf, *other, *stranger;
static struct pki_cert *delegate, *no_purpose, *late_delegate;

/* The same certificate, with one more extension, signed again. */
static struct pki_cert *with_extension(
  struct pki_cert *cert, const struct pki_cert *by, int nid, const char *text) {
  X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, text);
  int at = X509_get_ext_by_NID(cert->cert, nid, -1);

  assert_non_null(ext);
  if (at >= 0) {
    X509_EXTENSION_free(X509_delete_ext(cert->cert, at));
  }

  assert_int_equal(X509_add_ext(cert->cert, ext, -1), 1);
  assert_true(X509_sign(cert->cert, by->key, EVP_sha256()) > 0);
  X509_EXTENSION_free(ext);
  return cert;
}

static struct pki_cert *responder(long to_days) {
  const struct pki_spec spec = {
    .name = "responder", .issuer = issuer, .from_days = -30, .to_days = to_days
  };

  return with_extension(
    pki_make(&spec), issuer, NID_ext_key_usage, "OCSPSigning");
}

static int make_world(void **state) {
  (void) state;

  root = pki_ca("root", NULL);
  issuer = pki_ca("issuer", root);
  leaf = pki_leaf("ftp.example.org", PKI_EC, issuer);
  rsa_leaf = pki_leaf("ftp.example.org", PKI_RSA, issuer);
  other = pki_leaf("ftp.example.net", PKI_EC, issuer);
  stranger = pki_leaf("ftp.example.org", PKI_EC, root);
  delegate = responder(30);
  late_delegate = responder(-1);
  no_purpose = pki_leaf("responder", PKI_EC, issuer);
  return 0;
}

static int free_world(void **state) {
  struct pki_cert *all[] = { root, issuer, leaf, rsa_leaf, other, stranger,
    delegate, no_purpose, late_delegate };

  (void) state;
  for (size_t i = 0; i < COUNT(all); i++) {
    pki_free(all[i]);
  }

  return 0;
}

/* Responses. */

/* What one shall say; zero: good, by the issuer, from an hour ago for a day. */
struct says {
  struct pki_cert *const *about[2]; /* {NULL}: the leaf */
  struct pki_cert *const *of;       /* its issuer */
  struct pki_cert *const *by;
  int status[2];
  long from, to;
  bool no_end, hides_signer;
  const EVP_MD *(*digest)(void); /* in the names of certificates */
};

struct bytes {
  unsigned char *at;
  size_t size;
};

static struct bytes encode(int status, OCSP_BASICRESP *basic) {
  OCSP_RESPONSE *response = OCSP_response_create(status, basic);
  struct bytes bytes = { NULL, 0 };

  assert_non_null(response);
  bytes.size = (size_t) i2d_OCSP_RESPONSE(response, &bytes.at);
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  return bytes;
}

static void add_status(OCSP_BASICRESP *basic, const struct says *says,
  const struct pki_cert *about, int status) {
  const struct pki_cert *of = says->of != NULL ? *says->of : issuer;
  const EVP_MD *digest = says->digest != NULL ? says->digest() : EVP_sha1();
  OCSP_CERTID *id = OCSP_cert_to_id(digest, about->cert, of->cert);
  ASN1_TIME *from = X509_gmtime_adj(NULL, says->from != 0 ? says->from : -HOUR);
  ASN1_TIME *to = X509_gmtime_adj(NULL, says->to != 0 ? says->to : 23 * HOUR);

  assert_non_null(OCSP_basic_add1_status(basic, id, status,
    OCSP_REVOKED_STATUS_NOSTATUS, from, from, says->no_end ? NULL : to));
  OCSP_CERTID_free(id);
  ASN1_TIME_free(from);
  ASN1_TIME_free(to);
}

static struct bytes respond(const struct says *says) {
  OCSP_BASICRESP *basic = OCSP_BASICRESP_new();
  const struct pki_cert *by = says->by != NULL ? *says->by : issuer;

  add_status(basic, says, says->about[0] != NULL ? *says->about[0] : leaf,
    says->status[0]);
  if (says->about[1] != NULL) {
    add_status(basic, says, *says->about[1], says->status[1]);
  }

  assert_int_equal(OCSP_basic_sign(basic, by->cert, by->key, EVP_sha256(), NULL,
                     says->hides_signer ? OCSP_NOCERTS : 0),
    1);
  return encode(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
}

static struct tls4217_staple *check(const struct bytes *bytes,
  enum tls4217_staple_verdict *verdict, struct tls4217_error *err) {
  tls4217_error_clear(err);
  return tls4217_staple_new(bytes->at, bytes->size, leaf->cert, issuer->cert,
    (int64_t) time(NULL), verdict, err);
}

/* What a response says. */

static const struct {
  const char *name;
  struct says says;
  enum tls4217_staple_verdict verdict;
  const char *text; /* of the error; NULL: it is good */
} answers[] = {
  { "good, by the issuer", { .no_end = false }, TLS4217_STAPLE_GOOD, NULL },
  { "its certificate left out", { .hides_signer = true }, TLS4217_STAPLE_GOOD,
    NULL },
  { "by a responder of the issuer's", { .by = &delegate }, TLS4217_STAPLE_GOOD,
    NULL },
  { "named by SHA-256", { .digest = EVP_sha256 }, TLS4217_STAPLE_GOOD, NULL },
  { "by a clock that is ahead", { .from = 200 }, TLS4217_STAPLE_GOOD, NULL },
  { "and another one", { .about = { &other, &leaf } }, TLS4217_STAPLE_GOOD,
    NULL },
  { "another one is revoked",
    { .about = { &other, &leaf },
      .status = { V_OCSP_CERTSTATUS_REVOKED, V_OCSP_CERTSTATUS_GOOD } },
    TLS4217_STAPLE_GOOD, NULL },
  { "by another CA", { .by = &root }, TLS4217_STAPLE_UNUSABLE,
    "is signed neither by" },
  { "by one without the purpose", { .by = &no_purpose },
    TLS4217_STAPLE_UNUSABLE, "is signed neither by" },
  { "by one who says not who it is", { .by = &delegate, .hides_signer = true },
    TLS4217_STAPLE_UNUSABLE, "is signed neither by" },
  { "by one whose time is over", { .by = &late_delegate },
    TLS4217_STAPLE_UNUSABLE, "is signed neither by" },
  { "by the certificate itself", { .by = &leaf }, TLS4217_STAPLE_UNUSABLE,
    "is signed neither by" },
  { "about another", { .about = { &other } }, TLS4217_STAPLE_OTHERS,
    "is about another certificate" },
  { "of another CA", { .of = &root, .by = &root }, TLS4217_STAPLE_OTHERS,
    "is about another certificate" },
  { "not yet", { .from = HOUR }, TLS4217_STAPLE_UNUSABLE,
    "is not valid before" },
  { "no more", { .from = -3 * HOUR, .to = -1 }, TLS4217_STAPLE_UNUSABLE,
    "is no longer valid" },
  { "before it began", { .from = -HOUR, .to = -2 * HOUR },
    TLS4217_STAPLE_UNUSABLE, "is no longer valid" },
  { "without an end", { .no_end = true }, TLS4217_STAPLE_UNUSABLE,
    "does not say how long" },
  { "unknown", { .status = { V_OCSP_CERTSTATUS_UNKNOWN } },
    TLS4217_STAPLE_UNUSABLE, "does not know the certificate" },
  { "revoked", { .status = { V_OCSP_CERTSTATUS_REVOKED } },
    TLS4217_STAPLE_REVOKED, "has been REVOKED" },
  { "revoked, and over",
    { .status = { V_OCSP_CERTSTATUS_REVOKED }, .from = -3 * HOUR, .to = -HOUR },
    TLS4217_STAPLE_REVOKED, "has been REVOKED" },
  { "revoked, says a stranger",
    { .status = { V_OCSP_CERTSTATUS_REVOKED }, .by = &root },
    TLS4217_STAPLE_UNUSABLE, "is signed neither by" },
  { "good and revoked",
    { .about = { &leaf, &leaf },
      .status = { V_OCSP_CERTSTATUS_GOOD, V_OCSP_CERTSTATUS_REVOKED } },
    TLS4217_STAPLE_REVOKED, "has been REVOKED" },
};

static void insist(const char *name, const struct bytes *bytes,
  enum tls4217_staple_verdict want, const char *text) {
  enum tls4217_staple_verdict verdict = TLS4217_STAPLE_OTHERS;
  struct tls4217_staple *staple;
  struct timespec begin, end;
  struct tls4217_error err;
  long took;

  (void) clock_gettime(CLOCK_MONOTONIC, &begin);
  staple = check(bytes, &verdict, &err);
  (void) clock_gettime(CLOCK_MONOTONIC, &end);
  took = (end.tv_sec - begin.tv_sec) * 1000 +
    (end.tv_nsec - begin.tv_nsec) / 1000000;

  if (verdict != want || (staple != NULL) != (text == NULL) || took > SOON ||
    tls4217_error_is_set(&err) != (text != NULL) ||
    (text != NULL && strstr(err.text, text) == NULL)) {
    fail_msg(
      "%s: verdict %d, %ld ms, '%s'", name, (int) verdict, took, err.text);
  }

  assert_int_equal(ERR_peek_error(), 0);
  if (staple != NULL) {
    assert_memory_equal(staple->bytes, bytes->at, bytes->size);
    assert_true(staple->until > (int64_t) time(NULL));
  }

  tls4217_staple_release(staple);
}

static void test_answers(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(answers); i++) {
    struct bytes bytes = respond(&answers[i].says);

    insist(answers[i].name, &bytes, answers[i].verdict, answers[i].text);
    OPENSSL_free(bytes.at);
  }
}

/* What is no answer. */

static void test_errors_of_responders(void **state) {
  const int statuses[] = { OCSP_RESPONSE_STATUS_MALFORMEDREQUEST,
    OCSP_RESPONSE_STATUS_INTERNALERROR, OCSP_RESPONSE_STATUS_TRYLATER,
    OCSP_RESPONSE_STATUS_SIGREQUIRED, OCSP_RESPONSE_STATUS_UNAUTHORIZED };

  (void) state;
  for (size_t i = 0; i < COUNT(statuses); i++) {
    struct bytes bytes = encode(statuses[i], NULL);

    insist("an error", &bytes, TLS4217_STAPLE_UNUSABLE,
      OCSP_response_status_str(statuses[i]));
    OPENSSL_free(bytes.at);
  }
}

static void test_every_cut(void **state) {
  const struct says says = { .by = &delegate };
  struct bytes bytes = respond(&says);
  const size_t whole = bytes.size;

  (void) state;
  for (bytes.size = 0; bytes.size < whole; bytes.size++) {
    insist("cut", &bytes, TLS4217_STAPLE_UNUSABLE,
      bytes.size == 0 ? "is not an OCSP response" : "is cut or damaged");
  }

  OPENSSL_free(bytes.at);
}

/* No byte can be another one, but where nothing is signed: the certificates
 * that come along, and who is said to have signed. */
static void test_every_damage(void **state) {
  const struct says says = { .hides_signer = true };
  struct bytes bytes = respond(&says);
  enum tls4217_staple_verdict verdict;
  struct tls4217_error err;

  (void) state;
  for (size_t i = 0; i < bytes.size; i++) {
    struct tls4217_staple *staple;

    bytes.at[i] ^= 1;
    staple = check(&bytes, &verdict, &err);
    if (staple != NULL) {
      fail_msg("byte %zu of %zu can be another", i, bytes.size);
    }

    assert_true(tls4217_error_is_set(&err));
    bytes.at[i] ^= 1;
  }

  OPENSSL_free(bytes.at);
}

static void test_what_is_no_response(void **state) {
  static unsigned char large[TLS4217_STAPLE_MAX + 1];
  static unsigned char nested[8 * 1024];
  const struct bytes rows[] = {
    { (unsigned char *) "-----BEGIN OCSP RESPONSE-----\n", 30 },
    { (unsigned char *) "", 0 },
    { (unsigned char *) "\x30\x80\x00\x00", 4 },
    { (unsigned char *) "\x30\x84\x7f\xff\xff\xff", 6 },
    { (unsigned char *) "\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff", 10 },
    { large, sizeof(large) },
    { nested, sizeof(nested) },
  };
  const char *const texts[] = { "is not an OCSP", "is not an OCSP", "damaged",
    "damaged", "damaged", "is larger than 65536 bytes", "damaged" };
  const struct says says = { .no_end = false };
  struct bytes good = respond(&says);

  (void) state;
  memset(nested, 0x30, sizeof(nested));
  memset(large, 0, sizeof(large));
  memcpy(large, good.at, good.size);
  for (size_t i = 0; i < COUNT(rows); i++) {
    insist("no response", &rows[i], TLS4217_STAPLE_UNUSABLE, texts[i]);
  }

  OPENSSL_free(good.at);
}

static void test_without_an_issuer(void **state) {
  const struct says says = { .no_end = false };
  enum tls4217_staple_verdict verdict;
  struct bytes bytes = respond(&says);
  struct tls4217_error err;

  (void) state;
  tls4217_error_clear(&err);
  assert_null(tls4217_staple_new(bytes.at, bytes.size, leaf->cert, NULL,
    (int64_t) time(NULL), &verdict, &err));
  assert_non_null(strstr(err.text, "TLSCACertificateFile"));
  tls4217_error_clear(&err);
  assert_null(tls4217_staple_new(bytes.at, bytes.size, stranger->cert,
    root->cert, (int64_t) time(NULL), &verdict, &err));
  assert_int_equal(verdict, TLS4217_STAPLE_OTHERS);
  OPENSSL_free(bytes.at);
}

/* Time. */

static void test_ages(void **state) {
  const struct says says = { .from = -HOUR, .to = 3 * HOUR };
  const struct says longer = { .by = &delegate, .to = 60 * 24 * HOUR };
  enum tls4217_staple_verdict verdict;
  struct bytes bytes = respond(&says);
  struct tls4217_error err;
  struct tls4217_staple *staple = check(&bytes, &verdict, &err);
  const int64_t now = (int64_t) time(NULL);

  (void) state;
  assert_non_null(staple);
  assert_between(staple->until, now + 3 * HOUR - 5, now + 3 * HOUR);
  assert_false(tls4217_staple_is_old(staple, now + 2 * HOUR - 60));
  assert_true(tls4217_staple_is_old(staple, now + 2 * HOUR + 60));
  assert_true(tls4217_staple_is_valid(staple, staple->until - 1));
  assert_false(tls4217_staple_is_valid(staple, staple->until));
  tls4217_staple_release(tls4217_staple_share(staple));
  tls4217_staple_release(staple);
  OPENSSL_free(bytes.at);

  /* The signer's own certificate ends earlier. */
  bytes = respond(&longer);
  staple = check(&bytes, &verdict, &err);
  assert_non_null(staple);
  assert_true(staple->until < now + 31 * 24 * HOUR);
  tls4217_staple_release(staple);
  OPENSSL_free(bytes.at);
}

/* Certificates. */

static void test_what_certificates_say(void **state) {
  struct pki_cert *must = with_extension(
    pki_leaf("a", PKI_EC, issuer), issuer, NID_tlsfeature, "status_request");
  struct pki_cert *must_v2 = with_extension(
    pki_leaf("a", PKI_EC, issuer), issuer, NID_tlsfeature, "status_request_v2");
  struct pki_cert *named = with_extension(pki_leaf("a", PKI_EC, issuer), issuer,
    NID_info_access, "OCSP;URI:http://ocsp.example.org/");

  (void) state;
  assert_true(tls4217_staple_is_required(must->cert));
  assert_false(tls4217_staple_is_required(must_v2->cert));
  assert_false(tls4217_staple_is_required(leaf->cert));
  assert_true(tls4217_staple_has_responder(named->cert));
  assert_false(tls4217_staple_has_responder(leaf->cert));
  pki_free(must);
  pki_free(must_v2);
  pki_free(named);
}

/* Handshakes. */

/* What a client is sent; 0 bytes: nothing. */
static size_t handshake(const struct tls4217_context *context, int version,
  const char *signatures, const unsigned char **bytes) {
  const struct endpoint_spec spec = { .context = context,
    .version = version,
    .signatures = signatures,
    .wants_staple = true };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_error err;
  static unsigned char got[4096];
  const unsigned char *sent = NULL;
  long size;

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_connection_handshake(ep->conn, TIMEOUT, &err), 0);
  endpoint_settle(ep);
  size = SSL_get_tlsext_status_ocsp_resp(ep->client, &sent);
  if (size > 0) {
    assert_true((size_t) size <= sizeof(got));
    memcpy(got, sent, (size_t) size);
  }

  endpoint_free(ep);
  *bytes = got;
  return size > 0 ? (size_t) size : 0;
}

static void test_handshakes(void **state) {
  const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };
  const struct says says = { .to = HOUR };
  STACK_OF(X509) *chain = sk_X509_new_null();
  struct bytes bytes = respond(&says);
  enum tls4217_staple_verdict verdict;
  struct tls4217_error err;
  struct tls4217_staple *staple = check(&bytes, &verdict, &err);
  struct tls4217_keypair pairs[] = { endpoint_pair(rsa_leaf, chain),
    endpoint_pair(leaf, chain) };
  struct tls4217_keypair *const list[] = { &pairs[0], &pairs[1] };
  struct tls4217_context_settings settings = {
    .pairs = list, .npairs = 2, .scope = "staples"
  };
  struct tls4217_context *context;
  const unsigned char *got;

  (void) state;
  settings.parameters.versions = TLS4217_VERSION_DEFAULT;
  pairs[1].staple = staple;
  context = tls4217_context_new(&settings, &err);
  assert_non_null(context);
  for (size_t i = 0; i < COUNT(versions); i++) {
    assert_int_equal(
      handshake(context, versions[i], "ECDSA+SHA256", &got), bytes.size);
    assert_memory_equal(got, bytes.at, bytes.size);
    assert_int_equal(
      handshake(context, versions[i], "RSA-PSS+SHA256", &got), 0);

    clock_offset = HOUR + 1;
    assert_int_equal(handshake(context, versions[i], "ECDSA+SHA256", &got), 0);
    clock_offset = 0;
  }

  tls4217_context_free(context);
  tls4217_staple_release(staple);
  sk_X509_free(chain);
  OPENSSL_free(bytes.at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_answers),
    cmocka_unit_test(test_errors_of_responders),
    cmocka_unit_test(test_every_cut),
    cmocka_unit_test(test_every_damage),
    cmocka_unit_test(test_what_is_no_response),
    cmocka_unit_test(test_without_an_issuer),
    cmocka_unit_test(test_ages),
    cmocka_unit_test(test_what_certificates_say),
    cmocka_unit_test(test_handshakes),
  };

  return cmocka_run_group_tests(tests, make_world, free_world);
}
