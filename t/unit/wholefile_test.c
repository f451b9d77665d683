/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/wholefile.c
 *
 * What is no file, or too large, or nothing, or somebody else's link; and
 * that nobody waits for it.
 */

#define _XOPEN_SOURCE 700

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "mod_tls4217/tls/cert/wholefile.h"
#include "t/unit/pki.h"

#define LIMIT 64

static int make_dir(void **state) {
  *state = pki_dir_new();
  return 0;
}

static int end_dir(void **state) {
  pki_dir_free(*state);
  return 0;
}

static struct tls4217_wholefile describe(const char *path) {
  const struct tls4217_wholefile file = {
    .role = "the file", .path = path, .content = "words", .limit = LIMIT
  };

  return file;
}

/* Opens and reads it.  Returns the errnum, or 0. */
static int take(struct tls4217_wholefile *file, struct tls4217_error *err) {
  int fd;

  tls4217_error_clear(err);
  fd = tls4217_wholefile_open(file, err);
  if (fd >= 0 && tls4217_wholefile_read(file, fd, err) == 0) {
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    return 0;
  }

  if (fd >= 0) {
    assert_int_equal(fcntl(fd, F_GETFD), -1);
  }

  return err->errnum;
}

static void refuse(const char *path, int errnum, const char *words) {
  struct tls4217_wholefile file = describe(path);
  struct tls4217_error err;

  assert_int_equal(take(&file, &err), errnum);
  assert_non_null(strstr(err.text, "the file '"));
  assert_non_null(strstr(err.text, words));
  tls4217_wholefile_wipe(&file);
}

static void test_whole(void **state) {
  const char *path = pki_path(*state, "plain");
  struct tls4217_wholefile file = describe(path);
  struct tls4217_error err;

  pki_add_text(path, "one\ntwo");
  assert_int_equal(chmod(path, 0620), 0);
  assert_int_equal(take(&file, &err), 0);
  assert_string_equal(file.bytes, "one\ntwo");
  assert_int_equal(file.size, 7);
  assert_int_equal(file.owner, geteuid());
  assert_int_equal(file.mode & 07777, 0620);

  tls4217_wholefile_wipe(&file);
  assert_null(file.bytes);
  tls4217_wholefile_wipe(&file);
}

static void test_limit(void **state) {
  const char *path = pki_path(*state, "long");
  char text[LIMIT + 1] = "";
  struct tls4217_wholefile file = describe(path);
  struct tls4217_error err;

  memset(text, 'x', LIMIT);
  pki_add_text(path, text);
  assert_int_equal(take(&file, &err), 0);
  assert_int_equal(file.size, LIMIT);
  tls4217_wholefile_wipe(&file);

  pki_add_text(path, "x");
  refuse(path, EFBIG, "larger than 64 bytes; it is not a file of words");
}

static void test_no_file(void **state) {
  const char *fifo = pki_path(*state, "fifo");
  const char *empty = pki_path(*state, "empty");

  assert_int_equal(mkfifo(fifo, 0600), 0);
  pki_add_text(empty, "");
  refuse(fifo, EINVAL, "copy the words into one");
  refuse(empty, EINVAL, "is empty");
  refuse("/dev/null", EINVAL, "not a regular file");
  refuse(pki_dir_path(*state), EISDIR, "name the file itself");
  refuse(pki_path(*state, "missing"), ENOENT, "does not exist");
}

static void test_links(void **state) {
  const char *path = pki_path(*state, "plain");
  const char *link = pki_path(*state, "link");
  struct tls4217_wholefile file = describe(link);
  struct tls4217_error err;
  int fd;

  pki_add_text(path, "x");
  assert_int_equal(symlink(path, link), 0);
  assert_int_equal(take(&file, &err), 0);
  tls4217_wholefile_wipe(&file);

  tls4217_error_clear(&err);
  assert_int_equal(tls4217_wholefile_open_nofollow(&file, &err), -1);
  assert_int_equal(err.errnum, ELOOP);

  file.path = path;
  fd = tls4217_wholefile_open_nofollow(&file, NULL);
  assert_true(fd >= 0);
  assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
  assert_int_equal(close(fd), 0);
}

/* Neither a descriptor that is none, nor one that cannot be read. */
static void test_unreadable_descriptor(void **state) {
  struct pki_dir *dir = *state;
  const char *path = pki_path(dir, "file");
  struct tls4217_wholefile file = describe(path);
  struct tls4217_error err = { .text = "" };

  assert_int_equal(tls4217_wholefile_read(&file, -1, &err), -1);
  assert_int_equal(err.errnum, EBADF);
  assert_null(file.bytes);

  pki_add_text(path, "words");
  tls4217_error_clear(&err);
  assert_int_equal(
    tls4217_wholefile_read(&file, open(path, O_WRONLY | O_CLOEXEC), &err), -1);
  assert_int_equal(err.errnum, EBADF);
  assert_non_null(strstr(err.text, path));
  tls4217_wholefile_wipe(&file);
}

/* A writer has left its place in the file, and so fewer bytes than fstat(2)
 * has promised are read. */
static void test_file_that_changes(void **state) {
  struct pki_dir *dir = *state;
  const char *path = pki_path(dir, "file");
  struct tls4217_wholefile file = describe(path);
  struct tls4217_error err = { .text = "" };
  int fd;

  pki_add_text(path, "words");
  fd = open(path, O_RDONLY | O_CLOEXEC);
  assert_int_equal(lseek(fd, 2, SEEK_SET), 2);
  assert_int_equal(tls4217_wholefile_read(&file, fd, &err), -1);
  assert_int_equal(err.errnum, EAGAIN);
  assert_non_null(strstr(err.text, "changed while it was read"));
  tls4217_wholefile_wipe(&file);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_dir, end_dir)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_whole),
    CASE(test_limit),
    CASE(test_no_file),
    CASE(test_links),
    CASE(test_unreadable_descriptor),
    CASE(test_file_that_changes),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
