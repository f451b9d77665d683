/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/command_check.c
 *
 * Serves RFC 4217, section 10.2: no way of writing a command leads around the
 * view of what it touches.  What finds places, names and views is the real
 * code; the files are real, too.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/data/command_check.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"
#include "t/unit/fakes/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tls4217_session *const sess = &fakes_session.session;
static bool no = false;

static void add_view(enum tls4217_view view) {
  config_rec *c = add_config_param("TLSDataProtection", 2, NULL, &no);
  int *stored = pcalloc(c->pool, sizeof(int));

  *stored = (int) view;
  c->argv[0] = stored;
}

/* /secret needs TLS, /clear forbids it, elsewhere the client chooses; a link
 * leads from open into secret. */
static int begin(void **state) {
  int res = fakes_session_begin(state);

  (void) tree_begin();
  tree_make_directory("open");
  tree_make_directory("open/deep");
  tree_make_file("open/file", "x");
  tree_make_directory("secret");
  tree_make_file("secret/file", "x");
  tree_make_directory("clear");
  tree_make_link("open/way", "../secret");
  tree_make_directory("above");
  tree_make_directory("above/inner");

  (void) fakes_open(CONF_DIR, tree_path("secret"));
  add_view(TLS4217_VIEW_REQUIRED);
  fakes_close();
  (void) fakes_open(CONF_DIR, tree_path("clear"));
  add_view(TLS4217_VIEW_NONE);
  fakes_close();
  (void) fakes_open(CONF_DIR, tree_path("above/inner"));
  add_view(TLS4217_VIEW_REQUIRED);
  fakes_close();

  sess->settings.data.view = TLS4217_VIEW_OPTIONAL;
  sess->settings.data.directory_views = true;
  return res;
}

static int end(void **state) {
  tree_end();
  return fakes_end(state);
}

/* The code of the refusal; "": none. */
static const char *check(cmd_rec *cmd) {
  const modret_t *refusal;

  resp_err_list = NULL;
  fakes.data_resets = 0;
  refusal = tls4217_command_check(cmd, sess);
  assert_true((refusal != NULL) == (resp_err_list != NULL));
  if (refusal == NULL) {
    return "";
  }

  assert_true(MODRET_ISERROR(refusal));
  return resp_err_list->num;
}

static const char *check_text(const char *verb, const char *arg) {
  return check(fakes_command(verb, arg));
}

static void be_private(void) {
  sess->state.control = TLS4217_CONTROL_PROTECTED;
  sess->state.level = TLS4217_LEVEL_PRIVATE;
}

static void be_clear(void) {
  tls4217_state_reset(&sess->state);
}

/* "" where it may go; in clear, and at level P. */
static const struct {
  const char *verb, *arg;
  const char *in_clear, *at_private;
} commands[] = {
  { "RETR", "open/file", "", "" },
  { "RETR", "secret/file", "521", "" },
  { "RETR", "open/../secret/file", "521", "" },
  { "RETR", "open/way/file", "521", "" },
  { "RETR", "open/way/../secret/file", "521", "" },
  { "RETR", "./secret//file", "521", "" },
  { "RETR", "clear/file", "", "521" },
  { "STOR", "secret/new", "521", "" },
  { "STOR", "open/new", "", "" },
  { "APPE", "secret/new", "521", "" },
  { "LIST", "open", "", "" },
  { "LIST", "secret", "521", "" },
  { "LIST", "-la secret", "521", "" },
  { "LIST", "-R open", "", "" },
  { "LIST", "-RL open", "521", "" },
  { "LIST", "-R", "521", "521" },
  { "LIST", "*", "521", "521" },
  { "LIST", "above", "", "" },
  { "LIST", "-R above", "521", "" },
  { "LIST", "s[e]cret", "521", "" },
  { "NLST", "secret", "521", "" },
  { "MLSD", "secret", "521", "" },
  { "MLSD", "", "", "" },
  { "STOU", NULL, "", "" },
  { "MLST", "secret", "533", "" },
  { "MLST", "open", "", "" },
  { "STAT", NULL, "", "" },
  { "STAT", "secret", "533", "" },
  { "STAT", "-R above", "533", "" },
  { "RNFR", "secret/file", "533", "" },
  { "RNFR", "above", "533", "" },
  { "RNFR", "open", "", "" },
  { "CPFR", "secret/file", "533", "" },
  { "SITE", "CPFR secret/file", "533", "" },
  { "SITE", "cpfr secret/file", "533", "" },
  { "SITE", "CPFR open/file", "", "" },
  { "SITE", "COPY secret/file open/new", "533", "" },
  { "SITE", "COPY open/file open/new", "", "" },
  { "SITE", "COPY", "", "" },
  { "SITE", "CHMOD 644 secret/file", "", "" },
  { "DELE", "secret/file", "", "" },
  { "CWD", "secret", "", "" },
};

static void test_commands(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(commands); i++) {
    const char *in_clear, *at_private;

    be_clear();
    in_clear = check_text(commands[i].verb, commands[i].arg);
    be_private();
    at_private = check_text(commands[i].verb, commands[i].arg);
    if (strcmp(in_clear, commands[i].in_clear) != 0 ||
      strcmp(at_private, commands[i].at_private) != 0) {
      fail_msg("%s %s: '%s' and '%s'", commands[i].verb,
        commands[i].arg != NULL ? commands[i].arg : "", in_clear, at_private);
    }
  }
}

/* A name with blanks stays one where the command takes it so. */
static void test_blanks(void **state) {
  (void) state;
  tree_make_file("secret/a b", "x");
  assert_string_equal(check_text("RETR", "secret/a b"), "521");
  assert_string_equal(check_text("SITE", "CPFR secret/a b"), "533");
  tree_make_directory("se cret");
  tree_make_link("se cret/way", "../secret");
  assert_string_equal(check_text("SITE", "CPFR se cret/way/file"), "533");
}

/* Who is not logged in is the core's to refuse. */
static void test_before_login(void **state) {
  (void) state;
  fakes_session.facts.logged_in = false;
  assert_string_equal(check_text("RETR", "secret/file"), "");
}

/* The file that will be opened is checked, whatever the argument says. */
static void test_what_the_core_has_resolved(void **state) {
  static const char *const notes[] = { "mod_xfer.store-path",
    "mod_xfer.retr-path" };

  (void) state;
  for (size_t i = 0; i < COUNT(notes); i++) {
    cmd_rec *cmd = fakes_command("RETR", "open/file");

    assert_string_equal(check(cmd), "");
    (void) pr_table_add(cmd->notes, notes[i], tree_path("secret/file"), 0);
    assert_string_equal(check(cmd), "521");
  }
}

/* The next LIST must find the core ready for a new data connection. */
static void test_refused_transfer_resets(void **state) {
  (void) state;
  assert_string_equal(check_text("RETR", "secret/file"), "521");
  assert_int_equal(fakes.data_resets, 1);
  assert_string_equal(check_text("MLST", "secret/file"), "533");
  assert_int_equal(fakes.data_resets, 0);
}

static void test_log_names_the_place(void **state) {
  char want[PATH_MAX + 64];

  (void) state;
  session.user = "anna";
  assert_string_equal(check_text("RETR", "open/way/file"), "521");
  (void) snprintf(want, sizeof(want), "user anna: RETR %s refused: 521",
    tree_path("secret/file"));
  assert_non_null(strstr(fakes.log, want));
}

/* Where no directory has a view, nothing is looked for. */
static void test_server_wide_view(void **state) {
  (void) state;
  sess->settings.data.directory_views = false;
  sess->settings.data.view = TLS4217_VIEW_REQUIRED;
  assert_string_equal(check_text("RETR", "open/file"), "521");
  assert_null(strstr(fakes.log, "open/file"));
  be_private();
  assert_string_equal(check_text("RETR", "open/file"), "");

  sess->settings.data.view = TLS4217_VIEW_NONE;
  assert_string_equal(check_text("RETR", "open/file"), "521");
}

static unsigned int loads;

/* As the core does for a file that its owner has put there. */
static void load_ftpaccess(const char *path) {
  loads++;
  if (strcmp(path, tree_path("open/deep")) == 0) {
    static bool yes = true;
    config_rec *c;

    (void) fakes_open(CONF_DYNDIR, path);
    c = add_config_param("TLSDataProtection", 2, NULL, &yes);
    c->argv[0] = pcalloc(c->pool, sizeof(int));
    *((int *) c->argv[0]) = TLS4217_VIEW_REQUIRED;
    fakes_close();
  }
}

static void test_ftpaccess(void **state) {
  (void) state;
  sess->settings.data.directory_views = false;
  fakes.load_ftpaccess = load_ftpaccess;
  loads = 0;

  assert_string_equal(check_text("RETR", "open/file"), "");
  assert_true(loads > 0);
  assert_string_equal(check_text("RETR", "open/deep/file"), "521");

  /* What it may say refuses nothing that is protected: it is not asked. */
  be_private();
  loads = 0;
  assert_string_equal(check_text("RETR", "open/deep/file"), "");
  assert_int_equal(loads, 0);
}

static bool is_retr(
  const struct tls4217_rule *rule, const struct tls4217_transfer *transfer) {
  (void) rule;
  return strcmp(transfer->command, "RETR") == 0;
}

/* STAT and MLST are checked as the listings that they stand for. */
static void test_rules(void **state) {
  const struct tls4217_rule rules[] = {
    { TLS4217_VIEW_REQUIRED, is_retr, NULL, false },
    { TLS4217_VIEW_OPTIONAL, NULL, NULL, false },
  };

  (void) state;
  sess->settings.data.view = TLS4217_VIEW_PER_TRANSFER;
  sess->settings.data.rules = rules;
  sess->settings.data.nrules = COUNT(rules);
  sess->settings.data.directory_views = false;

  assert_string_equal(check_text("RETR", "open/file"), "521");
  assert_string_equal(check_text("STOR", "open/file"), "");
  assert_string_equal(check_text("RNFR", "open/file"), "533");
  assert_string_equal(check_text("MLST", "open/file"), "");
}

/* Too much to look through: the strictest view of all decides. */
static void test_unlisted(void **state) {
  char options[200];

  (void) state;
  memset(options, '-', sizeof(options));
  options[sizeof(options) - 1] = '\0';
  assert_string_equal(check_text("LIST", options), "521");
}

/* A place that mod_vroot has, and nobody can find. */
static void test_incomplete_names(void **state) {
  (void) state;
  (void) pr_register_fs(permanent_pool, "vroot", "/");
  assert_string_equal(check_text("RETR", "open/file"), "");
  assert_string_equal(check_text("RETR", "nowhere/file"), "521");
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_commands),
    TEST(test_blanks),
    TEST(test_before_login),
    TEST(test_what_the_core_has_resolved),
    TEST(test_refused_transfer_resets),
    TEST(test_log_names_the_place),
    TEST(test_server_wide_view),
    TEST(test_ftpaccess),
    TEST(test_rules),
    TEST(test_unlisted),
    TEST(test_incomplete_names),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
