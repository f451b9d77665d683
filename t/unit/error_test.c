/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/error.c
 *
 * The queue is filled by hand with the reasons of the table, and by real
 * handshakes in memory where the reason that OpenSSL really gives matters.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/pemerr.h>
#include <openssl/ssl.h>
#include <openssl/x509err.h>

#include "mod_tls4217/tls/error.h"
#include "t/unit/pki.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void assert_text(const struct tls4217_error *err, const char *want) {
  if (strstr(err->text, want) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err->text, want);
  }
}

static void test_clear_empties(void **state) {
  struct tls4217_error err;

  (void) state;
  memset(&err, 0xff, sizeof(err));
  tls4217_error_clear(&err);
  assert_false(tls4217_error_is_set(&err));
  assert_string_equal(err.text, "");
  assert_int_equal(err.code, 0);
  assert_int_equal(err.errnum, 0);
}

static void test_set_keeps_sentence_and_errnum(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  tls4217_error_set(&err, EAGAIN, "file '%s' has %d faults", "a.pem", 3);
  assert_true(tls4217_error_is_set(&err));
  assert_string_equal(err.text, "file 'a.pem' has 3 faults");
  assert_int_equal(err.errnum, EAGAIN);
  assert_int_equal(err.code, 0);
}

static void test_set_errno_says_why(void **state) {
  struct tls4217_error err = { .text = "" };
  char want[128];

  (void) state;
  snprintf(want, sizeof(want), "cannot open 'x': %s", strerror(ENOENT));
  tls4217_error_set_errno(&err, ENOENT, "cannot open '%s'", "x");
  assert_string_equal(err.text, want);
  assert_int_equal(err.errnum, ENOENT);
}

static void test_first_error_wins(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  tls4217_error_set(&err, EIO, "first");
  tls4217_error_set(&err, ENOENT, "second");
  tls4217_error_set_errno(&err, ENOENT, "third");
  ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
  tls4217_error_set_openssl(&err, "fourth");
  assert_string_equal(err.text, "first");
  assert_int_equal(err.errnum, EIO);
  assert_int_equal(err.code, 0);
}

static void test_queue_is_drained_in_every_case(void **state) {
  struct tls4217_error err = { .text = "" };
  int i;

  (void) state;
  for (i = 0; i < 3; i++) {
    ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
    ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
    tls4217_error_set_openssl(i == 2 ? NULL : &err, "round %d", i);
    assert_int_equal(ERR_peek_error(), 0);
  }
  assert_text(&err, "round 0: ");
}

static void test_null_err_is_fine(void **state) {
  (void) state;
  tls4217_error_set(NULL, EIO, "a");
  tls4217_error_set_errno(NULL, EIO, "b");
  tls4217_error_set_openssl(NULL, "c");
}

static void test_oldest_entry_wins(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
  ERR_raise(ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER);
  tls4217_error_set_openssl(&err, "handshake of %s", "client");
  assert_text(&err, "handshake of client: an HTTP request arrived");
  assert_int_equal(ERR_GET_REASON(err.code), SSL_R_HTTP_REQUEST);
  assert_int_equal(err.errnum, 0);
}

static void test_unknown_reason_is_quoted_with_code(void **state) {
  struct tls4217_error err = { .text = "" };
  char want[128];

  (void) state;
  ERR_raise_data(ERR_LIB_SSL, SSL_R_LIBRARY_BUG, "at line %d", 7);
  snprintf(want, sizeof(want),
    "setup: library bug (at line 7) "
    "(OpenSSL error %08lX)",
    ERR_peek_error());
  tls4217_error_set_openssl(&err, "setup");
  assert_string_equal(err.text, want);
}

static void test_nameless_reason_has_its_code(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  ERR_raise(ERR_LIB_SSL, 4000);
  tls4217_error_set_openssl(&err, "setup");
  assert_text(&err, "setup: no reason known (OpenSSL error 0A000FA0)");
}

static void test_system_error_is_errno(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  ERR_raise(ERR_LIB_SYS, ENOENT);
  tls4217_error_set_openssl(&err, "setup");
  assert_text(&err, strerror(ENOENT));
  assert_int_equal(err.errnum, ENOENT);
}

static void test_empty_queue_says_so(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  ERR_clear_error();
  tls4217_error_set_openssl(&err, "setup");
  assert_string_equal(err.text, "setup: OpenSSL gave no reason");
  assert_int_equal(err.code, 0);
}

static void test_long_sentence_keeps_its_reason(void **state) {
  struct tls4217_error err = { .text = "" };
  char name[2000];
  const char *end;

  (void) state;
  memset(name, 'x', sizeof(name) - 1);
  name[sizeof(name) - 1] = '\0';
  ERR_raise(ERR_LIB_SSL, SSL_R_HTTP_REQUEST);
  tls4217_error_set_openssl(&err, "%s", name);
  assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
  end = strstr(err.text, "...: an HTTP request arrived");
  assert_non_null(end);
  assert_non_null(strstr(end, "scanner"));

  tls4217_error_clear(&err);
  tls4217_error_set(&err, 0, "%s", name);
  assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
}

static void test_controls_are_blotted(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  tls4217_error_set(&err, 0, "file '%s'", "a\nb\r\x1b[0m\x7f\xc3\xa4");
  assert_string_equal(err.text, "file 'a?b??[0m?\xc3\xa4'");

  tls4217_error_clear(&err);
  ERR_raise_data(ERR_LIB_SSL, SSL_R_LIBRARY_BUG, "x\ny");
  tls4217_error_set_openssl(&err, "setup");
  assert_null(strchr(err.text, '\n'));
}

static void test_empty_sentence_is_an_error_still(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  tls4217_error_set(&err, 0, "%s", "");
  assert_true(tls4217_error_is_set(&err));
}

/* What an administrator reads: the cause in words, and what to do. */
static const struct {
  const char *name;
  int lib;
  int reason;
  const char *want_cause;
  const char *want_remedy;
} explanations[] = {
  { "no shared cipher", ERR_LIB_SSL, SSL_R_NO_SHARED_CIPHER,
    "no cipher suite in common", "TLSCipherSuite" },
  { "unsupported protocol", ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL,
    "client offers only an older TLS version", "TLSProtocol" },
  { "version too low", ERR_LIB_SSL, SSL_R_VERSION_TOO_LOW,
    "client offers only an older TLS version", "update the client" },
  { "wrong version number", ERR_LIB_SSL, SSL_R_WRONG_VERSION_NUMBER,
    "what arrived is not TLS", "a proxy or a firewall" },
  { "http request", ERR_LIB_SSL, SSL_R_HTTP_REQUEST, "HTTP request",
    "browser or a scanner" },
  { "unexpected eof", ERR_LIB_SSL, SSL_R_UNEXPECTED_EOF_WHILE_READING,
    "without ending TLS (close_notify)", "may be truncated" },
  { "no ALPN in common", ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL,
    "ALPN lacks \"ftp\"", "another server" },
  { "no client certificate", ERR_LIB_SSL,
    SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, "sent no certificate",
    "TLSVerifyClient" },
  { "client certificate not verified", ERR_LIB_SSL,
    SSL_R_CERTIFICATE_VERIFY_FAILED, "could not be verified",
    "TLSCACertificateFile" },
  { "bad record mac", ERR_LIB_SSL, SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC,
    "arrived damaged", "alters the stream" },
  { "bad record type", ERR_LIB_SSL, SSL_R_BAD_RECORD_TYPE, "out of order",
    "faulty" },
  { "unexpected message", ERR_LIB_SSL, SSL_R_UNEXPECTED_MESSAGE, "out of order",
    "faulty" },
  { "session id context", ERR_LIB_SSL, SSL_R_SESSION_ID_CONTEXT_UNINITIALIZED,
    "session id context", "report it" },
  { "small key", ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL, "key is too small",
    "RSA 2048" },
  { "small key of CA", ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL, "too small a key",
    "RSA 2048" },
  { "weak digest of CA", ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK, "too weak a digest",
    "SHA-256" },
  { "pair mismatch", ERR_LIB_X509, X509_R_KEY_VALUES_MISMATCH,
    "do not belong together", "replaces both" },
  { "pair of two types", ERR_LIB_X509, X509_R_KEY_TYPE_MISMATCH,
    "different types", "replaces both" },
  { "no PEM", ERR_LIB_PEM, PEM_R_NO_START_LINE, "no PEM block", "-----BEGIN" },
  { "cut PEM", ERR_LIB_PEM, PEM_R_BAD_END_LINE, "no proper end",
    "is truncated" },
  { "pass phrase", ERR_LIB_PEM, PEM_R_BAD_PASSWORD_READ, "needs a pass phrase",
    "openssl pkey" },
  { "pass phrase asked", ERR_LIB_PEM, PEM_R_PROBLEMS_GETTING_PASSWORD,
    "needs a pass phrase", "openssl pkey" },
  { "alert unknown ca", ERR_LIB_SSL, SSL_R_TLSV1_ALERT_UNKNOWN_CA,
    "does not trust the server's certificate", "fullchain.pem" },
  { "alert bad certificate", ERR_LIB_SSL, SSL_R_SSLV3_ALERT_BAD_CERTIFICATE,
    "does not trust the server's certificate", "fullchain.pem" },
  { "alert certificate unknown", ERR_LIB_SSL,
    SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN,
    "does not trust the server's "
    "certificate",
    "fullchain.pem" },
  { "alert certificate expired", ERR_LIB_SSL,
    SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED, "has expired", "renew it" },
  { "alert protocol version", ERR_LIB_SSL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
    "refuses the TLS version", "TLSProtocol" },
  { "alert handshake failure", ERR_LIB_SSL, SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
    "without a reason", "cipher suites" },
  { "alert no application protocol", ERR_LIB_SSL, 1120, "ALPN",
    "another server" },
};

static void test_explanations(void **state) {
  struct tls4217_error err;
  size_t i;

  (void) state;
  for (i = 0; i < COUNT(explanations); i++) {
    print_message("  %s\n", explanations[i].name);
    tls4217_error_clear(&err);
    ERR_raise(explanations[i].lib, explanations[i].reason);
    tls4217_error_set_openssl(&err, "handshake");
    assert_text(&err, explanations[i].want_cause);
    assert_text(&err, explanations[i].want_remedy);
  }
}

static void test_codes_without_a_description(void **state) {
  (void) state;
  assert_null(tls4217_error_describe(0));
  assert_null(
    tls4217_error_describe(ERR_PACK(ERR_LIB_EVP, 0, SSL_R_NO_SHARED_CIPHER)));
}

/* A server in memory that is fed what a strange client sends. */

struct server {
  struct pki_cert *pair;
  SSL_CTX *ctx;
  SSL *ssl;
};

static void start_server(struct server *server) {
  server->pair = pki_leaf("ftp.example.org", PKI_EC, NULL);
  server->ctx = SSL_CTX_new(TLS_server_method());
  assert_non_null(server->ctx);
  assert_int_equal(SSL_CTX_use_certificate(server->ctx, server->pair->cert), 1);
  assert_int_equal(SSL_CTX_use_PrivateKey(server->ctx, server->pair->key), 1);
  assert_int_equal(
    SSL_CTX_set_min_proto_version(server->ctx, TLS1_2_VERSION), 1);
  server->ssl = SSL_new(server->ctx);
  assert_non_null(server->ssl);
  SSL_set_bio(server->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
}

static void stop_server(struct server *server) {
  SSL_free(server->ssl);
  SSL_CTX_free(server->ctx);
  pki_free(server->pair);
}

/* Bytes of a ClientHello that OpenSSL makes with the given top version. */
static int make_hello(int version, unsigned char *buf, int size) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
  SSL *ssl;
  BIO *out;
  int used;

  assert_non_null(ctx);
  SSL_CTX_set_security_level(ctx, 0);
  assert_int_equal(SSL_CTX_set_max_proto_version(ctx, version), 1);
  assert_int_equal(SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION), 1);
  ssl = SSL_new(ctx);
  out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  (void) SSL_connect(ssl);
  used = BIO_read(out, buf, size);
  assert_true(used > 0);
  SSL_free(ssl);
  SSL_CTX_free(ctx);
  ERR_clear_error();
  return used;
}

static void feed_server(const void *bytes, int size, const char *want) {
  struct tls4217_error err = { .text = "" };
  struct server server;

  start_server(&server);
  assert_int_equal(BIO_write(SSL_get_rbio(server.ssl), bytes, size), size);
  ERR_clear_error();
  assert_true(SSL_accept(server.ssl) <= 0);
  tls4217_error_set_openssl(&err, "TLS handshake failed");
  stop_server(&server);
  assert_text(&err, want);
}

static void test_real_clients(void **state) {
  static const char http[] = "GET / HTTP/1.0\r\nHost: x\r\n\r\n";
  static const char proxy[] = "CONNECT x:21 HTTP/1.0\r\n\r\n";
  static const char ftp[] = "USER anonymous\r\nPASS x\r\nSYST\r\n";
  unsigned char hello[4096];
  int size;

  (void) state;
  feed_server(http, (int) strlen(http), "an HTTP request arrived");
  feed_server(proxy, (int) strlen(proxy), "HTTP proxy request");
  feed_server(ftp, (int) strlen(ftp), "what arrived is not TLS");
  size = make_hello(TLS1_1_VERSION, hello, (int) sizeof(hello));
  feed_server(hello, size, "client offers only an older TLS version");
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_clear_empties),
    cmocka_unit_test(test_set_keeps_sentence_and_errnum),
    cmocka_unit_test(test_set_errno_says_why),
    cmocka_unit_test(test_first_error_wins),
    cmocka_unit_test(test_queue_is_drained_in_every_case),
    cmocka_unit_test(test_null_err_is_fine),
    cmocka_unit_test(test_oldest_entry_wins),
    cmocka_unit_test(test_unknown_reason_is_quoted_with_code),
    cmocka_unit_test(test_nameless_reason_has_its_code),
    cmocka_unit_test(test_system_error_is_errno),
    cmocka_unit_test(test_empty_queue_says_so),
    cmocka_unit_test(test_long_sentence_keeps_its_reason),
    cmocka_unit_test(test_controls_are_blotted),
    cmocka_unit_test(test_empty_sentence_is_an_error_still),
    cmocka_unit_test(test_explanations),
    cmocka_unit_test(test_codes_without_a_description),
    cmocka_unit_test(test_real_clients),
  };

  /* SSL_CTX_new(3) does that, too; libssl's reasons have no names before. */
  if (OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, NULL) != 1) {
    return 1;
  }

  return cmocka_run_group_tests(tests, NULL, NULL);
}
