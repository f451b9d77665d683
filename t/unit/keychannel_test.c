/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - keychannel.c: hosts do not share a scope
 *
 * The key process signs with the keys of a channel's scopes and no others: two
 * hosts with the same one would have each other's.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "t/unit/fakes/fakes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
  const char *name, *address; /* NULL: not known */
  unsigned int port;
} hosts[] = {
  { "one", "192.0.2.1", 21 },
  { "two", "192.0.2.1", 21 },
  { "one", "192.0.2.2", 21 },
  { "one", "2001:db8::1", 21 },
  { "one", "192.0.2.1", 990 },
  { NULL, "192.0.2.1", 21 },
  { "one", NULL, 21 },
};

static uint64_t scope_of(size_t at) {
  server_rec rec;

  memset(&rec, 0, sizeof(rec));
  rec.ServerName = hosts[at].name;
  rec.addr = hosts[at].address != NULL ? fakes_address(hosts[at].address) :
                                         NULL;
  rec.ServerPort = hosts[at].port;
  return tls4217_keychannel_scope(&rec);
}

static void test_each_host_has_its_scope(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(hosts); i++) {
    assert_int_equal(scope_of(i), scope_of(i));
    for (size_t j = i + 1; j < COUNT(hosts); j++) {
      assert_int_not_equal(scope_of(i), scope_of(j));
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(
      test_each_host_has_its_scope, fakes_begin, fakes_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
