/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - warmup.c: a warm-up leaves no trace
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/warmup.h"
#include "t/unit/endpoint.h"

static void test_context_works_afterwards(void **unused) {
  struct pki_cert *leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  struct tls4217_context *context = endpoint_context(leaf, "warmup");
  const struct endpoint_spec spec = { .context = context,
    .channel = TLS4217_CHANNEL_CONTROL };
  struct endpoint *ep;

  (void) unused;
  tls4217_warmup_warm_up(context);

  /* Both versions of the context were shaken hands in, and nothing failed. */
  assert_int_equal(SSL_CTX_sess_accept_good(context->ctx), 2);
  assert_int_equal(ERR_peek_error(), 0);
  assert_int_equal(SSL_CTX_sess_number(context->ctx), 0);

  ep = endpoint_open(&spec);
  tls4217_warmup_give_back();
  endpoint_say(ep, "still", 5);
  endpoint_free(ep);

  tls4217_context_free(context);
  pki_free(leaf);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_context_works_afterwards),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
