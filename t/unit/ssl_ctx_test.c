/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/ssl_ctx.c
 *
 * With an openssl.cnf that says the opposite of what the module relies on,
 * for every program on the machine: contexts, handshakes, tickets and closes
 * are as without it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/ssl_ctx.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/between.h"
#include "t/unit/endpoint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Each line of which has broken something, or would. */
static const char hostile[] =
  "openssl_conf = init\n"
  "[init]\n"
  "ssl_conf = ssl\n"
  "[ssl]\n"
  "system_default = everything\n"
  "[everything]\n"
  "Options = -SessionTicket,KTLS,-EncryptThenMac,IgnoreUnexpectedEOF,"
  "UnsafeLegacyRenegotiation,-ExtendedMasterSecret,AllowNoDHEKEX,"
  "-MiddleboxCompat,Compression,-CANames,StrictCertCheck\n"
  "VerifyMode = Require\n"
  "NumTickets = 7\n"
  "RecordPadding = 4096\n"
  "MinProtocol = TLSv1.3\n"
  "MaxProtocol = TLSv1.3\n"
  "CipherString = AES128-SHA:@SECLEVEL=1\n"
  "Ciphersuites = TLS_CHACHA20_POLY1305_SHA256\n"
  "Groups = P-256\n";

static struct pki_cert *leaf;
static struct tls4217_context *context;

static int make_world(void **state) {
  SSL_CTX *plain = SSL_CTX_new(TLS_server_method());

  (void) state;

  /* The file is in force: else nothing below would be proved. */
  assert_true(SSL_CTX_get_options(plain) & SSL_OP_NO_TICKET);
  assert_true(SSL_CTX_get_verify_mode(plain) & SSL_VERIFY_PEER);
  SSL_CTX_free(plain);

  leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  context = endpoint_context(leaf, "test");
  return 0;
}

static int end_world(void **state) {
  (void) state;
  tls4217_context_free(context);
  pki_free(leaf);
  return 0;
}

static void test_what_is_ours(void **state) {
  const uint64_t wanted = SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
    SSL_OP_ENABLE_MIDDLEBOX_COMPAT;

  (void) state;
  assert_true(SSL_CTX_get_options(context->ctx) == wanted);
  assert_int_equal(SSL_CTX_get_verify_mode(context->ctx), SSL_VERIFY_NONE);
  assert_int_equal(SSL_CTX_get_num_tickets(context->ctx), 1);
  assert_int_equal(SSL_CTX_get_min_proto_version(context->ctx), TLS1_2_VERSION);
}

/* How strong is strong enough is the machine's to say. */
static void test_what_stays(void **state) {
  SSL *ssl = SSL_new(context->ctx);
  STACK_OF(SSL_CIPHER) *suites = SSL_get1_supported_ciphers(ssl);
  int tls13 = 0;

  (void) state;
  assert_int_equal(SSL_CTX_get_security_level(context->ctx), 1);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); i++) {
    const SSL_CIPHER *suite = sk_SSL_CIPHER_value(suites, i);

    if (strncmp(SSL_CIPHER_get_name(suite), "TLS_", 4) == 0) {
      tls13++;
      assert_string_equal(
        SSL_CIPHER_get_name(suite), "TLS_CHACHA20_POLY1305_SHA256");
    }
  }
  assert_int_equal(tls13, 1);
  sk_SSL_CIPHER_free(suites);
  SSL_free(ssl);
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

/* A transfer: the data connection resumes the control connection's session,
 * by a ticket. */
static void test_transfer(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(versions); i++) {
    struct endpoint_spec spec = { .context = context, .version = versions[i] };
    struct endpoint *control = endpoint_open(&spec), *data;

    endpoint_settle(control);
    assert_non_null(control->session);
    assert_true(SSL_SESSION_has_ticket(control->session));

    spec.channel = TLS4217_CHANNEL_DATA;
    spec.binding = control->binding;
    spec.session = control->session;
    data = endpoint_open(&spec);
    assert_int_equal(tls4217_connection_reuse(data->conn), TLS4217_REUSE_OWN);
    endpoint_free(data);
    endpoint_free(control);
  }
}

/* IgnoreUnexpectedEOF would make a cut upload look whole. */
static void test_cut_is_no_end(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(versions); i++) {
    struct endpoint_spec spec = { .context = context, .version = versions[i] };
    struct endpoint *ep = endpoint_open(&spec);
    struct tls4217_error err = { .text = "" };
    char byte;

    endpoint_settle(ep);
    ep->end = ENDPOINT_FIN;
    endpoint_settle(ep);
    assert_int_equal(endpoint_take(ep->conn, &byte, 1, &err), -1);
    assert_non_null(strstr(err.text, "without close_notify"));
    endpoint_free(ep);
  }
}

/* RecordPadding would fill a record of 5 bytes up to 4096. */
static void test_records_are_not_padded(void **state) {
  struct endpoint_spec spec = { .context = context, .version = TLS1_3_VERSION };
  struct endpoint *ep = endpoint_open(&spec);
  struct tls4217_error err = { .text = "" };
  size_t before;

  (void) state;
  endpoint_settle(ep);
  before = ep->received_size;
  assert_int_equal(
    tls4217_connection_write(ep->conn, "hello", 5, 1000, &err), 0);
  endpoint_settle(ep);
  assert_between(ep->received_size - before, 6, 100);
  endpoint_free(ep);
}

/* OpenSSL reads it once, with its first use: before any test. */
static void use_configuration(char *path) {
  FILE *file;
  int fd = mkstemp(path);

  file = fd >= 0 ? fdopen(fd, "w") : NULL;
  if (file == NULL || fputs(hostile, file) < 0 || fclose(file) != 0 ||
    setenv("OPENSSL_CONF", path, 1) < 0 ||
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, NULL) != 1) {
    perror(path);
    exit(EXIT_FAILURE);
  }

  (void) remove(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_ours),
    cmocka_unit_test(test_what_stays),
    cmocka_unit_test(test_transfer),
    cmocka_unit_test(test_cut_is_no_end),
    cmocka_unit_test(test_records_are_not_padded),
  };
  char path[] = "/tmp/tls4217-openssl.XXXXXX";

  use_configuration(path);
  return cmocka_run_group_tests(tests, make_world, end_world);
}
