/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/spelling.c
 *
 * Whatever name an administrator has written in <Directory>, it is among
 * those that a file is decided by.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "mod_tls4217/ftp/data/spelling.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/tree.h"

static struct passwd anna = { .pw_name = "anna" };

static int begin(void **state) {
  int res = fakes_begin(state);

  (void) tree_begin();
  tree_make_directory("dir");
  tree_make_directory("dir/sub");
  tree_make_directory("real");
  tree_make_file("real/file", "x");
  tree_make_link("way", "real");
  tree_make_link("dir/sub/out", "../../real");
  anna.pw_dir = pstrdup(permanent_pool, tree_path("real"));
  fakes.user = &anna;
  return res;
}

static int end(void **state) {
  tree_end();
  return fakes_end(state);
}

static bool has(const array_header *names, const char *want) {
  for (unsigned int i = 0; i < names->nelts; i++) {
    if (strcmp(((const char **) names->elts)[i], want) == 0) {
      return true;
    }
  }

  return false;
}

static array_header *find(const char *name) {
  bool complete = true;
  array_header *names = tls4217_spelling_find(permanent_pool, name,
    tls4217_spelling_resolve(permanent_pool, name), &complete);

  assert_true(complete);
  assert_true(names->nelts > 0);
  for (unsigned int i = 0; i < names->nelts; i++) {
    const char *path = ((const char **) names->elts)[i];

    assert_int_equal(*path, '/');
    assert_true(path[1] == '\0' || path[strlen(path) - 1] != '/');
    for (unsigned int j = i + 1; j < names->nelts; j++) {
      assert_string_not_equal(path, ((const char **) names->elts)[j]);
    }
  }

  return names;
}

static const struct {
  const char *name;
  const char *want[3]; /* below the directory */
} spellings[] = {
  { "real/file", { "real/file" } },
  { "real/", { "real" } },
  { "./real/./file", { "real/file" } },
  { "way/file", { "way/file", "real/file" } },
  { "dir/sub/out", { "dir/sub/out", "real" } },
  { "dir/sub/../../real/file", { "real/file" } },
  { "dir/sub/out/../real", { "dir/sub/real", "real" } },
  { "nothing/here", { "nothing/here" } },
  { "~anna/file", { "real/file" } },
};

static void test_names(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
    const array_header *names = find(spellings[i].name);

    for (const char *const *want = spellings[i].want; *want != NULL; want++) {
      if (has(names, tree_path(*want)) == false) {
        fail_msg("%s: %s is missing", spellings[i].name, *want);
      }
    }
  }
}

/* Policies name real paths; a session below a chroot sees others. */
static void test_chroot(void **state) {
  const array_header *names;

  (void) state;
  session.chroot_path = "/srv/ftp";
  names = find("real/file");
  assert_true(has(
    names, pstrcat(permanent_pool, "/srv/ftp", tree_path("real/file"), NULL)));
  assert_false(has(names, tree_path("real/file")));
}

static void test_tilde(void **state) {
  pool *p = permanent_pool;

  (void) state;
  assert_string_equal(
    tls4217_spelling_expand(p, "~anna/file"), tree_path("real/file"));
  assert_string_equal(tls4217_spelling_expand(p, "~anna"), tree_path("real"));
  assert_null(tls4217_spelling_expand(p, "~bert"));
  assert_null(tls4217_spelling_expand(p, "anna"));
  assert_null(tls4217_spelling_expand(p, "~"));
  session.user = "anna";
  assert_string_equal(tls4217_spelling_expand(p, "~"), tree_path("real"));
}

/* mod_vroot keeps its root to itself: the kernel is asked. */
static void test_virtual_root(void **state) {
  bool complete = true;
  array_header *names;

  (void) state;
  assert_false(tls4217_spelling_is_virtual());
  (void) pr_register_fs(permanent_pool, "vroot", "/");
  assert_true(tls4217_spelling_is_virtual());

  names = find("way/file");
  assert_true(has(names, tree_path("real/file")));
  names = find("real/new");
  assert_true(has(names, tree_path("real/new")));

  (void) tls4217_spelling_find(permanent_pool, "nothing/here",
    tls4217_spelling_resolve(permanent_pool, "nothing/here"), &complete);
  assert_false(complete);

  /* The working directory is left as it was. */
  assert_int_equal(tree_size("real/file"), 1);
  assert_int_equal(access("real/file", F_OK), 0);
}

static void test_resolve_never_fails(void **state) {
  (void) state;
  assert_string_equal(
    tls4217_spelling_resolve(permanent_pool, "."), session.cwd);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_names),
    TEST(test_chroot),
    TEST(test_tilde),
    TEST(test_virtual_root),
    TEST(test_resolve_never_fails),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
