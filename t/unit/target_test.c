/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/target.c
 *
 * Serves RFC 4217, section 10.2: what a command touches is found however the
 * client writes it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/data/target.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/tree.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME         TLS4217_READING_NAME
#define LISTING      TLS4217_READING_LISTING
#define UNIQUE       TLS4217_READING_UNIQUE

/* What has been visited: "|name|name|", without the directory's own name. */
struct seen {
  char names[4096];
  unsigned int count;
  unsigned int limit; /* ends the visit behind so many; 0: never */
  bool harmless;      /* what is_harmless says */
  unsigned int asked; /* how often it was asked */
};

static const char *root;

static int begin(void **state) {
  int res = fakes_begin(state);

  root = tree_begin();
  tree_make_directory("pub");
  tree_make_directory("pub/deep");
  tree_make_directory("pub/deep/secret");
  tree_make_file("pub/a.txt", "a");
  tree_make_file("pub/b.txt", "b");
  tree_make_file("-la", "a name like options");
  tree_make_directory("other");
  tree_make_link("pub/way", "../other");
  tree_make_link("other/back", "../pub");
  return res;
}

static int end(void **state) {
  tree_end();
  return fakes_end(state);
}

static bool visit(void *data, const char *name) {
  struct seen *seen = data;
  size_t len = strlen(root);

  seen->count++;
  fakes_note(seen->names, sizeof(seen->names), "%s|",
    strncmp(name, root, len) == 0 && name[len] == '/' ? name + len + 1 : name);
  return seen->limit == 0 || seen->count < seen->limit;
}

static bool is_harmless(void *data) {
  struct seen *seen = data;

  seen->asked++;
  return seen->harmless;
}

static bool run(struct seen *seen, enum tls4217_reading reading,
  const char *arg, bool *unlisted) {
  const struct tls4217_visitor visitor = { visit, is_harmless, seen };

  (void) snprintf(seen->names, sizeof(seen->names), "|");
  return tls4217_target_visit(permanent_pool, reading, arg, &visitor, unlisted);
}

static bool has(const struct seen *seen, const char *name) {
  char word[PATH_MAX];

  (void) snprintf(word, sizeof(word), "|%s|", name);
  return strstr(seen->names, word) != NULL;
}

/* Each word of want must have been visited, and none of not. */
static const struct {
  const char *name;
  enum tls4217_reading reading;
  const char *arg;
  const char *want[5];
  const char * not [3];
} commands[] = {
  { "a name with a blank is one name", NAME, "a b", { "a b" }, { "a" } },
  { "no name is the working directory", NAME, "", { "." }, { "" } },
  { "options are no options of RETR", NAME, "-la", { "-la" }, { "." } },
  { "STOU stays here", UNIQUE, "pub/x", { "*" }, { "pub/x" } },
  { "a listing of nothing", LISTING, "", { "." }, { NULL } },
  { "a listing of a name", LISTING, "pub", { "pub" }, { "pub/deep" } },
  { "options, then a name", LISTING, "-l pub", { "pub" }, { "." } },
  { "options of several words", LISTING, "-l  -a pub", { "pub" }, { "." } },
  { "options without a name", LISTING, "-l", { "." }, { "pub" } },
  { "options that are a file's name", LISTING, "-la", { ".", "-la" },
    { NULL } },
  { "a pattern, and what it matches", LISTING, "pub/*.txt",
    { "pub/*.txt", "pub/a.txt", "pub/b.txt" }, { "pub/deep" } },
  { "a pattern within the options", LISTING, "-l*", { ".", "-l*", "-la" },
    { NULL } },
  { "a pattern behind the options' letters", LISTING, "-l*her",
    { ".", "*her", "other" }, { "pub" } },
  { "-R goes down", LISTING, "-R pub", { "pub", "pub/deep", "pub/deep/secret" },
    { "other", "pub/way" } },
  { "-R in the last of many options", LISTING, "-l -aR pub",
    { "pub", "pub/deep/secret" }, { "other" } },
  { "-RL goes through links, and not in circles", LISTING, "-RL pub",
    { "pub/way", "pub/deep/secret", "pub/way/back" },
    { "pub/way/back/way/back" } },
  { "what matches is gone down, too", LISTING, "-R pu*",
    { "pub", "pub/deep/secret" }, { "other" } },
};

static void test_commands(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(commands); i++) {
    struct seen seen = { .count = 0 };
    bool unlisted = true;

    if (run(&seen, commands[i].reading, commands[i].arg, &unlisted) == false ||
      unlisted) {
      fail_msg("%s: not all was visited", commands[i].name);
    }

    for (const char *const *want = commands[i].want; *want != NULL; want++) {
      if (has(&seen, *want) == false) {
        fail_msg("%s: %s is not in %s", commands[i].name, *want, seen.names);
      }
    }

    for (const char *const *not = commands[i].not ; *not != NULL; not ++) {
      if (has(&seen, *not )) {
        fail_msg("%s: %s is in %s", commands[i].name, *not, seen.names);
      }
    }
  }
}

/* A refusal ends it at once, wherever it comes. */
static void test_visitor_ends_it(void **state) {
  static const char *const args[] = { "pub", "-R pub", "pub/*.txt", "-la" };

  (void) state;
  for (size_t i = 0; i < COUNT(args); i++) {
    struct seen all = { .count = 0 };
    bool unlisted;

    assert_true(run(&all, LISTING, args[i], &unlisted));
    for (unsigned int limit = 1; limit <= all.count; limit++) {
      struct seen seen = { .limit = limit };

      assert_false(run(&seen, LISTING, args[i], &unlisted));
      assert_false(unlisted);
      assert_int_equal(seen.count, limit);
    }
  }
}

static void test_harmless_is_not_looked_through(void **state) {
  struct seen seen = { .harmless = true };
  bool unlisted;

  (void) state;
  assert_true(run(&seen, LISTING, "-R pub", &unlisted));
  assert_int_equal(seen.asked, 1);
  assert_true(has(&seen, "pub"));
  assert_false(has(&seen, "pub/deep"));
}

/* What an administrator has added to all listings. */
static void test_list_options(void **state) {
  struct seen seen = { .count = 0 };
  bool unlisted;

  (void) state;
  (void) add_config_param("ListOptions", 1, "-a");
  (void) add_config_param("ListOptions", 1, NULL);
  assert_true(run(&seen, LISTING, "pub", &unlisted));
  assert_false(has(&seen, "pub/deep"));

  (void) add_config_param("ListOptions", 1, "-aR");
  assert_true(run(&seen, LISTING, "pub", &unlisted));
  assert_true(has(&seen, "pub/deep/secret"));
}

/* A link that is hidden is listed as what it leads to. */
static void test_hidden_links_are_followed(void **state) {
  static unsigned char shown = TRUE, hidden = FALSE;
  struct seen seen = { .count = 0 };
  bool unlisted;

  (void) state;
  (void) add_config_param("ShowSymlinks", 1, &shown);
  assert_true(run(&seen, LISTING, "-R pub", &unlisted));
  assert_false(has(&seen, "pub/way"));

  (void) fakes_open(CONF_DIR, "/deep");
  (void) add_config_param("ShowSymlinks", 1, &hidden);
  fakes_close();
  assert_true(run(&seen, LISTING, "-R pub", &unlisted));
  assert_true(has(&seen, "pub/way"));
}

static void test_tilde(void **state) {
  struct passwd user = { .pw_name = "anna" };
  struct seen seen = { .count = 0 };
  bool unlisted;

  (void) state;
  user.pw_dir = (char *) tree_path("pub");
  fakes.user = &user;
  assert_true(run(&seen, LISTING, "-R ~anna", &unlisted));
  assert_true(has(&seen, "~anna"));
  assert_true(has(&seen, "pub"));
  assert_true(has(&seen, "pub/deep/secret"));

  seen.count = 0;
  assert_true(run(&seen, LISTING, "~anna/*.txt", &unlisted));
  assert_true(has(&seen, "pub/a.txt"));
}

/* What cannot be told apart by looking is not passed over. */
static void test_too_many_readings(void **state) {
  struct seen seen = { .count = 0 };
  bool unlisted;
  char options[256];

  (void) state;
  memset(options, '-', sizeof(options));
  options[sizeof(options) - 1] = '\0';
  assert_false(run(&seen, LISTING, options, &unlisted));
  assert_true(unlisted);
}

static void test_too_many_directories(void **state) {
  struct seen seen = { .count = 0 };
  bool unlisted;

  (void) state;
  tree_make_directory("many");
  for (int i = 0; i < 4097; i++) {
    char name[64];

    (void) snprintf(name, sizeof(name), "many/%d", i);
    tree_make_directory(name);
  }

  assert_false(run(&seen, LISTING, "-RL many", &unlisted));
  assert_true(unlisted);

  /* Without links nothing has to be remembered. */
  assert_true(run(&seen, LISTING, "-R many", &unlisted));
  assert_false(unlisted);
  assert_true(has(&seen, "many"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_commands, begin, end),
    cmocka_unit_test_setup_teardown(test_visitor_ends_it, begin, end),
    cmocka_unit_test_setup_teardown(
      test_harmless_is_not_looked_through, begin, end),
    cmocka_unit_test_setup_teardown(test_list_options, begin, end),
    cmocka_unit_test_setup_teardown(test_hidden_links_are_followed, begin, end),
    cmocka_unit_test_setup_teardown(test_tilde, begin, end),
    cmocka_unit_test_setup_teardown(test_too_many_readings, begin, end),
    cmocka_unit_test_setup_teardown(test_too_many_directories, begin, end),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
