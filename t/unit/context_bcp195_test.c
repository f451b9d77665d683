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

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_no_renegotiation),
    cmocka_unit_test(test_no_compression),
    cmocka_unit_test(test_no_early_data),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
