/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/config/policies.c: what a rule's pattern covers
 *
 * RFC 4217, section 10.2: a listing that goes down is decided by what may lie
 * below (rfc4217/policy.h).
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/config/policy_directives.h"
#include "t/unit/fakes/fakes.h"

static const struct pattern_case {
  const char *path;
  bool want;
} cases[] = {
  { "/srv/pub*", true },
  { "/srv/*/pub/*", true },
  { "*", true },
  { "/srv/pub", false },
  { "/srv/pub?", false },
  { "/srv/pub\\*", false },
  { "/srv/[*", false },
  { "", false },
  { NULL, false },
};

static void test_patterns(void **state) {
  struct tls4217_policy_rule *wanted = pcalloc(permanent_pool, sizeof(*wanted));
  struct tls4217_settings settings;

  (void) state;
  wanted->view = TLS4217_VIEW_NONE;
  (void) add_config_param("TLSDataRule", 1, wanted);
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    wanted->path = cases[i].path;
    tls4217_policies_resolve(
      permanent_pool, main_server->conf, NULL, &settings);
    assert_int_equal(settings.data.rules[0].covers_below, cases[i].want);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_patterns, fakes_begin, fakes_end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
