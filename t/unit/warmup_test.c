/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - warmup.c: a warm-up leaves no trace
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
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

  /* There was a handshake in both versions of the context, and none failed. */
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

#define PIECES 4000
#define PIECE  200

static void free_every_second(char **pieces, size_t first) {
  for (size_t i = first; i < PIECES; i += 2) {
    free(pieces[i]);
  }
}

/* What a session takes lies behind everything, while the gaps are closed. */
static void test_gaps(void **unused) {
  static char *pieces[PIECES];
  char *last = NULL, *taken;

  (void) unused;
  for (size_t i = 0; i < PIECES; i++) {
    pieces[i] = malloc(PIECE);
    last = pieces[i] > last ? pieces[i] : last;
  }

  free_every_second(pieces, 0);
  taken = malloc(PIECE);
  if (taken > last) { /* no glibc, or a sanitizer's memory */
    free(taken);
    free_every_second(pieces, 1);
    skip();
  }

  free(taken);

  tls4217_warmup_close_gaps();
  for (size_t i = 0; i < PIECES; i += 2) {
    pieces[i] = malloc(PIECE);
    assert_true(pieces[i] > last);
  }

  tls4217_warmup_open_gaps();
  taken = malloc(PIECE);
  assert_true(taken < last);
  free(taken);
  free_every_second(pieces, 0);
  free_every_second(pieces, 1);
  tls4217_warmup_open_gaps();
}

#define ROUNDS 200
#define PAGES  (16 * 1024)

/* A daemon that reloads for years needs no more than after a few times. */
static void test_gaps_do_not_move_the_end(void **unused) {
  char *end;

  (void) unused;
  for (int i = 0; i < 20; i++) {
    tls4217_warmup_open_gaps();
    tls4217_warmup_close_gaps();
  }

  end = sbrk(0);
  for (int i = 0; i < ROUNDS; i++) {
    tls4217_warmup_open_gaps();
    tls4217_warmup_close_gaps();
  }

  assert_true((char *) sbrk(0) <= end + PAGES);
  tls4217_warmup_open_gaps();
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_context_works_afterwards),
    cmocka_unit_test(test_gaps),
    cmocka_unit_test(test_gaps_do_not_move_the_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
