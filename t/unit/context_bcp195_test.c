/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/context.c: what RFC 9325 (BCP 195) asks of a
 * server beside versions and suites, as a client sees it
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "t/unit/world.h"

static struct endpoint *open_with(int version) {
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version };

  return endpoint_open(&spec);
}

/* Section 3.5.  The session that was there goes on. */
static void test_no_renegotiation(void **state) {
  struct endpoint *ep = open_with(TLS1_2_VERSION);
  struct tls4217_error err = { .text = "" };
  char byte;

  (void) state;
  assert_int_equal(SSL_get_secure_renegotiation_support(ep->client), 1);
  assert_int_equal(SSL_renegotiate(ep->client), 1);
  assert_int_not_equal(SSL_do_handshake(ep->client), 1);

  for (int i = 0; i < 1000; i++) {
    assert_true(endpoint_take_now(ep->conn, &byte, 1, &err) <= 0);
    endpoint_settle(ep);
  }

  assert_int_equal(SSL_num_renegotiations(tls4217_connection_ssl(ep->conn)), 0);
  assert_int_equal(ERR_GET_REASON(ep->client_error), SSL_R_NO_RENEGOTIATION);
  endpoint_free(ep);
}

/* Section 3.3. */
static void test_no_compression(void **state) {
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

  (void) state;
  for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
    struct endpoint *ep = open_with(versions[i]);
    const SSL *ssl = tls4217_connection_ssl(ep->conn);

    assert_null(SSL_get_current_compression(ssl));
    assert_true(SSL_get_options(ssl) & SSL_OP_NO_COMPRESSION);
    endpoint_free(ep);
  }
}

/* Section 3.10: nothing of FTP says what early data would be good for. */
static void test_no_early_data(void **state) {
  struct endpoint *ep = open_with(TLS1_3_VERSION);

  (void) state;
  endpoint_settle(ep);
  assert_non_null(ep->session);
  assert_int_equal(SSL_SESSION_get_max_early_data(ep->session), 0);
  assert_int_equal(SSL_get_early_data_status(tls4217_connection_ssl(ep->conn)),
    SSL_EARLY_DATA_NOT_SENT);
  assert_int_equal(SSL_CTX_get_max_early_data(world.context->ctx), 0);
  endpoint_free(ep);
}

/* Section 3.1.3: a client that tries again with less than it has, because
 * someone has cut its first connection, learns that it need not (RFC 7507). */
static void test_no_fallback(void **state) {
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = TLS1_2_VERSION,
    .falls_back = true };
  struct endpoint *ep = endpoint_new(&spec);
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_not_equal(
    tls4217_connection_handshake(ep->conn, 5000, &err), TLS4217_IO_DONE);
  assert_non_null(strstr(err.text, "retried with an older TLS version"));
  endpoint_free(ep);
}

/* RFC 7627: the secret of TLS 1.2 depends on the whole handshake. */
static void test_extended_master_secret(void **state) {
  struct endpoint *ep = open_with(TLS1_2_VERSION);

  (void) state;
  assert_int_equal(SSL_get_extms_support(ep->client), 1);
  endpoint_free(ep);
}

/* Section 6.4: no DH key serves twice; and no ECDH key, since OpenSSL makes a
 * new one for each handshake. */
static void test_keys_of_an_exchange_are_new(void **state) {
  static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

  (void) state;
  for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
    struct endpoint *one = open_with(versions[i]);
    struct endpoint *other = open_with(versions[i]);
    EVP_PKEY *keys[2] = { NULL, NULL };

    assert_int_equal(SSL_get_peer_tmp_key(one->client, &keys[0]), 1);
    assert_int_equal(SSL_get_peer_tmp_key(other->client, &keys[1]), 1);
    assert_int_not_equal(EVP_PKEY_eq(keys[0], keys[1]), 1);
    EVP_PKEY_free(keys[0]);
    EVP_PKEY_free(keys[1]);
    endpoint_free(one);
    endpoint_free(other);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_renegotiation),
    cmocka_unit_test(test_no_compression),
    cmocka_unit_test(test_no_early_data),
    cmocka_unit_test(test_no_fallback),
    cmocka_unit_test(test_extended_master_secret),
    cmocka_unit_test(test_keys_of_an_exchange_are_new),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
