/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - heldfile.c: what an upload may do to its file before TLS
 *
 * RFC 4217, section 10.2.  The files are real ones, in a folder of their own;
 * what another session does to them meanwhile is a function per case.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mod_tls4217/rfc4217/heldfile.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define STOR_FLAGS   (O_WRONLY | O_CREAT | O_TRUNC)
#define APPE_FLAGS   (O_WRONLY | O_CREAT)
#define HIDDEN       (O_WRONLY | O_CREAT | O_EXCL)

/* The file of the upload, and another in the same folder. */
static char folder[] = "/tmp/tls4217-heldfile-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state) {
  (void) state;
  if (mkdtemp(folder) == NULL) {
    return -1;
  }

  (void) snprintf(path, sizeof(path), "%s/file", folder);
  (void) snprintf(other, sizeof(other), "%s/other", folder);
  return 0;
}

static int empty_folder(void **state) {
  (void) state;
  (void) unlink(path);
  (void) unlink(other);
  return 0;
}

static int remove_folder(void **state) {
  (void) empty_folder(state);
  return rmdir(folder);
}

/* A file whose times lie in the past, so that any change shows. */
static void make(const char *name, const char *body) {
  const struct timespec then[2] = { { .tv_sec = 1000000000 },
    { .tv_sec = 1000000000 } };
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

  assert_true(fd >= 0);
  assert_int_equal(write(fd, body, strlen(body)), strlen(body));
  assert_int_equal(futimens(fd, then), 0);
  assert_int_equal(close(fd), 0);
}

static off_t size_of(const char *name) {
  struct stat st;

  return stat(name, &st) == 0 ? st.st_size : -1;
}

/* What open is asked for, in order. */
struct asked {
  int flags[3];
  size_t count;
};

static int open_file(void *user, int flags) {
  struct asked *asked = user;

  assert_true(asked->count < COUNT(asked->flags));
  asked->flags[asked->count++] = flags;
  return open(path, flags, 0600);
}

/* Opens it as the layer does.  Its times are set back, as in make(). */
static int hold(struct tls4217_heldfile *held, int flags) {
  const struct timespec then[2] = { { .tv_sec = 1000000000 },
    { .tv_sec = 1000000000 } };
  struct asked asked = { .count = 0 };
  struct stat st;
  int fd;

  assert_true(tls4217_heldfile_takes(held, flags));
  fd = tls4217_heldfile_open(held, flags, open_file, &asked);
  assert_true(fd >= 0);
  if (held->state == TLS4217_HELDFILE_CREATED) {
    assert_int_equal(futimens(fd, then), 0);
  }

  assert_int_equal(fstat(fd, &st), 0);
  tls4217_heldfile_note(held, &st);
  assert_false(tls4217_heldfile_takes(held, flags));
  return fd;
}

static bool may_remove(const struct tls4217_heldfile *held, int fd) {
  struct stat opened, named;

  assert_int_equal(fstat(fd, &opened), 0);
  return lstat(path, &named) == 0 &&
    tls4217_heldfile_may_remove(held, &opened, &named);
}

/* Which states an open leads to, and what it leaves of the file. */
struct open_case {
  const char *name;
  int flags;
  const char *before; /* what is in the file; NULL: it is not there */
  bool made_before;
  enum tls4217_heldfile_state want_state;
  bool want_truncate;
};

static const struct open_case open_cases[] = {
  { "STOR of a new file", STOR_FLAGS, NULL, false, TLS4217_HELDFILE_CREATED,
    false },
  { "STOR of a file", STOR_FLAGS, "old", false, TLS4217_HELDFILE_BORROWED,
    true },
  { "STOR of an empty file", STOR_FLAGS, "", false, TLS4217_HELDFILE_BORROWED,
    true },
  { "APPE to a new file", APPE_FLAGS, NULL, false, TLS4217_HELDFILE_CREATED,
    false },
  { "APPE to a file", APPE_FLAGS, "old", false, TLS4217_HELDFILE_BORROWED,
    false },
  { "hidden", HIDDEN, NULL, false, TLS4217_HELDFILE_CREATED, false },
  { "hidden, resumed", O_WRONLY, "part", false, TLS4217_HELDFILE_BORROWED,
    false },
  { "STOU", STOR_FLAGS, "", true, TLS4217_HELDFILE_CREATED, true },
  { "STOU, written to by others", STOR_FLAGS, "theirs", true,
    TLS4217_HELDFILE_BORROWED, true },
};

static void test_opening(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(open_cases); i++) {
    const struct open_case *c = &open_cases[i];
    struct tls4217_heldfile held;
    int fd;

    print_message("    | %s\n", c->name);
    (void) empty_folder(NULL);
    if (c->before != NULL) {
      make(path, c->before);
    }

    /* Whatever was there. */
    memset(&held, 0xff, sizeof(held));
    tls4217_heldfile_begin(&held, c->made_before);
    assert_int_equal(held.state, TLS4217_HELDFILE_WAITING);
    fd = hold(&held, c->flags);
    assert_int_equal(held.state, c->want_state);
    assert_int_equal(held.truncate, c->want_truncate);
    assert_int_equal(size_of(path), c->before != NULL ? strlen(c->before) : 0);
    assert_int_equal(
      may_remove(&held, fd), c->want_state == TLS4217_HELDFILE_CREATED);

    tls4217_heldfile_release(&held);
    assert_int_equal(held.state, TLS4217_HELDFILE_IDLE);
    assert_false(may_remove(&held, fd));
    assert_int_equal(close(fd), 0);
  }
}

static void test_failed_open(void **state) {
  struct tls4217_heldfile held;
  struct asked asked = { .count = 0 };

  (void) state;
  tls4217_heldfile_begin(&held, false);
  assert_int_equal(
    tls4217_heldfile_open(&held, O_WRONLY, open_file, &asked), -1);
  assert_int_equal(errno, ENOENT);
  assert_int_equal(held.state, TLS4217_HELDFILE_WAITING);
  assert_int_equal(size_of(path), -1);

  make(path, "theirs");
  asked.count = 0;
  assert_int_equal(tls4217_heldfile_open(&held, HIDDEN, open_file, &asked), -1);
  assert_int_equal(errno, EEXIST);
  assert_int_equal(held.state, TLS4217_HELDFILE_WAITING);
  assert_int_equal(size_of(path), 6);
}

/* A directory in the way, or on the way: nothing is tried behind it. */
static void test_open_that_cannot_be_mended(void **state) {
  struct tls4217_heldfile held;
  struct asked asked = { .count = 0 };

  (void) state;
  assert_int_equal(mkdir(path, 0700), 0);
  tls4217_heldfile_begin(&held, false);
  assert_int_equal(
    tls4217_heldfile_open(&held, STOR_FLAGS, open_file, &asked), -1);
  assert_int_equal(errno, EISDIR);
  assert_int_equal(asked.count, 1);
  assert_int_equal(rmdir(path), 0);
}

/* A pipe has no bytes, and is not to be removed. */
static void test_only_regular_files(void **state) {
  const struct stat pipe = { .st_mode = S_IFIFO | 0600 };
  struct tls4217_heldfile held;

  (void) state;
  tls4217_heldfile_begin(&held, true);
  held.state = TLS4217_HELDFILE_CREATED;
  tls4217_heldfile_note(&held, &pipe);
  assert_int_equal(held.state, TLS4217_HELDFILE_BORROWED);
  assert_false(tls4217_heldfile_may_remove(&held, &pipe, &pipe));
}

/* Inodes have the same numbers on other disks. */
static void test_other_disk(void **state) {
  const struct stat made = { .st_mode = S_IFREG, .st_dev = 1, .st_ino = 7 };
  const struct stat elsewhere = {
    .st_mode = S_IFREG, .st_dev = 2, .st_ino = 7
  };
  struct tls4217_heldfile held;

  (void) state;
  tls4217_heldfile_begin(&held, true);
  held.state = TLS4217_HELDFILE_CREATED;
  tls4217_heldfile_note(&held, &made);
  assert_true(tls4217_heldfile_may_remove(&held, &made, &made));
  assert_false(tls4217_heldfile_may_remove(&held, &made, &elsewhere));
  assert_false(tls4217_heldfile_may_remove(&held, &elsewhere, &elsewhere));
}

/* Another session makes the file between our two looks. */
static int open_late(void *user, int flags) {
  struct asked *asked = user;

  if (asked->count == 1) {
    make(path, "theirs");
  }

  return open_file(user, flags);
}

static void test_somebody_was_faster(void **state) {
  struct tls4217_heldfile held;
  struct asked asked = { .count = 0 };
  int fd;

  (void) state;
  tls4217_heldfile_begin(&held, false);
  fd = tls4217_heldfile_open(&held, STOR_FLAGS, open_late, &asked);
  assert_true(fd >= 0);
  assert_int_equal(held.state, TLS4217_HELDFILE_BORROWED);
  assert_true(held.truncate);
  assert_int_equal(size_of(path), 6);
  assert_int_equal(close(fd), 0);
}

static void test_append_and_somebody_was_faster(void **state) {
  struct tls4217_heldfile held;
  struct asked asked = { .count = 0 };
  int fd;

  (void) state;
  tls4217_heldfile_begin(&held, false);
  fd = tls4217_heldfile_open(&held, APPE_FLAGS, open_late, &asked);
  assert_true(fd >= 0);
  assert_int_equal(held.state, TLS4217_HELDFILE_BORROWED);
  assert_false(held.truncate);
  assert_int_equal(close(fd), 0);
}

/* What open says, one after the other, and how often it may be asked.
 * Descriptor 0 is one as any other: a daemon has closed its own.  Behind a
 * success errno says nothing. */
static const struct said_case {
  const char *name;
  int flags;
  struct {
    int fd, error;
  } said[3];
  size_t want_asked;
  int want_fd;
  enum tls4217_heldfile_state want_state;
} said_cases[] = {
  { "a file, as 0", STOR_FLAGS, { { 0, ENOENT } }, 1, 0,
    TLS4217_HELDFILE_BORROWED },
  { "a new file, as 0", STOR_FLAGS, { { -1, ENOENT }, { 0, EEXIST } }, 2, 0,
    TLS4217_HELDFILE_CREATED },
  { "somebody was faster, as 0", STOR_FLAGS,
    { { -1, ENOENT }, { -1, EEXIST }, { 0, 0 } }, 3, 0,
    TLS4217_HELDFILE_BORROWED },
  { "hidden, as 0", HIDDEN, { { 0, EEXIST } }, 1, 0, TLS4217_HELDFILE_CREATED },
  { "no right", STOR_FLAGS, { { -1, EACCES } }, 1, -1,
    TLS4217_HELDFILE_WAITING },
  { "no right to make one", STOR_FLAGS, { { -1, ENOENT }, { -1, EACCES } }, 2,
    -1, TLS4217_HELDFILE_WAITING },
  { "a link that may not be followed", STOR_FLAGS,
    { { -1, ENOENT }, { -1, EEXIST }, { -1, ELOOP } }, 3, -1,
    TLS4217_HELDFILE_WAITING },
  { "not to be made", O_WRONLY | O_TRUNC, { { -1, ENOENT } }, 1, -1,
    TLS4217_HELDFILE_WAITING },
};

struct saying {
  const struct said_case *of;
  size_t asked;
};

static int say(void *user, int flags) {
  struct saying *saying = user;

  (void) flags;
  assert_true(saying->asked < COUNT(saying->of->said));
  errno = saying->of->said[saying->asked].error;
  return saying->of->said[saying->asked++].fd;
}

static void test_what_open_says(void **state) {
  (void) state;
  for (size_t i = 0; i < COUNT(said_cases); i++) {
    const struct said_case *c = &said_cases[i];
    struct saying saying = { .of = c };
    struct tls4217_heldfile held;

    print_message("    | %s\n", c->name);
    tls4217_heldfile_begin(&held, false);
    assert_int_equal(
      tls4217_heldfile_open(&held, c->flags, say, &saying), c->want_fd);
    assert_int_equal(saying.asked, c->want_asked);
    assert_int_equal(held.state, c->want_state);
  }
}

static void test_what_is_taken(void **state) {
  struct tls4217_heldfile held;

  (void) state;
  memset(&held, 0, sizeof(held));
  assert_false(tls4217_heldfile_takes(&held, STOR_FLAGS));
  tls4217_heldfile_begin(&held, false);
  assert_false(tls4217_heldfile_takes(&held, O_RDONLY));
  assert_true(tls4217_heldfile_takes(&held, O_RDWR | O_CREAT));
  assert_true(tls4217_heldfile_takes(&held, STOR_FLAGS));
}

/* What others may do to a file that an upload has made. */
static void store(void) {
  int fd = open(path, STOR_FLAGS, 0600);

  assert_int_equal(write(fd, "theirs", 6), 6);
  assert_int_equal(close(fd), 0);
}

static void store_nothing(void) {
  assert_int_equal(close(open(path, STOR_FLAGS, 0600)), 0);
}

static void store_anew(void) {
  assert_int_equal(unlink(path), 0);
  store();
}

static void store_nothing_anew(void) {
  assert_int_equal(unlink(path), 0);
  store_nothing();
}

static void rename_onto(void) {
  make(other, "");
  assert_int_equal(rename(other, path), 0);
}

static void rename_away(void) {
  assert_int_equal(rename(path, other), 0);
}

static void point_to(void) {
  assert_int_equal(rename(path, other), 0);
  assert_int_equal(symlink(other, path), 0);
}

static void change_mode(void) {
  assert_int_equal(chmod(path, 0640), 0);
}

/* The time of the last change, by so much more. */
static void set_modified(time_t seconds, long nanoseconds) {
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
  struct stat st;

  assert_int_equal(stat(path, &st), 0);
  times[1] = st.st_mtim;
  times[1].tv_sec += seconds;
  times[1].tv_nsec = (times[1].tv_nsec + nanoseconds) % 1000000000L;
  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void write_a_second_later(void) {
  set_modified(1, 0);
}

static void write_a_moment_later(void) {
  set_modified(0, 1);
}

struct change_case {
  const char *name;
  void (*change)(void);
  bool want_removed;
};

static const struct change_case change_cases[] = {
  { "nothing", NULL, true },
  { "the core's chmod", change_mode, true },
  { "STOR", store, false },
  { "STOR of nothing", store_nothing, false },
  { "a second later", write_a_second_later, false },
  { "a moment later", write_a_moment_later, false },
  { "DELE and STOR", store_anew, false },
  { "DELE and STOR of nothing", store_nothing_anew, false },
  { "RNTO onto it", rename_onto, false },
  { "RNFR of it", rename_away, false },
  { "a link in its place", point_to, false },
};

static void test_removal(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(change_cases); i++) {
    const struct change_case *c = &change_cases[i];
    struct tls4217_heldfile held;
    int fd;

    print_message("    | %s\n", c->name);
    (void) empty_folder(NULL);
    tls4217_heldfile_begin(&held, false);
    fd = hold(&held, STOR_FLAGS);
    if (c->change != NULL) {
      c->change();
    }

    assert_int_equal(may_remove(&held, fd), c->want_removed);
    assert_int_equal(close(fd), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_teardown(test_opening, empty_folder),
    cmocka_unit_test_teardown(test_failed_open, empty_folder),
    cmocka_unit_test_teardown(test_somebody_was_faster, empty_folder),
    cmocka_unit_test_teardown(
      test_append_and_somebody_was_faster, empty_folder),
    cmocka_unit_test(test_what_open_says),
    cmocka_unit_test(test_open_that_cannot_be_mended),
    cmocka_unit_test(test_only_regular_files),
    cmocka_unit_test(test_other_disk),
    cmocka_unit_test(test_what_is_taken),
    cmocka_unit_test_teardown(test_removal, empty_folder),
  };

  return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
