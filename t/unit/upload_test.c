/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/data/upload.c
 *
 * An upload whose handshake fails leaves what was there: files are real, and
 * opened as the core opens them.
 */

#define _GNU_SOURCE /* F_SETLEASE */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/resource.h>

#include "mod_tls4217/ftp/data/upload.h"
#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"
#include "t/unit/fakes/tree.h"

#define STORE (O_WRONLY | O_CREAT | O_TRUNC)

static struct tls4217_session *const sess = &fakes_session.session;

/* A file that the core has open. */
struct file {
  pr_fh_t fh;
  int fd;
};

static int begin(void **state) {
  int res = fakes_session_begin(state);

  (void) tree_begin();
  tree_make_file("old", "good");
  return res;
}

static int end(void **state) {
  tls4217_upload_end(sess);
  tree_end();
  return fakes_end(state);
}

static pr_fs_t *layer(void) {
  return pr_get_fs("/", NULL);
}

static struct file name_file(const char *name) {
  struct file file = { .fd = -1 };

  file.fh.fh_path = pstrdup(permanent_pool, tree_path(name));
  file.fh.fh_fs = layer();
  return file;
}

/* As the core: the path is noted, then opened. */
static void open_now(struct file *file, int flags) {
  pr_fs_t *fs = layer();

  while (fs->open == NULL) {
    fs = fs->fs_next;
  }

  file->fd = fs->open(&file->fh, file->fh.fh_path, flags);
  file->fh.fh_fd = file->fd;
}

static void close_now(struct file *file) {
  assert_int_equal(layer()->close(&file->fh, file->fd), 0);
  file->fd = -1;
}

/* STOR, or another command, of a name, up to the open file. */
static void start(struct file *file, const char *verb, const char *name) {
  tls4217_upload_begin(sess, fakes_command(verb, name));
  *file = name_file(name);
  session.xfer.path = file->fh.fh_path;
  open_now(file, STORE);
  assert_true(file->fd >= 0);
}

static void test_truncates_when_tls_is_up(void **state) {
  struct file file;
  struct stat st;

  (void) state;
  start(&file, "STOR", "old");
  assert_int_equal(tree_size("old"), 4);

  /* What the core is told: the file begins empty (MaxStoreFileSize). */
  assert_int_equal(layer()->fstat(&file.fh, file.fd, &st), 0);
  assert_int_equal(st.st_size, 0);

  assert_int_equal(tls4217_upload_commit(sess), 0);
  assert_int_equal(tree_size("old"), 0);
  assert_int_equal(write(file.fd, "new", 3), 3);
  close_now(&file);
  tls4217_upload_end(sess);
  assert_int_equal(tree_size("old"), 3);
}

static void test_failure_leaves_the_old_file(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "old");
  close_now(&file);
  tls4217_upload_end(sess);
  assert_int_equal(tree_size("old"), 4);
}

static void test_failure_removes_a_new_file(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "new");
  assert_int_equal(tree_size("new"), 0);
  close_now(&file);
  assert_int_equal(tree_size("new"), -1);
}

/* The session ends while the core has the file open. */
static void test_end_removes_a_new_file(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "new");
  tls4217_upload_end(sess);
  assert_int_equal(tree_size("new"), -1);
  close_now(&file);
}

static void test_a_committed_new_file_stays(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "new");
  assert_int_equal(tls4217_upload_commit(sess), 0);
  close_now(&file);
  tls4217_upload_end(sess);
  assert_int_equal(tree_size("new"), 0);
}

/* STOU: the core has made the file by itself. */
static void test_unique_file(void **state) {
  struct file file;

  (void) state;
  tree_make_file("unique", "");
  start(&file, "STOU", "unique");
  close_now(&file);
  assert_int_equal(tree_size("unique"), -1);

  start(&file, "STOU", "old");
  close_now(&file);
  assert_int_equal(tree_size("old"), 4);
}

static void test_what_another_has_written_stays(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "new");
  tree_make_file("new", "theirs");
  close_now(&file);
  assert_int_equal(tree_size("new"), 6);
}

static void test_what_another_has_put_there_stays(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "new");
  tree_make_file("theirs", "");
  assert_int_equal(rename(tree_path("theirs"), tree_path("new")), 0);
  close_now(&file);
  assert_int_equal(tree_size("new"), 0);
}

static void test_what_another_has_open_stays(void **state) {
  struct file file;
  int fd;

  (void) state;
  fd = open(tree_path("old"), O_WRONLY);
  if (fcntl(fd, F_SETLEASE, F_WRLCK) < 0) {
    (void) close(fd);
    skip();
  }

  (void) close(fd);
  start(&file, "STOR", "new");
  fd = open(tree_path("new"), O_WRONLY);
  close_now(&file);
  assert_int_equal(tree_size("new"), 0);
  (void) close(fd);
}

/* A log that another module opens meanwhile is none of this. */
static void test_other_files_are_left_alone(void **state) {
  struct file upload, other;

  (void) state;
  tree_make_file("log", "lines");
  start(&upload, "STOR", "new");
  close_now(&upload);

  tls4217_upload_begin(sess, fakes_command("STOR", "old"));
  session.xfer.path = tree_path("old");
  other = name_file("log");
  open_now(&other, STORE);
  assert_int_equal(tree_size("log"), 0);
  close_now(&other);
  assert_int_equal(tree_size("log"), 0);
}

/* Not for writing: nothing to hold. */
static void test_reading_is_left_alone(void **state) {
  struct file file;

  (void) state;
  tls4217_upload_begin(sess, fakes_command("STOR", "old"));
  file = name_file("old");
  session.xfer.path = file.fh.fh_path;
  open_now(&file, O_RDONLY);
  assert_true(file.fd >= 0);
  assert_int_equal(tls4217_upload_commit(sess), 0);
  assert_int_equal(tree_size("old"), 4);
  close_now(&file);
}

/* HiddenStores: the core writes to another name first. */
static void test_hidden_stores(void **state) {
  struct file file;

  (void) state;
  tls4217_upload_begin(sess, fakes_command("STOR", "old"));
  file = name_file(".in.old.");
  session.xfer.xfer_type = STOR_HIDDEN;
  session.xfer.path = pstrdup(permanent_pool, tree_path("old"));
  session.xfer.path_hidden = file.fh.fh_path;
  open_now(&file, STORE);
  assert_int_equal(tree_size(".in.old."), 0);
  close_now(&file);
  assert_int_equal(tree_size(".in.old."), -1);
  assert_int_equal(tree_size("old"), 4);
}

/* DeleteAbortedStores: the core wants to remove what it has not written. */
static void test_aborted_store_is_not_deleted(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "old");
  close_now(&file);
  assert_int_equal(layer()->unlink(layer(), file.fh.fh_path), -1);
  assert_int_equal(errno, ENOENT);
  assert_int_equal(tree_size("old"), 4);

  /* After it, and any other file before. */
  tree_make_file("other", "x");
  assert_int_equal(layer()->unlink(layer(), tree_path("other")), 0);
  tls4217_upload_end(sess);
  assert_int_equal(layer()->unlink(layer(), file.fh.fh_path), 0);
  assert_int_equal(tree_size("old"), -1);
}

/* A truncation that fails must fail the upload, which would mix two files. */
static void test_commit_fails(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "old");
  file.fh.fh_fd = -1;
  assert_int_equal(tls4217_upload_commit(sess), -1);
  file.fh.fh_fd = file.fd;
  close_now(&file);
  assert_int_equal(tree_size("old"), 4);
}

/* What stops the rest is what the core has to know. */
static void test_a_write_is_whole_or_fails(void **state) {
  struct rlimit old, few = { .rlim_cur = 6 };
  struct file file;

  (void) state;
  start(&file, "STOR", "old");
  assert_int_equal(tls4217_upload_commit(sess), 0);
  assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
  few.rlim_max = old.rlim_max;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
  (void) signal(SIGXFSZ, SIG_IGN);
  assert_int_equal(layer()->write(&file.fh, file.fd, "0123456789", 10), -1);
  assert_int_equal(errno, EFBIG);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
  assert_int_equal(tree_size("old"), 6);

  assert_int_equal(layer()->write(&file.fh, file.fd, "6789", 4), 4);
  close_now(&file);
  assert_int_equal(tree_size("old"), 10);
}

/* Nor does it write again what a signal has cut short. */
static int by_twos(pr_fh_t *fh, int fd, const char *buf, size_t size) {
  static int calls;

  (void) fh;
  if (++calls % 2 == 0) {
    errno = EINTR;
    return -1;
  }

  return (int) write(fd, buf, size < 2 ? size : 2);
}

static void test_a_signal_in_mid_write(void **state) {
  struct file file;

  (void) state;
  start(&file, "STOR", "old");
  assert_int_equal(tls4217_upload_commit(sess), 0);
  layer()->fs_next->write = by_twos;
  assert_int_equal(layer()->write(&file.fh, file.fd, "01234", 5), 5);
  assert_int_equal(layer()->write(&file.fh, file.fd, "5", 1), -1);
  assert_int_equal(errno, EINTR);
  close_now(&file);
  assert_int_equal(tree_size("old"), 5);
}

static void test_open_fails(void **state) {
  struct file file;

  (void) state;
  tls4217_upload_begin(sess, fakes_command("STOR", "nowhere/new"));
  file = name_file("nowhere/new");
  session.xfer.path = file.fh.fh_path;
  open_now(&file, STORE);
  assert_int_equal(file.fd, -1);
  assert_int_equal(errno, ENOENT);
  assert_int_equal(tls4217_upload_commit(sess), 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_truncates_when_tls_is_up),
    TEST(test_failure_leaves_the_old_file),
    TEST(test_failure_removes_a_new_file),
    TEST(test_end_removes_a_new_file),
    TEST(test_a_committed_new_file_stays),
    TEST(test_unique_file),
    TEST(test_what_another_has_written_stays),
    TEST(test_what_another_has_put_there_stays),
    TEST(test_what_another_has_open_stays),
    TEST(test_other_files_are_left_alone),
    TEST(test_reading_is_left_alone),
    TEST(test_hidden_stores),
    TEST(test_aborted_store_is_not_deleted),
    TEST(test_commit_fails),
    TEST(test_a_write_is_whole_or_fails),
    TEST(test_a_signal_in_mid_write),
    TEST(test_open_fails),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
