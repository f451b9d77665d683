/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/config/policies.c
 *
 * Serves RFC 4217, section 10.2: the view that holds for a place, a user or a
 * transfer is the one that the administrator wrote nearest to it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/policies.h"
#include "mod_tls4217/ftp/config/policy_directives.h"
#include "t/unit/fakes/fakes.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NONE         TLS4217_VIEW_NONE
#define OPTIONAL     TLS4217_VIEW_OPTIONAL
#define REQUIRED     TLS4217_VIEW_REQUIRED
#define PER          TLS4217_VIEW_PER_TRANSFER
#define UNKNOWN      TLS4217_VIEW_UNKNOWN

static bool yes = true, no = false;

/* In place of ftp/config/complaints.c. */
void tls4217_complaints_warning(const server_rec *rec, const char *fmt, ...) {
  char line[1024];
  va_list ap;

  (void) rec;
  va_start(ap, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, ap);
  va_end(ap);
  fakes_note(fakes.log, sizeof(fakes.log), "%s\n", line);
}

void tls4217_complaints_warning_on(
  const server_rec *rec, const char *place, const char *text) {
  tls4217_complaints_warning(rec, "%s: %s", place, text);
}

/* TLSDataProtection, in what is open. */
static void add_view(enum tls4217_view view, bool from_ftpaccess) {
  config_rec *c = add_config_param(
    "TLSDataProtection", 2, NULL, from_ftpaccess ? &yes : &no);
  int *stored = pcalloc(c->pool, sizeof(int));

  *stored = (int) view;
  c->argv[0] = stored;
}

static void add_directory(const char *name, enum tls4217_view view) {
  (void) fakes_open(CONF_DIR, name);
  add_view(view, false);
  fakes_close();
}

static char **words(const char *list) {
  char *texts[] = { "", pstrdup(permanent_pool, list) };
  unsigned int count = 2;

  return pr_expr_create(permanent_pool, &count, texts)->elts;
}

/* TLSUserProtection. */
static void add_user(enum tls4217_view view, const char *list) {
  config_rec *c = add_config_param(
    "TLSUserProtection", 3, NULL, words(list), "line 7");
  int *stored = pcalloc(c->pool, sizeof(int));

  *stored = (int) view;
  c->argv[0] = stored;
}

/* Directories. */

static const struct {
  const char *path;
  enum tls4217_view view;
  bool tightened;
} places[] = {
  { "/", UNKNOWN, false },
  { "/home", UNKNOWN, false },
  { "/home/anna", REQUIRED, false },
  { "/home/anna/file", REQUIRED, false },
  { "/home/annabel", UNKNOWN, false },
  { "/home/anna/open", NONE, false },
  { "/home/anna/open/deep/file", NONE, false },
  { "/home/anna/plain/file", REQUIRED, false },
  { "/home/bert/file", OPTIONAL, true },
  { "/home/carl/file", OPTIONAL, false },
};

static void make_places(void) {
  (void) fakes_open(CONF_DIR, "/home/anna");
  add_view(REQUIRED, false);
  add_directory("/home/anna/open", NONE);
  (void) fakes_open(CONF_DIR, "/home/anna/plain");
  (void) add_config_param("HideFiles", 0);
  fakes_close();
  fakes_close();

  (void) fakes_open(CONF_DIR, "/home/bert");
  add_view(OPTIONAL, false);
  (void) fakes_open(CONF_DYNDIR, "/home/bert");
  add_view(REQUIRED, true);
  fakes_close();
  fakes_close();

  (void) fakes_open(CONF_DIR, "/home/carl");
  add_view(OPTIONAL, false);
  (void) fakes_open(CONF_DYNDIR, "/home/carl");
  add_view(OPTIONAL, true);
  fakes_close();
  fakes_close();
}

static void test_nearest_directory(void **state) {
  (void) state;
  make_places();
  for (size_t i = 0; i < COUNT(places); i++) {
    bool tightened = true;
    enum tls4217_view view = tls4217_policies_directory_view(
      permanent_pool, places[i].path, &tightened);

    if (view != places[i].view || tightened != places[i].tightened) {
      fail_msg("%s: view %d, tightened %d", places[i].path, (int) view,
        (int) tightened);
    }
  }
}

static const struct {
  const char *path;
  bool none, optional, required, tightened;
} views_below[] = {
  { "/", true, true, true, true },
  { "/home", true, true, true, true },
  { "/home/anna", true, false, true, false },
  { "/home/anna/open", true, false, false, false },
  { "/home/bert", false, true, false, true },
  { "/home/carl", false, true, false, false },
  { "/home/annabel", false, false, false, false },
  { "/srv/a", false, false, false, false },
};

static void test_views_below(void **state) {
  (void) state;
  make_places();
  for (size_t i = 0; i < COUNT(views_below); i++) {
    struct tls4217_views_below below;

    tls4217_policies_views_below(permanent_pool, views_below[i].path, &below);
    if (below.none != views_below[i].none ||
      below.optional != views_below[i].optional ||
      below.required != views_below[i].required ||
      below.tightened != views_below[i].tightened) {
      fail_msg("%s: %d %d %d %d", views_below[i].path, below.none,
        below.optional, below.required, below.tightened);
    }
  }
}

/* A name that nobody can compare may be anywhere. */
static const struct {
  const char *section, *path;
  bool may;
} patterns[] = {
  { "/srv/*/secret", "/srv", true },
  { "/srv/*/secret", "/srv/a/b", true },
  { "/srv/*/secret", "/", true },
  { "/srv/*/secret", "/sr", true },
  { "/srv/*/secret", "/home", false },
  { "/srv/[ab]", "/srv", true },
  { "/srv/a?", "/srv/b", false },
  { "~/private", "/home/anna", true },
  { "/srv/a", "/srv", true },
  { "/srv/a", "/srv/a", true },
  { "/srv/ab", "/srv/a", false },
};

static void test_patterns_below(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(patterns); i++) {
    struct tls4217_views_below below;

    fakes_begin_config();
    add_directory(patterns[i].section, REQUIRED);
    tls4217_policies_views_below(permanent_pool, patterns[i].path, &below);
    if (below.required != patterns[i].may) {
      fail_msg("%s below %s", patterns[i].section, patterns[i].path);
    }
  }
}

/* Sections of <Anonymous> are named from its root. */
static void test_anonymous_sections_below(void **state) {
  struct tls4217_views_below below;
  config_rec *anonymous, *dir;

  (void) state;
  anonymous = fakes_open(CONF_ANON, "/srv/ftp");
  dir = fakes_open(CONF_DIR, "/incoming");
  dir->argc = 2;
  dir->argv = pcalloc(permanent_pool, 3 * sizeof(void *));
  dir->argv[1] = "/srv/ftp";
  add_view(REQUIRED, false);
  fakes_close();
  fakes_close();

  tls4217_policies_views_below(permanent_pool, "/srv/ftp", &below);
  assert_false(below.required);

  session.anon_config = anonymous;
  tls4217_policies_views_below(permanent_pool, "/srv/ftp", &below);
  assert_true(below.required);
  tls4217_policies_views_below(permanent_pool, "/incoming", &below);
  assert_false(below.required);
}

/* Users. */

static const struct {
  const char *name, *typed, *alias, *session_user;
  enum tls4217_view view;
} users[] = {
  { "named", "anna", NULL, NULL, REQUIRED },
  { "not named", "zoe", NULL, NULL, OPTIONAL },
  { "the first line counts", "bert", NULL, NULL, NONE },
  { "by what UserAlias makes of it", "nick", "anna", NULL, REQUIRED },
  { "by the name typed, whatever the alias", "anna", "zoe", NULL, REQUIRED },
  { "by another spelling of a database", "ANNA", NULL, "anna", REQUIRED },
};

static void test_users(void **state) {
  (void) state;
  add_user(REQUIRED, "anna");
  add_user(NONE, "bert");
  add_user(REQUIRED, "bert,carl");
  for (size_t i = 0; i < COUNT(users); i++) {
    enum tls4217_view view;

    fakes.alias = users[i].alias;
    session.user = users[i].session_user;
    view = tls4217_policies_user_view(
      permanent_pool, main_server->conf, users[i].typed);
    if (view != users[i].view) {
      fail_msg("%s: %d", users[i].name, (int) view);
    }
  }
}

/* TLSRequired in <Anonymous> holds for those who name themselves so. */
static void test_anonymous_user(void **state) {
  (void) state;
  fakes.anonymous = fakes_open(CONF_ANON, "/srv/ftp");
  fakes_close();
  assert_int_equal(
    tls4217_policies_user_view(permanent_pool, main_server->conf, "ftp"),
    OPTIONAL);

  fakes.anonymous = fakes_open(CONF_ANON, "/srv/ftp");
  (void) fakes_add_int("TLSControlProtection", TLS4217_CONTROL_VIEW_OPTIONAL);
  fakes_close();
  assert_int_equal(
    tls4217_policies_user_view(permanent_pool, main_server->conf, "ftp"),
    OPTIONAL);

  fakes.anonymous = fakes_open(CONF_ANON, "/srv/ftp");
  (void) fakes_add_int("TLSControlProtection", TLS4217_CONTROL_VIEW_REQUIRED);
  fakes_close();
  assert_int_equal(
    tls4217_policies_user_view(permanent_pool, main_server->conf, "ftp"),
    REQUIRED);

  /* The server's line about users is asked first. */
  add_user(OPTIONAL, "ftp");
  assert_int_equal(
    tls4217_policies_user_view(permanent_pool, main_server->conf, "ftp"),
    OPTIONAL);
}

/* What holds for the session. */

/* The settings of a server, with its views, are resolved before (resolve.c). */
static void preset(struct tls4217_settings *settings,
  enum tls4217_control_view control_view, enum tls4217_view view) {
  memset(settings, 0xff, sizeof(*settings));
  settings->control_view = control_view;
  settings->data.view = view;
}

static void test_defaults(void **state) {
  struct tls4217_settings settings;

  (void) state;
  preset(&settings, TLS4217_CONTROL_VIEW_OPTIONAL, OPTIONAL);
  tls4217_policies_resolve(permanent_pool, NULL, NULL, &settings);
  assert_int_equal(settings.control_view, TLS4217_CONTROL_VIEW_OPTIONAL);
  assert_int_equal(settings.data.view, OPTIONAL);
  assert_int_equal(settings.data.nrules, 0);
  assert_false(settings.data.directory_views);
}

static void test_anonymous_comes_first(void **state) {
  struct tls4217_settings settings;
  config_rec *anonymous;

  (void) state;
  anonymous = fakes_open(CONF_ANON, "/srv/ftp");
  add_view(NONE, false);
  fakes_close();

  preset(&settings, TLS4217_CONTROL_VIEW_REQUIRED, REQUIRED);
  tls4217_policies_resolve(
    permanent_pool, main_server->conf, anonymous->subset, &settings);
  assert_int_equal(settings.data.view, NONE);
  assert_int_equal(settings.control_view, TLS4217_CONTROL_VIEW_REQUIRED);

  preset(&settings, TLS4217_CONTROL_VIEW_REQUIRED, REQUIRED);
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_int_equal(settings.data.view, REQUIRED);
  assert_int_equal(settings.control_view, TLS4217_CONTROL_VIEW_REQUIRED);
}

/* Whether it matters who logs in. */
static void test_user_views(void **state) {
  struct tls4217_settings settings;

  (void) state;
  add_directory("/a", REQUIRED);
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_false(settings.user_views);

  add_user(NONE, "bert");
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_true(settings.user_views);
}

static void test_user_views_of_a_section(void **state) {
  struct tls4217_settings settings;

  (void) state;
  (void) fakes_open(CONF_ANON, "/srv/ftp");
  (void) add_config_param("TLSControlProtection", 1, NULL);
  fakes_close();
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_true(settings.user_views);
}

/* <Limit> has no directories in it; a deep section has. */
static void test_directory_views(void **state) {
  struct tls4217_settings settings;

  (void) state;
  (void) fakes_open(CONF_LIMIT, "STOR");
  add_view(NONE, false);
  fakes_close();
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_false(settings.data.directory_views);

  (void) fakes_open(CONF_DIR, "/a");
  add_directory("/a/b", REQUIRED);
  fakes_close();
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  assert_true(settings.data.directory_views);
}

/* Rules. */

static struct tls4217_policy_rule *add_rule(enum tls4217_view view) {
  struct tls4217_policy_rule *rule = pcalloc(permanent_pool, sizeof(*rule));

  rule->view = view;
  rule->place = "line 7";
  (void) add_config_param("TLSDataRule", 1, rule);
  return rule;
}

static bool rule_holds(const char *command, const char *path) {
  const struct tls4217_transfer transfer = { .command = command, .path = path };
  struct tls4217_settings settings;

  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  return settings.data.rules[0].matches == NULL ||
    settings.data.rules[0].matches(&settings.data.rules[0], &transfer);
}

static void test_rule_conditions(void **state) {
  pr_class_t class = { .cls_name = "lan" };
  struct tls4217_policy_rule *rule = add_rule(REQUIRED);

  (void) state;
  assert_true(rule_holds("RETR", NULL));

  rule->commands = words("RETR,STOR");
  assert_true(rule_holds("STOR", NULL));
  assert_false(rule_holds("LIST", NULL));

  rule->path = "/srv/*";
  assert_true(rule_holds("STOR", "/srv/a/b"));
  assert_false(rule_holds("STOR", "/home/a"));
  assert_false(rule_holds("STOR", NULL));
  assert_true(rule_holds("STOR", tls4217_policy_any_path));

  rule->users = words("anna");
  assert_false(rule_holds("STOR", "/srv/a"));
  session.user = "anna";
  assert_true(rule_holds("STOR", "/srv/a"));
  session.user = "ANNA";
  (void) pr_table_add(session.notes, "mod_auth.orig-user", "anna", 0);
  assert_true(rule_holds("STOR", "/srv/a"));

  rule->groups = words("staff");
  assert_false(rule_holds("STOR", "/srv/a"));
  session.group = "staff";
  assert_true(rule_holds("STOR", "/srv/a"));
  session.group = "users";
  session.groups = make_array(permanent_pool, 0, sizeof(char *));
  *((char **) push_array(session.groups)) = NULL;
  assert_false(rule_holds("STOR", "/srv/a"));
  *((char **) push_array(session.groups)) = "staff";
  assert_true(rule_holds("STOR", "/srv/a"));

  rule->classes = words("lan");
  assert_false(rule_holds("STOR", "/srv/a"));
  session.conn_class = &class;
  assert_true(rule_holds("STOR", "/srv/a"));
  class.cls_name = "wan";
  assert_false(rule_holds("STOR", "/srv/a"));
}

/* What cannot be meant. */

static const char *check(enum tls4217_view view, bool engine) {
  struct tls4217_settings settings;

  *fakes.log = '\0';
  memset(&settings, 0, sizeof(settings));
  tls4217_policies_resolve(permanent_pool, main_server->conf, NULL, &settings);
  settings.engine = engine;
  settings.data.view = view;
  tls4217_policies_check(main_server, &settings);
  return fakes.log;
}

static void test_complaints(void **state) {
  struct tls4217_policy_rule *rule;

  (void) state;
  assert_string_equal(check(OPTIONAL, true), "");
  assert_string_equal(check(OPTIONAL, false), "");
  assert_non_null(strstr(check(REQUIRED, false), "'TLSEngine on' is missing"));

  rule = add_rule(REQUIRED);
  assert_non_null(strstr(check(OPTIONAL, true), "has no effect"));
  assert_string_equal(check(PER, true), "");

  (void) add_rule(NONE);
  assert_non_null(strstr(check(PER, true), "has no condition"));

  rule->users = words("!anna,anna");
  rule->users[1] = NULL;
  assert_string_equal(check(PER, true), "");

  fakes_begin_config();
  add_user(REQUIRED, "*");
  assert_string_equal(check(OPTIONAL, true), "");
  add_user(NONE, "anna");
  assert_non_null(strstr(check(OPTIONAL, true), "applies to everyone"));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fakes_begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_nearest_directory),
    TEST(test_views_below),
    TEST(test_patterns_below),
    TEST(test_anonymous_sections_below),
    TEST(test_users),
    TEST(test_anonymous_user),
    TEST(test_defaults),
    TEST(test_anonymous_comes_first),
    TEST(test_user_views),
    TEST(test_user_views_of_a_section),
    TEST(test_directory_views),
    TEST(test_rule_conditions),
    TEST(test_complaints),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
