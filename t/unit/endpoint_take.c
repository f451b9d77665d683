/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - both ends of a TLS connection: the server reads
 *
 * See endpoint.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include "t/unit/endpoint.h"

static ssize_t length_of(enum tls4217_io outcome, size_t done) {
  assert_true((outcome == TLS4217_IO_DONE) == (done > 0));
  return outcome == TLS4217_IO_DONE ? (ssize_t) done :
    outcome == TLS4217_IO_CLOSED    ? 0 :
                                      -1;
}

ssize_t endpoint_take(struct tls4217_connection *conn, void *buf, size_t size,
  struct tls4217_error *err) {
  size_t done;
  enum tls4217_io outcome = tls4217_connection_read(
    conn, buf, size, &done, err);

  assert_int_not_equal(outcome, TLS4217_IO_AGAIN);
  return length_of(outcome, done);
}

ssize_t endpoint_take_now(struct tls4217_connection *conn, void *buf,
  size_t size, struct tls4217_error *err) {
  size_t done;
  enum tls4217_io outcome = tls4217_connection_read_now(
    conn, buf, size, &done, err);

  return length_of(outcome, done);
}

void endpoint_read(struct endpoint *ep, void *buf, size_t size) {
  struct tls4217_error err = { .text = "" };
  size_t total = 0;

  while (total < size) {
    ssize_t res = endpoint_take(
      ep->conn, (char *) buf + total, size - total, &err);

    if (res <= 0) {
      fail_msg("read ended after %zu of %zu bytes: %s", total, size, err.text);
    }
    total += (size_t) res;
  }
}
