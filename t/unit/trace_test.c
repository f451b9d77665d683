/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/conn/trace.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/trace.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct row {
  bool sent;
  int type;
  const char *bytes;
  size_t size;
  const char *want; /* NULL: nothing is said */
} rows[] = {
  { false, SSL3_RT_HANDSHAKE, "\1secret", 7, "received ClientHello, 7 bytes" },
  { true, SSL3_RT_HANDSHAKE, "\2", 1, "sent ServerHello, 1 bytes" },
  { true, SSL3_RT_HANDSHAKE, "\4", 1, "sent NewSessionTicket, 1 bytes" },
  { false, SSL3_RT_HANDSHAKE, "\30", 1, "received KeyUpdate, 1 bytes" },
  { false, SSL3_RT_HANDSHAKE, "\372x", 2,
    "received an unknown handshake message, 2 bytes" },
  { false, SSL3_RT_HANDSHAKE, "", 0, NULL },
  { true, SSL3_RT_ALERT, "\2\50", 2, "sent fatal alert: handshake failure" },
  { false, SSL3_RT_ALERT, "\1\0", 2, "received warning alert: close notify" },
  { false, SSL3_RT_ALERT, "\1", 1, NULL },
  { false, SSL3_RT_CHANGE_CIPHER_SPEC, "\1", 1, "received ChangeCipherSpec" },
  { false, SSL3_RT_APPLICATION_DATA, "PASS x", 6, NULL },
  { false, SSL3_RT_HEADER, "\26\3\3\0\5", 5, NULL },
  { false, SSL3_RT_INNER_CONTENT_TYPE, "\26", 1, NULL },
};

static void test_words(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(rows); i++) {
    const struct row *row = &rows[i];
    char text[TLS4217_TRACE_SIZE] = "as before";
    const bool said = tls4217_trace_describe(
      row->sent, row->type, row->bytes, row->size, text);

    if (said != (row->want != NULL) ||
      strcmp(text, said ? row->want : "as before") != 0) {
      fail_msg("row %lu: \"%s\"", (unsigned long) i, text);
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_words),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
