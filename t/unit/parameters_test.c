/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/parameters.c
 *
 * The same parameters set in the three ways, as a client sees them: on a
 * context, on a connection of a class, on one whose ClientHello has named
 * another host.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define LATE         60000

static struct pki_cert *ca, *first, *second;
static struct tls4217_keypair first_pair, second_pair;

static int make_world(void **state) {
  (void) state;
  ca = pki_ca("Root", NULL);
  first = pki_leaf("first.example.org", PKI_EC, ca);
  second = pki_leaf("second.example.org", PKI_EC, ca);
  first_pair = endpoint_pair(first, NULL);
  second_pair = endpoint_pair(second, NULL);
  return 0;
}

static int end_world(void **state) {
  (void) state;
  pki_free(second);
  pki_free(first);
  pki_free(ca);
  return 0;
}

static struct tls4217_context *make_context(
  struct tls4217_keypair *pair, const struct tls4217_parameters *parameters) {
  const struct tls4217_context_settings settings = {
    .parameters = *parameters,
    .pairs = &pair,
    .npairs = 1,
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(&settings, &err);

  assert_string_equal(err.text, "");
  assert_non_null(context);
  return context;
}

/* What the client finds, or that it does not get in. */
struct outcome {
  bool open;
  const char *cipher;
  int group; /* NID; 0: any */
};

static const struct row {
  const char *name;
  struct tls4217_parameters parameters;
  int client; /* its only version; 0: any */
  struct outcome want;
} rows[] = {
  { "versions: 1.2 for a client of 1.2", { .versions = TLS4217_VERSION_TLS1_2 },
    TLS1_2_VERSION, { .open = true } },
  { "versions: 1.2 for a client of 1.3", { .versions = TLS4217_VERSION_TLS1_2 },
    TLS1_3_VERSION, { .open = false } },
  { "versions: 1.3 for a client of 1.2", { .versions = TLS4217_VERSION_TLS1_3 },
    TLS1_2_VERSION, { .open = false } },
  { "ciphers",
    { .versions = TLS4217_VERSION_DEFAULT,
      .ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305" },
    TLS1_2_VERSION, { true, "ECDHE-ECDSA-CHACHA20-POLY1305", 0 } },
  { "suites",
    { .versions = TLS4217_VERSION_DEFAULT,
      .ciphersuites = "TLS_CHACHA20_POLY1305_SHA256" },
    TLS1_3_VERSION, { true, "TLS_CHACHA20_POLY1305_SHA256", 0 } },
  { "the client's preference",
    { .versions = TLS4217_VERSION_DEFAULT,
      .ciphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384" },
    TLS1_2_VERSION, { true, "ECDHE-ECDSA-AES256-GCM-SHA384", 0 } },
  { "the server's preference",
    { .versions = TLS4217_VERSION_DEFAULT,
      .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384",
      .server_preference = true },
    TLS1_2_VERSION, { true, "ECDHE-ECDSA-AES128-GCM-SHA256", 0 } },
  { "groups", { .versions = TLS4217_VERSION_TLS1_3, .groups = "P-384" }, 0,
    { true, NULL, NID_secp384r1 } },
  { "weak security",
    { .versions = TLS4217_VERSION_TLS1_2,
      .ciphers = "ECDHE-ECDSA-NULL-SHA@SECLEVEL=0",
      .weak_security = true },
    0, { .open = false } },
};

/* What the connections start from: another value of everything. */
static const struct tls4217_parameters others = {
  .versions = TLS4217_VERSION_DEFAULT,
  .groups = "X25519:P-256:P-384",
};

/* How the parameters get there. */
static struct tls4217_error trouble;

static int by_context(struct endpoint *ep,
  const struct tls4217_context *context, const struct row *row) {
  (void) ep;
  (void) context;
  (void) row;
  return 0;
}

static int by_class(struct endpoint *ep, const struct tls4217_context *context,
  const struct row *row) {
  return tls4217_context_override(
    context, tls4217_connection_ssl(ep->conn), &row->parameters, &trouble);
}

static int by_name(struct endpoint *ep, const struct tls4217_context *context,
  const struct row *row) {
  (void) row;
  return tls4217_context_switch(
    context, tls4217_connection_ssl(ep->conn), &trouble);
}

static const struct way {
  const char *name;
  int (*set)(struct endpoint *ep, const struct tls4217_context *context,
    const struct row *row);
} ways[] = {
  { "context", by_context },
  { "class", by_class },
  { "name", by_name },
};

static void check(
  const struct endpoint *ep, const struct row *row, const struct way *way) {
  const struct outcome *want = &row->want;
  const char *cipher = SSL_get_cipher_name(ep->client);

  if (want->cipher != NULL && strcmp(want->cipher, cipher) != 0) {
    fail_msg("%s, %s: %s", row->name, way->name, cipher);
  }

  if (want->group != 0 && SSL_get_negotiated_group(ep->client) != want->group) {
    fail_msg("%s, %s: another group", row->name, way->name);
  }
}

static void visit(const struct row *row, const struct way *way) {
  struct tls4217_context *start = make_context(
    &first_pair, way->set == by_context ? &row->parameters : &others);
  struct tls4217_context *chosen = make_context(&second_pair, &row->parameters);
  const struct endpoint_spec spec = { .context = start,
    .version = row->client };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_error err = { .text = "" };
  int res;

  tls4217_error_clear(&trouble);
  if (way->set(ep, way->set == by_name ? chosen : start, row) < 0) {
    fail_msg("%s, %s: %s", row->name, way->name, trouble.text);
  }

  res = tls4217_connection_handshake(ep->conn, LATE, &err);
  endpoint_settle(ep);
  if ((res == 0) != row->want.open) {
    fail_msg("%s, %s: %d, %s", row->name, way->name, res, err.text);
  }

  if (res == 0) {
    check(ep, row, way);
  }

  endpoint_free(ep);
  tls4217_context_free(chosen);
  tls4217_context_free(start);
}

static void test_one_table_sets_all_three(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    for (size_t j = 0; j < COUNT(ways); j++) {
      visit(&rows[i], &ways[j]);
    }
  }
}

/* The certificate and the refusal of renegotiation come along. */
static void test_name_brings_its_certificate(void **state) {
  struct tls4217_context *start = make_context(&first_pair, &others);
  struct tls4217_context *chosen = make_context(&second_pair, &others);
  const struct endpoint_spec spec = { .context = start };
  struct endpoint *ep = endpoint_new(&spec);
  SSL *ssl = tls4217_connection_ssl(ep->conn);
  struct tls4217_error err = { .text = "" };
  X509 *got;

  (void) state;
  assert_int_equal(tls4217_context_switch(chosen, ssl, &err), 0);
  assert_int_equal(tls4217_connection_handshake(ep->conn, LATE, &err), 0);
  endpoint_settle(ep);
  got = SSL_get0_peer_certificate(ep->client);
  assert_non_null(got);
  assert_int_equal(X509_cmp(got, second->cert), 0);
  assert_true((SSL_get_options(ssl) & SSL_OP_NO_RENEGOTIATION) != 0);
  endpoint_free(ep);
  tls4217_context_free(chosen);
  tls4217_context_free(start);
}

/* A data connection asks without insisting; its class leaves that alone. */
static void test_class_leaves_verification(void **state) {
  struct tls4217_context *context = make_context(&first_pair, &others);
  const struct endpoint_spec spec = { .context = context };
  struct endpoint *ep = endpoint_new(&spec);
  SSL *ssl = tls4217_connection_ssl(ep->conn);
  struct tls4217_parameters own = others;
  struct tls4217_error err = { .text = "" };

  (void) state;
  own.versions = TLS4217_VERSION_TLS1_2;
  SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
  assert_int_equal(tls4217_context_override(context, ssl, &own, &err), 0);
  assert_int_equal(SSL_get_verify_mode(ssl), SSL_VERIFY_PEER);

  /* A host that asks nobody does not inherit it. */
  assert_int_equal(tls4217_context_switch(context, ssl, &err), 0);
  assert_int_equal(SSL_get_verify_mode(ssl), SSL_VERIFY_NONE);
  endpoint_free(ep);
  tls4217_context_free(context);
}

static void test_impossible_class_is_refused(void **state) {
  struct tls4217_context *context = make_context(&first_pair, &others);
  const struct endpoint_spec spec = { .context = context };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_parameters own = others;
  struct tls4217_error err = { .text = "" };

  (void) state;
  own.ciphers = "NO-SUCH-CIPHER";
  assert_int_equal(tls4217_context_override(
                     context, tls4217_connection_ssl(ep->conn), &own, &err),
    -1);
  assert_non_null(strstr(err.text, "NO-SUCH-CIPHER"));
  assert_int_equal(ERR_peek_error(), 0);
  endpoint_free(ep);
  tls4217_context_free(context);
}

/* Keys that only sign leave what an administrator has written as it is, but for
 * static RSA; "DEFAULT" is a word at the beginning alone. */
static void test_keys_that_only_sign(void **state) {
  static const struct tls4217_parameters lists[] = {
    { .versions = TLS4217_VERSION_DEFAULT, .ciphers = "DEFAULT" },
    { .versions = TLS4217_VERSION_DEFAULT, .ciphers = "DEFAULT:!aNULL" },
    { .versions = TLS4217_VERSION_DEFAULT, .ciphers = "kRSA:ECDHE" },
    { .versions = TLS4217_VERSION_DEFAULT, .weak_security = true },
  };
  struct tls4217_keypair *pair = &first_pair;

  (void) state;
  for (size_t i = 0; i < COUNT(lists); i++) {
    const struct tls4217_context_settings settings = {
      .parameters = lists[i],
      .no_decryption = true,
      .pairs = &pair,
      .npairs = 1,
      .scope = "test",
    };
    struct tls4217_error err = { .text = "" };
    struct tls4217_context *context = tls4217_context_new(&settings, &err);
    STACK_OF(SSL_CIPHER) * ciphers;
    int ecdhe = 0;

    assert_string_equal(err.text, "");
    assert_non_null(context);
    ciphers = SSL_CTX_get_ciphers(context->ctx);
    for (int j = 0; j < sk_SSL_CIPHER_num(ciphers); j++) {
      int kx = SSL_CIPHER_get_kx_nid(sk_SSL_CIPHER_value(ciphers, j));

      assert_int_not_equal(kx, NID_kx_rsa);
      assert_int_not_equal(kx, NID_kx_rsa_psk);
      ecdhe += kx == NID_kx_ecdhe;
    }

    assert_true(ecdhe > 10);
    tls4217_context_free(context);
  }
}

/* What does not fit is refused, and not cut. */
static void test_long_list_with_keys_that_only_sign(void **state) {
  static char list[4090];
  struct tls4217_keypair *pair = &first_pair;
  const struct tls4217_context_settings settings = {
    .parameters = { .versions = TLS4217_VERSION_DEFAULT, .ciphers = list },
    .no_decryption = true,
    .pairs = &pair,
    .npairs = 1,
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };

  (void) state;
  (void) memset(list, ':', sizeof(list) - 1);
  (void) memcpy(list, "ALL", 3);
  assert_null(tls4217_context_new(&settings, &err));
  assert_non_null(strstr(err.text, "at most"));
}

static void test_equality_sees_every_member(void **state) {
  const struct tls4217_parameters one = { .versions = 1, .ciphers = "a" };
  char text[] = "a";
  struct tls4217_parameters two = one;

  (void) state;
  two.ciphers = text;
  assert_true(tls4217_parameters_are_equal(&one, &two));

  two.profile = TLS4217_PROFILE_MODERN;
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.versions = 2;
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.ciphers = NULL;
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.ciphersuites = "a";
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.groups = "a";
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.server_preference = true;
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.weak_security = true;
  assert_false(tls4217_parameters_are_equal(&one, &two));
  two = one;
  two.next_protocol = true;
  assert_false(tls4217_parameters_are_equal(&one, &two));
}

static void test_where_x25519_may_be(void **state) {
  static const struct {
    const char *groups;
    bool want;
  } lists[] = {
    { NULL, true },
    { "", true },
    { "X25519", true },
    { "P-256:x25519:P-384", true },
    { "X25519MLKEM768/X25519:P-256", true },
    { "?*X25519MLKEM768/?*X25519", true },
    { "DEFAULT", true },
    { "DEFAULT:-X25519", false },
    { "X25519MLKEM768", false },
    { "P-256:X448:X25519MLKEM768", false },
    { "P-384", false },
  };

  (void) state;
  for (size_t i = 0; i < COUNT(lists); i++) {
    const struct tls4217_parameters parameters = { .groups = lists[i].groups };

    assert_int_equal(
      tls4217_parameters_have_x25519(&parameters), lists[i].want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_one_table_sets_all_three),
    cmocka_unit_test(test_name_brings_its_certificate),
    cmocka_unit_test(test_class_leaves_verification),
    cmocka_unit_test(test_impossible_class_is_refused),
    cmocka_unit_test(test_keys_that_only_sign),
    cmocka_unit_test(test_long_list_with_keys_that_only_sign),
    cmocka_unit_test(test_equality_sees_every_member),
    cmocka_unit_test(test_where_x25519_may_be),
  };

  return cmocka_run_group_tests(tests, make_world, end_world);
}
