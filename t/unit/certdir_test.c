/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/certdir.c
 *
 * What is in a directory of certificates, as people and certbot leave it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/certdir.h"

static char top[] = "/tmp/certdir_test.XXXXXX";

static const char *path_of(const char *name) {
  static char path[256];

  (void) snprintf(path, sizeof(path), "%s/%s", top, name);
  return path;
}

static void make_file(const char *name) {
  int fd = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL, 0600);

  assert_true(fd >= 0);
  assert_int_equal(close(fd), 0);
}

static void make_folder(const char *name) {
  assert_int_equal(mkdir(path_of(name), 0700), 0);
}

static void make_link(const char *name, const char *target) {
  assert_int_equal(symlink(target, path_of(name)), 0);
}

static int begin(void **state) {
  (void) state;
  (void) strcpy(strrchr(top, '.'), ".XXXXXX");
  return mkdtemp(top) == NULL;
}

static int remove_one(
  const char *path, const struct stat *st, int type, struct FTW *ftw) {
  (void) st;
  (void) type;
  (void) ftw;
  return remove(path);
}

static int end(void **state) {
  (void) state;
  return nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* What a list of entries is, as "cert key" or "cert" one after the other, below
 * top. */
static const char *list(void) {
  static char text[1024];
  struct tls4217_error err = { .text = "" };
  struct tls4217_certdir dir;

  assert_int_equal(tls4217_certdir_read(top, &dir, &err), 0);
  assert_string_equal(err.text, "");
  text[0] = '\0';
  for (size_t i = 0; i < dir.count; i++) {
    const struct tls4217_certdir_entry *entry = &dir.entries[i];

    assert_int_equal(strncmp(entry->cert_file, top, strlen(top)), 0);
    (void) strcat(text, entry->cert_file + strlen(top));
    if (entry->key_file != NULL) {
      assert_int_equal(strncmp(entry->key_file, top, strlen(top)), 0);
      (void) strcat(text, " ");
      (void) strcat(text, entry->key_file + strlen(top));
    }

    (void) strcat(text, "\n");
  }

  tls4217_certdir_clear(&dir);
  assert_int_equal(dir.count, 0);
  assert_null(dir.entries);
  tls4217_certdir_clear(&dir);
  return text;
}

static void test_empty(void **state) {
  (void) state;
  assert_string_equal(list(), "");
}

/* In an order that the file system does not choose. */
static void test_files(void **state) {
  (void) state;
  make_file("b.example.org.pem");
  make_file("a.example.org.pem");
  make_file("c.pem");
  assert_string_equal(
    list(), "/a.example.org.pem\n/b.example.org.pem\n/c.pem\n");
}

/* What editors, packages and people leave beside them. */
static void test_passed_by(void **state) {
  static const char *const names[] = { ".hidden.pem", ".pem", "README",
    "a.pem.bak", "a.pem~", "a.key", "pem", "a.PEM" };

  (void) state;
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    make_file(names[i]);
  }

  make_folder(".folder");
  make_file(".folder/fullchain.pem");
  assert_string_equal(list(), "");
}

static void test_certbot(void **state) {
  (void) state;
  make_folder("example.org");
  make_file("example.org/fullchain.pem");
  make_file("example.org/privkey.pem");
  make_file("example.org/README");
  make_folder("empty");
  make_folder("key.only");
  make_file("key.only/privkey.pem");
  assert_string_equal(
    list(), "/example.org/fullchain.pem /example.org/privkey.pem\n");
}

/* A key that is missing is for the reader of the pair to complain about. */
static void test_no_key(void **state) {
  (void) state;
  make_folder("example.org");
  make_file("example.org/fullchain.pem");
  assert_string_equal(
    list(), "/example.org/fullchain.pem /example.org/privkey.pem\n");
}

/* A folder whose name ends as a file's does; and links, as in live/. */
static void test_folders_and_links(void **state) {
  (void) state;
  make_folder("folder.pem");
  make_file("folder.pem/fullchain.pem");
  make_folder(".archive");
  make_file(".archive/one.pem");
  make_link("link.pem", ".archive/one.pem");
  make_link("live", "folder.pem");
  make_link("lost.pem", "nowhere");
  make_link("lost", "nowhere");
  assert_string_equal(list(),
    "/folder.pem/fullchain.pem /folder.pem/privkey.pem\n"
    "/link.pem\n"
    "/live/fullchain.pem /live/privkey.pem\n"
    "/lost.pem\n");
}

/* One that cannot be looked into is not left out in silence. */
static void test_unreadable_folder(void **state) {
  (void) state;
  if (geteuid() == 0) {
    make_folder("loop");
    make_link("loop/fullchain.pem", "fullchain.pem");
    assert_string_equal(list(), "/loop/fullchain.pem /loop/privkey.pem\n");
    return;
  }

  make_folder("closed");
  make_file("closed/fullchain.pem");
  assert_int_equal(chmod(path_of("closed"), 0), 0);
  assert_string_equal(list(), "/closed/fullchain.pem /closed/privkey.pem\n");
  assert_int_equal(chmod(path_of("closed"), 0700), 0);
}

static void test_no_directory(void **state) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_certdir dir;
  char path[256];

  (void) state;
  (void) strcpy(path, path_of("missing"));
  assert_int_equal(tls4217_certdir_read(path, &dir, &err), -1);
  assert_int_equal(err.errnum, ENOENT);
  assert_non_null(strstr(err.text, path));
  assert_int_equal(dir.count, 0);

  make_file("file.pem");
  (void) strcpy(path, path_of("file.pem"));
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_certdir_read(path, &dir, &err), -1);
  assert_int_equal(err.errnum, ENOTDIR);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_empty),
    TEST(test_files),
    TEST(test_passed_by),
    TEST(test_certbot),
    TEST(test_no_key),
    TEST(test_folders_and_links),
    TEST(test_unreadable_folder),
    TEST(test_no_directory),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
