/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - authorization.c: which accounts a certificate may open
 *
 * RFC 4217, section 12.2.  Every answer of PAM against every kind of account,
 * and the spellings of a lock.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/account.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct lock_case {
  const char *password;
  bool want_of_hash, want_of_text;
};

static const struct lock_case locks[] = {
  { NULL, false, false },
  { "", false, false },
  { "*", false, false },
  { "x", false, false },
  { "$6$salt$hash", false, false },
  { "!", true, true },
  { "!!", true, true },
  { "!*", true, true },
  { "!$6$salt$hash", true, true },
  { "!{SHA}hash", true, true },
  { "!abJnggxhB/yWI", true, false },
  { "!wonder", true, false },
  { "wonder!", false, false },
  { "*LK*", true, true },
  { "*LK*hash", true, true },
  { "*LOCKED*hash", true, true },
  { "{CRYPT}!abJnggxhB/yWI", true, true },
  { "{crypt}$6$salt$hash", false, false },
  { "{clear}!wonder", false, false },
};

static void test_locks(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(locks); i++) {
    const struct lock_case *c = &locks[i];

    if (tls4217_account_is_locked(c->password, true) != c->want_of_hash ||
      tls4217_account_is_locked(c->password, false) != c->want_of_text) {
      fail_msg("'%s'", c->password);
    }
  }
}

#define OPEN   TLS4217_ACCOUNT_OPEN
#define CLOSED TLS4217_ACCOUNT_CLOSED_BY_PAM

struct pam_case {
  enum tls4217_account_answer pam;
  enum tls4217_account want_virtual, want_system, want_decides;
};

static const struct pam_case pam_cases[] = {
  { TLS4217_ACCOUNT_NOT_ASKED, OPEN, OPEN, OPEN },
  { TLS4217_ACCOUNT_ALLOWED, OPEN, OPEN, OPEN },
  { TLS4217_ACCOUNT_UNKNOWN, OPEN, OPEN, CLOSED },
  { TLS4217_ACCOUNT_DENIED, OPEN, CLOSED, CLOSED },
  { TLS4217_ACCOUNT_SILENT, OPEN, TLS4217_ACCOUNT_NOT_CHECKED,
    TLS4217_ACCOUNT_NOT_CHECKED },
};

static void test_pam(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(pam_cases); i++) {
    const struct pam_case *c = &pam_cases[i];
    struct tls4217_account_facts facts = { .pam = c->pam };

    assert_int_equal(tls4217_account_check(&facts), c->want_virtual);
    facts.of_system = true;
    assert_int_equal(tls4217_account_check(&facts), c->want_system);
    facts.pam_decides = true;
    assert_int_equal(tls4217_account_check(&facts), c->want_decides);
    facts.of_system = false;
    assert_int_equal(tls4217_account_check(&facts), c->want_decides);
  }
}

static void test_first_reason_counts(void **state) {
  struct tls4217_account_facts facts = {
    .of_system = true,
    .password = "!x",
    .password_is_hash = true,
    .expiry = TLS4217_ACCOUNT_DENIED,
    .pam = TLS4217_ACCOUNT_DENIED,
  };

  (void) state;

  assert_int_equal(tls4217_account_check(&facts), TLS4217_ACCOUNT_LOCKED);
  facts.password = "*";
  assert_int_equal(tls4217_account_check(&facts), TLS4217_ACCOUNT_EXPIRED);
  facts.expiry = TLS4217_ACCOUNT_ALLOWED;
  assert_int_equal(tls4217_account_check(&facts), CLOSED);
  facts.pam = TLS4217_ACCOUNT_ALLOWED;
  assert_int_equal(tls4217_account_check(&facts), OPEN);
}

static void test_texts(void **state) {
  (void) state;

  assert_string_equal(tls4217_account_text(OPEN), "");
  for (int i = OPEN + 1; i <= TLS4217_ACCOUNT_NOT_CHECKED; i++) {
    assert_string_not_equal(tls4217_account_text((enum tls4217_account) i), "");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_locks),
    cmocka_unit_test(test_pam),
    cmocka_unit_test(test_first_reason_counts),
    cmocka_unit_test(test_texts),
  };

  cmocka_set_message_output(CM_OUTPUT_TAP);
  return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
