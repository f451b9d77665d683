/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - shares.c: the key exchange groups that a ClientHello brings
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "mod_tls4217/tls/conn/shares.h"

struct shares_case {
  const char *name;
  const char *bytes;
  size_t len;
  bool want_share, want_hybrid;
};

#define CASE(name, bytes, share, hybrid) \
 { name, bytes, sizeof(bytes) - 1, share, hybrid }

/* Each is read as key_share and as supported_groups: whatever it is, no byte
 * behind it is touched. */
static const struct shares_case cases[] = {
  CASE("nothing", "", false, false),
  CASE("half a size", "\0", false, false),
  CASE("an empty list", "\0\0", false, false),
  CASE("8446-4.2.8-a share of X25519", "\0\6\0\x1d\0\2ab", true, false),
  CASE("behind another", "\0\13\0\x17\0\1a\0\x1d\0\2ab", true, false),
  CASE("another alone", "\0\5\0\x17\0\1a", false, false),
  CASE("a share that is cut", "\0\6\0\x1d\0\3ab", false, false),
  CASE("one behind that is cut", "\0\13\0\x17\0\2a\0\x1d\0\2ab", false, false),
  CASE("a list that is longer", "\0\7\0\x1d\0\2ab", false, false),
  CASE("a list that is shorter", "\0\5\0\x1d\0\2ab", false, false),
  CASE("X25519 in the key of another", "\0\10\0\x17\0\4\0\x1d\0\0", false,
    false),
  CASE("8446-4.2.7-X25519MLKEM768", "\0\4\x11\xec\0\x1d", false, true),
  CASE("behind curves", "\0\6\0\x1d\0\x17\x11\xeb", false, true),
  CASE("MLKEM1024 alone", "\0\2\2\2", false, true),
  CASE("curves alone", "\0\4\0\x1d\0\x17", false, false),
  CASE("neighbours of the hybrids", "\0\10\x11\xea\x11\xef\1\xff\2\3", false,
    false),
  CASE("half a group", "\0\3\0\x1d\x11", false, false),
};

static void test_case(void **state) {
  const struct shares_case *row = *state;
  /* Just as long, so that a byte too many is seen. */
  unsigned char *bytes = malloc(row->len > 0 ? row->len : 1);

  assert_non_null(bytes);
  memcpy(bytes, row->bytes, row->len);
  assert_int_equal(
    tls4217_shares_has_share(bytes, row->len, TLS4217_SHARES_X25519),
    row->want_share);
  assert_int_equal(
    tls4217_shares_has_hybrid(bytes, row->len), row->want_hybrid);
  free(bytes);
}

#define NCASES (sizeof(cases) / sizeof(cases[0]))

int main(void) {
  struct CMUnitTest tests[NCASES];

  for (size_t i = 0; i < NCASES; i++) {
    tests[i] = (struct CMUnitTest){ .name = cases[i].name,
      .test_func = test_case,
      .initial_state = (void *) &cases[i] };
  }

  return cmocka_run_group_tests(tests, NULL, NULL);
}
