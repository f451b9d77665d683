/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/data_gates.c
 *
 * Serves RFC 4217, sections 10.2 and 15: who has not made the control
 * connection does not get its data.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/data/data_gates.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"

static struct tls4217_session *const sess = &fakes_session.session;

static enum tls4217_reuse reuse;
static bool is_same;

/* In place of tls/conn/connection.c and ftp/control/peer.c. */
enum tls4217_reuse tls4217_connection_reuse(
  const struct tls4217_connection *conn) {
  return reuse;
}

bool tls4217_peer_is_same(const struct tls4217_session *who) {
  return is_same;
}

/* Nobody waits for another one's login here. */
enum tls4217_control_news tls4217_control_look(struct tls4217_session *who) {
  return TLS4217_CONTROL_NOTHING;
}

static int begin(void **state) {
  int res = fakes_session_begin(state);

  reuse = TLS4217_REUSE_OWN;
  is_same = true;
  session.d = pcalloc(permanent_pool, sizeof(*session.d));
  session.d->remote_addr = fakes_address("192.0.2.7");
  sess->data.conn = (void *) sess;
  return res;
}

static bool passes(void) {
  bool passed;

  *fakes.log = '\0';
  tls4217_failure_forget(sess);
  passed = tls4217_data_gates_pass(sess) == 0;
  assert_true(passed == (tls4217_failure_is_set(sess) == false));
  return passed;
}

/* Whether it does not pass, and why. */
static bool fails(enum tls4217_reply_id id) {
  return passes() == false &&
    strstr(fakes.log, tls4217_reply_get(id)->text) != NULL;
}

static const struct {
  enum tls4217_reuse reuse;
  enum tls4217_reply_id refusal;
} reuses[] = {
  { TLS4217_REUSE_NONE, TLS4217_REPLY_DATA_NOT_REUSED },
  { TLS4217_REUSE_FOREIGN, TLS4217_REPLY_DATA_FOREIGN_SESSION },
  { TLS4217_REUSE_STALE, TLS4217_REPLY_DATA_FOREIGN_SESSION },
  { TLS4217_REUSE_OTHER_HOST, TLS4217_REPLY_DATA_OTHER_HOST },
};

static void test_reuse(void **state) {
  (void) state;
  assert_true(passes());
  for (size_t i = 0; i < sizeof(reuses) / sizeof(reuses[0]); i++) {
    reuse = reuses[i].reuse;
    assert_true(fails(reuses[i].refusal));
  }
}

static void test_reuse_is_not_required(void **state) {
  (void) state;
  sess->settings.options.session_reuse_required = false;
  for (size_t i = 0; i < sizeof(reuses) / sizeof(reuses[0]); i++) {
    reuse = reuses[i].reuse;
    assert_true(passes());
  }

  /* The address binds it then. */
  session.d->remote_addr = fakes_address("192.0.2.8");
  assert_true(fails(TLS4217_REPLY_DATA_FOREIGN_ADDRESS));
}

/* The session of another connection of the same user's. */
static void test_companion(void **state) {
  (void) state;
  reuse = TLS4217_REUSE_USER;
  assert_true(passes());
  session.d->remote_addr = fakes_address("192.0.2.8");
  assert_true(fails(TLS4217_REPLY_DATA_FOREIGN_SESSION));
}

/* TLSSessionReuse report: let in from the same address, and told once. */
static void test_report(void **state) {
  (void) state;
  sess->settings.options.session_reuse_required = false;
  sess->settings.session_reuse = TLS4217_SESSION_REUSE_REPORT;
  assert_true(passes());
  assert_null(strstr(fakes.log, "TLSSessionReuse report"));

  reuse = TLS4217_REUSE_NONE;
  assert_true(passes());
  assert_non_null(strstr(fakes.log, "TLSSessionReuse report"));
  assert_true(passes());
  assert_null(strstr(fakes.log, "TLSSessionReuse report"));

  session.d->remote_addr = fakes_address("192.0.2.8");
  assert_true(fails(TLS4217_REPLY_DATA_FOREIGN_ADDRESS));
}

static void test_other_certificate(void **state) {
  (void) state;
  is_same = false;
  assert_true(fails(TLS4217_REPLY_DATA_OTHER_PEER));
  assert_non_null(strstr(fakes.log, ": 522 "));
}

/* A session binds better than an address, which may change (proxies). */
static void test_foreign_address(void **state) {
  (void) state;
  session.d->remote_addr = fakes_address("192.0.2.8");
  assert_true(passes());

  sess->data.conn = NULL;
  assert_true(fails(TLS4217_REPLY_DATA_FOREIGN_ADDRESS_CLEAR));
  session.d->remote_addr = fakes_address("192.0.2.7");
  assert_true(passes());
}

static void test_in_clear_nobody_asks_for_tls(void **state) {
  (void) state;
  sess->data.conn = NULL;
  reuse = TLS4217_REUSE_FOREIGN;
  is_same = false;
  assert_true(passes());
}

/* AllowForeignAddress. */
static bool is_allowed(int value, const char *class) {
  config_rec *c;

  fakes_begin_config();
  c = add_config_param("AllowForeignAddress", 2, NULL, class);
  c->argv[0] = pcalloc(permanent_pool, sizeof(int));
  *((int *) c->argv[0]) = value;
  session.d->remote_addr = fakes_address("192.0.2.8");
  sess->data.conn = NULL;
  return passes();
}

static void test_foreign_address_is_allowed(void **state) {
  static const pr_class_t lan = { .cls_name = "lan" };

  (void) state;
  assert_true(is_allowed(TRUE, NULL));
  assert_false(is_allowed(FALSE, NULL));

  assert_false(is_allowed(-1, "lan"));
  fakes.class = &lan;
  assert_false(is_allowed(-1, "lan"));
  fakes.class_fits = true;
  assert_true(is_allowed(-1, "lan"));
  assert_false(is_allowed(-1, "wan"));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_reuse),
    TEST(test_reuse_is_not_required),
    TEST(test_companion),
    TEST(test_report),
    TEST(test_other_certificate),
    TEST(test_foreign_address),
    TEST(test_in_clear_nobody_asks_for_tls),
    TEST(test_foreign_address_is_allowed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
