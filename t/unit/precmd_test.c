/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/control/precmd.c
 *
 * Serves RFC 4217, sections 4.2 and 10.1: no password crosses in clear where
 * the server wants it protected, and no user comes in another way.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/control/precmd.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"

static struct tls4217_session *const sess = &fakes_session.session;

/* In place of ftp/config/policies.c: "anna" needs TLS, "bert" may not use
 * it. */
enum tls4217_view tls4217_policies_user_view(
  pool *p, xaset_t *server, const char *user) {
  return strcmp(user, "anna") == 0 ? TLS4217_VIEW_REQUIRED :
    strcmp(user, "bert") == 0      ? TLS4217_VIEW_NONE :
                                     TLS4217_VIEW_OPTIONAL;
}

/* "carl" needs no TLS, whatever the server says; "dora" needs it. */
enum tls4217_control_view tls4217_policies_section_view(
  pool *p, xaset_t *server, const char *user) {
  return strcmp(user, "carl") == 0 ? TLS4217_CONTROL_VIEW_OPTIONAL :
    strcmp(user, "dora") == 0      ? TLS4217_CONTROL_VIEW_LOGIN :
                                     TLS4217_CONTROL_VIEW_UNKNOWN;
}

static void protect(void) {
  tls4217_state_protect(&sess->state, TLS4217_LEVEL_CLEAR);
}

static const char *code(const modret_t *result) {
  const char *num = resp_err_list != NULL ? resp_err_list->num : "";

  assert_true((result != NULL) == (resp_err_list != NULL));
  resp_err_list = NULL;
  return num;
}

static const char *pre(const char *verb) {
  return code(tls4217_precmd_pre(fakes_command(verb, NULL)));
}

static const char *pre_user(const char *user) {
  return code(tls4217_precmd_pre_user(fakes_command("USER", user)));
}

static void test_commands(void **state) {
  (void) state;
  sess->settings.control_view = TLS4217_CONTROL_VIEW_REQUIRED;
  assert_string_equal(pre("USER"), "533");
  assert_string_equal(pre("CWD"), "533");
  assert_string_equal(pre("AUTH"), "");

  sess->settings.control_view = TLS4217_CONTROL_VIEW_LOGIN;
  assert_string_equal(pre("PASS"), "533");
  assert_string_equal(pre("CWD"), "");

  protect();
  assert_string_equal(pre("PASS"), "");
}

/* Other protocols, and what the core makes up, are none of ours. */
static void test_not_ftp(void **state) {
  cmd_rec *cmd = fakes_command("USER", "anna");

  (void) state;
  sess->settings.control_view = TLS4217_CONTROL_VIEW_REQUIRED;
  assert_string_equal(code(tls4217_precmd_pre(cmd)), "533");

  cmd->cmd_class = CL_CONNECT;
  assert_null(tls4217_precmd_pre(cmd));
  cmd->cmd_class = CL_DISCONNECT;
  assert_null(tls4217_precmd_pre(cmd));
  assert_null(tls4217_precmd_pre_user(cmd));

  cmd->cmd_class = CL_AUTH;
  fakes.protocol = "ftps";
  assert_string_equal(code(tls4217_precmd_pre(cmd)), "533");
  fakes.protocol = "sftp";
  assert_null(tls4217_precmd_pre(cmd));
  assert_null(tls4217_precmd_pre_user(cmd));
}

static void test_engine_off(void **state) {
  (void) state;
  fakes_session.is_on = false;
  sess->settings.control_view = TLS4217_CONTROL_VIEW_REQUIRED;
  assert_string_equal(pre("USER"), "");
  assert_string_equal(pre_user("anna"), "");
  session.user = "anna";
  assert_null(tls4217_precmd_post_pass(fakes_command("PASS", "x")));
}

static void test_users(void **state) {
  (void) state;
  assert_string_equal(pre_user("anna"), "533");
  assert_string_equal(pre_user("bert"), "");
  assert_string_equal(pre_user("zoe"), "");
  assert_string_equal(pre_user(NULL), "");

  protect();
  assert_string_equal(pre_user("anna"), "");
  assert_string_equal(pre_user("bert"), "533");
}

/* AllowPerUser: who a section excepts gets in, with his password; who it asks
 * for TLS is refused before there is one. */
static void test_sections_of_users(void **state) {
  (void) state;
  sess->settings.control_view = TLS4217_CONTROL_VIEW_REQUIRED;
  assert_string_equal(
    code(tls4217_precmd_pre(fakes_command("USER", "carl"))), "533");

  sess->settings.options.per_user = true;
  assert_string_equal(
    code(tls4217_precmd_pre(fakes_command("USER", "carl"))), "");
  assert_string_equal(
    code(tls4217_precmd_pre(fakes_command("USER", "zoe"))), "533");
  assert_string_equal(
    code(tls4217_precmd_pre(fakes_command("PASS", "x"))), "533");
  assert_int_equal(
    pr_table_add(session.notes, "mod_auth.orig-user", "carl", 5), 0);
  assert_string_equal(code(tls4217_precmd_pre(fakes_command("PASS", "x"))), "");

  /* Behind the login the settings have what the section says. */
  session.user = "carl";
  assert_string_equal(
    code(tls4217_precmd_pre(fakes_command("LIST", NULL))), "533");
  session.user = NULL;

  sess->settings.control_view = TLS4217_CONTROL_VIEW_OPTIONAL;
  assert_string_equal(pre_user("dora"), "533");
  assert_string_equal(pre_user("carl"), "");
  protect();
  assert_string_equal(pre_user("dora"), "");
}

static void test_refusal_names_the_user(void **state) {
  (void) state;
  assert_string_equal(pre_user("anna"), "533");
  assert_non_null(strstr(fakes.log, "USER anna refused: 533"));
}

static void pass(void *data) {
  assert_null(tls4217_precmd_post_pass(fakes_command("PASS", "x")));
}

static bool login_ends_session(void) {
  *fakes.replies = '\0';
  *fakes.log = '\0';
  resp_err_list = NULL;
  return fakes_ends_session(pass, NULL);
}

/* A database may know somebody under another name than the one at USER. */
static void test_login(void **state) {
  (void) state;
  assert_false(login_ends_session());

  session.user = "zoe";
  assert_false(login_ends_session());
  assert_string_equal(fakes.replies, "");

  session.user = "anna";
  assert_true(login_ends_session());
  assert_memory_equal(fakes.replies, "533 ", 4);
  assert_non_null(strstr(fakes.log, "Denied by TLSUserProtection"));

  protect();
  assert_false(login_ends_session());
  session.user = "bert";
  assert_true(login_ends_session());
}

/* The name typed is checked, where the core has kept it. */
static void test_login_by_typed_name(void **state) {
  (void) state;
  session.user = "zoe";
  (void) pr_table_add(session.notes, "mod_auth.orig-user", "anna", 0);
  assert_true(login_ends_session());
}

static void add_protocols(const char *first, const char *second) {
  array_header *names = make_array(permanent_pool, 0, sizeof(char *));

  *((const char **) push_array(names)) = first;
  *((const char **) push_array(names)) = second;
  (void) add_config_param("Protocols", 1, names);
}

static void test_protocols(void **state) {
  (void) state;
  session.user = "zoe";
  sess->control.conn = (void *) sess;
  protect();
  assert_false(login_ends_session());

  add_protocols(NULL, "FTPS");
  assert_false(login_ends_session());

  fakes_begin_config();
  add_protocols("ftp", "sftp");
  assert_true(login_ends_session());
  assert_string_equal(fakes.replies, "530 Login incorrect.\n");

  sess->control.conn = NULL;
  tls4217_state_reset(&sess->state);
  assert_false(login_ends_session());
}

/* Nothing is said about any user: policies.c is not asked. */
static void test_no_users(void **state) {
  (void) state;
  sess->settings.user_views = false;
  assert_string_equal(pre_user("anna"), "");
}

static int begin(void **state) {
  int res = fakes_session_begin(state);

  sess->settings.user_views = true;
  return res;
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_commands),
    TEST(test_not_ftp),
    TEST(test_engine_off),
    TEST(test_users),
    TEST(test_no_users),
    TEST(test_sections_of_users),
    TEST(test_refusal_names_the_user),
    TEST(test_login),
    TEST(test_login_by_typed_name),
    TEST(test_protocols),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
