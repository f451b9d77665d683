/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: a few files in a temporary directory
 *
 * See tree.h.
 */

#define _XOPEN_SOURCE 700 /* nftw(3) */

#include <ftw.h>
#include <sys/stat.h>

#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/tree.h"

static char root[PATH_MAX];

static void check(bool ok) {
  if (ok == false) {
    perror("a file of the test's");
    abort();
  }
}

const char *tree_begin(void) {
  char made[] = "/tmp/tls4217-tree.XXXXXX";

  check(mkdtemp(made) != NULL && realpath(made, root) != NULL);
  check(chdir(root) == 0);
  (void) snprintf(session.cwd, sizeof(session.cwd), "%s", root);
  return root;
}

static int remove_entry(
  const char *path, const struct stat *st, int kind, struct FTW *where) {
  (void) st;
  (void) kind;
  (void) where;
  return remove(path);
}

void tree_end(void) {
  check(chdir("/") == 0);
  check(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS) == 0);
}

const char *tree_path(const char *name) {
  static char paths[8][PATH_MAX + 64];
  static unsigned int turn;
  char *path = paths[turn++ % 8];

  (void) snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
  return path;
}

void tree_make_directory(const char *name) {
  check(mkdir(tree_path(name), 0755) == 0);
}

void tree_make_file(const char *name, const char *text) {
  FILE *file = fopen(tree_path(name), "w");

  check(file != NULL && fputs(text, file) >= 0 && fclose(file) == 0);
}

void tree_make_link(const char *name, const char *target) {
  check(symlink(target, tree_path(name)) == 0);
}

long tree_size(const char *name) {
  struct stat st;

  return stat(tree_path(name), &st) == 0 ? (long) st.st_size : -1;
}
