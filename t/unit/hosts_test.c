/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/control/hosts.c
 *
 * The server name of the handshake (RFC 6066, section 3) and HOST (RFC 7151)
 * must mean one host.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/control/hosts.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"

static struct tls4217_session *const sess = &fakes_session.session;
static const char *server_name;
static server_rec *other;

/* In place of tls/conn/connection.c. */
void tls4217_connection_info(
  const struct tls4217_connection *conn, struct tls4217_connection_info *info) {
  memset(info, 0, sizeof(*info));
  info->server_name = server_name;
}

static int begin(void **state) {
  int res = fakes_session_begin(state);

  server_name = NULL;
  other = pcalloc(permanent_pool, sizeof(*other));
  other->ServerName = "other.example";
  fakes.named = other;
  sess->origin.server = main_server;
  (void) add_config_param("ServerAlias", 1, "main.example");
  (void) add_config_param("ServerAlias", 1, "*.main.example");
  return res;
}

static bool agree(const char *name, const char *host) {
  (void) pr_table_remove(session.notes, "mod_core.host", NULL);
  if (host != NULL) {
    (void) pr_table_add(session.notes, "mod_core.host", host, 0);
  }

  server_name = name;
  return tls4217_hosts_agree(sess);
}

static void test_agree(void **state) {
  (void) state;
  assert_true(agree(NULL, NULL));
  assert_true(agree("other.example", NULL));
  assert_true(agree("unknown.example", "main.example"));
  assert_true(agree("main.example", "main.example"));
  assert_true(agree("FTP.Main.Example", "main.example"));
  assert_false(agree("other.example", "main.example"));

  /* HOST has led there. */
  main_server = other;
  assert_true(agree("other.example", "other.example"));
  assert_false(agree("main.example", "other.example"));
}

static void test_names_may_be_ignored(void **state) {
  (void) state;
  sess->settings.options.server_name = false;
  assert_true(agree("other.example", "main.example"));
  assert_false(sess->binding.is_other_host(sess, "other.example"));
}

static bool is_other(const char *name) {
  return sess->binding.is_other_host(sess->binding.who, name);
}

/* What the data connections are held to. */
static void test_data_connections(void **state) {
  (void) state;
  assert_true(agree(NULL, NULL));
  assert_false(is_other(NULL));
  assert_false(is_other("main.example"));
  assert_false(is_other("unknown.example"));
  assert_true(is_other("other.example"));

  assert_true(agree("other.example", NULL));
  assert_false(is_other("other.example"));
  assert_true(is_other("main.example"));
}

/* No connection, no address to look for hosts at. */
static void test_without_a_connection(void **state) {
  (void) state;
  session.c = NULL;
  assert_true(agree("other.example", "main.example"));
}

/* The server that has the address has no aliases of its own to the core. */
static void test_without_aliases(void **state) {
  (void) state;
  fakes_begin_config();
  sess->origin.server = main_server;
  assert_true(agree("main.example", "main.example"));
  assert_false(is_other("main.example"));
  sess->origin.server = NULL;
  assert_false(is_other("main.example"));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_agree),
    TEST(test_names_may_be_ignored),
    TEST(test_data_connections),
    TEST(test_without_a_connection),
    TEST(test_without_aliases),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
