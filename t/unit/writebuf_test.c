/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - writebuf.c: nothing leaves before the flush, and then all of it
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "mod_tls4217/tls/conn/writebuf.h"
#include "t/unit/world.h"

#define BUFFER (64 * 1024)
#define PIECE  10000
#define PIECES 4

/* A control connection: it gathers nothing by itself. */
static struct endpoint *open_buffering(int version) {
  const struct endpoint_spec spec = { .context = world.context,
    .channel = TLS4217_CHANNEL_CONTROL,
    .version = version };
  struct endpoint *ep = endpoint_open(&spec);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  endpoint_settle(ep);
  assert_int_equal(
    tls4217_writebuf_install(tls4217_connection_ssl(ep->conn), BUFFER, &err),
    0);
  return ep;
}

static enum tls4217_io flush_now(
  struct endpoint *ep, struct tls4217_error *err) {
  tls4217_error_clear(err);
  return tls4217_writebuf_flush(tls4217_connection_ssl(ep->conn), ep->wfd,
    &tls4217_waiter_poll, tls4217_waiter_deadline(1000), err);
}

static void test_all_at_once(void **state) {
  struct endpoint *ep = open_buffering(*(const int *) *state);
  unsigned char *bytes = endpoint_pattern((size_t) PIECE * PIECES);
  size_t before = ep->received_size;
  struct tls4217_error err;
  char *got = NULL;

  for (int i = 0; i < PIECES; i++) {
    assert_int_equal(SSL_write(tls4217_connection_ssl(ep->conn),
                       bytes + (ptrdiff_t) i * PIECE, PIECE),
      PIECE);
  }

  endpoint_settle(ep);
  assert_int_equal(ep->received_size, before);

  assert_int_equal(flush_now(ep, &err), 0);
  endpoint_settle(ep);
  assert_int_equal(BIO_get_mem_data(ep->received, &got), (long) PIECE * PIECES);
  assert_memory_equal(got, bytes, (size_t) PIECE * PIECES);

  free(bytes);
  endpoint_free(ep);
}

static void test_nothing_to_flush(void **unused) {
  struct endpoint *ep = open_buffering(TLS1_3_VERSION);
  struct tls4217_error err;

  (void) unused;
  assert_int_equal(flush_now(ep, &err), 0);
  endpoint_free(ep);
}

static void test_peer_is_gone(void **unused) {
  struct endpoint *ep = open_buffering(TLS1_3_VERSION);
  struct tls4217_error err;

  (void) unused;
  assert_int_equal(SSL_write(tls4217_connection_ssl(ep->conn), "x", 1), 1);
  assert_int_equal(shutdown(ep->wfd, SHUT_WR), 0);

  assert_int_equal(flush_now(ep, &err), TLS4217_IO_CUT);
  assert_true(tls4217_error_is_set(&err));
  endpoint_free(ep);
}

int main(void) {
  static int tls12 = TLS1_2_VERSION, tls13 = TLS1_3_VERSION;
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_prestate(test_all_at_once, &tls12),
    cmocka_unit_test_prestate(test_all_at_once, &tls13),
    cmocka_unit_test(test_nothing_to_flush),
    cmocka_unit_test(test_peer_is_gone),
  };

  (void) signal(SIGPIPE, SIG_IGN);
  return cmocka_run_group_tests(tests, world_make, world_end);
}
