/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/groups.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/groups.h"

/* The names of "openssl list -tls-groups" (OpenSSL 3.5), and those that older
 * versions have. */
static const struct {
  const char *name;
  bool want;
} rows[] = {
  { "X25519MLKEM768", true },
  { "SecP256r1MLKEM768", true },
  { "SecP384r1MLKEM1024", true },
  { "MLKEM768", true },
  { "x25519mlkem768", true },
  { "X25519", false },
  { "x25519", false },
  { "secp256r1", false },
  { "prime256v1", false },
  { "ffdhe3072", false },
  { "brainpoolP256r1tls13", false },
  { "X25519MLKEM", false },
  { "", false },
  { NULL, false },
};

static void test_names(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    print_message("  %s\n", rows[i].name != NULL ? rows[i].name : "none");
    assert_int_equal(
      tls4217_groups_is_post_quantum(rows[i].name), rows[i].want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
