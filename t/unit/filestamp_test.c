/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/filestamp.c
 *
 * What people and programs do to certificate files changes their stamps.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/filestamp.h"
#include "t/unit/pki.h"

#define NOW INT64_C(1800000000)

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");

  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

/* Sets the time of the last change of the contents, which people may. */
static void set_modified(const char *path, time_t when) {
  const struct timespec times[2] = { { .tv_sec = when }, { .tv_sec = when } };

  assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static struct tls4217_filestamp take(const char *path, unsigned int levels) {
  struct tls4217_filestamp stamp;

  tls4217_filestamp_take(path, levels, &stamp);
  return stamp;
}

static bool is_same(
  const char *path, unsigned int levels, const struct tls4217_filestamp *was) {
  const struct tls4217_filestamp is = take(path, levels);

  return tls4217_filestamp_equal(&is, was);
}

struct place {
  struct pki_dir *dir;
  const char *file, *other, *link, *folder, *inner, *deep;
};

static int make_place(void **state) {
  static struct place place;

  place.dir = pki_dir_new();
  place.file = pki_path(place.dir, "file");
  place.other = pki_path(place.dir, "other");
  place.link = pki_path(place.dir, "link");
  place.folder = pki_path(place.dir, "folder");
  place.inner = pki_path(place.dir, "folder/inner");
  place.deep = pki_path(place.dir, "folder/inner/deep");
  write_file(place.file, "one");
  write_file(place.other, "two");
  assert_int_equal(mkdir(place.folder, 0700), 0);
  assert_int_equal(mkdir(place.inner, 0700), 0);
  write_file(place.deep, "deep");
  *state = &place;
  return 0;
}

static int end_place(void **state) {
  struct place *place = *state;

  (void) unlink(place->deep);
  (void) rmdir(place->inner);
  (void) rmdir(place->folder);
  pki_dir_free(place->dir);
  return 0;
}

static void test_unchanged(void **state) {
  const struct place *place = *state;
  const struct tls4217_filestamp stamp = take(place->file, 0);

  assert_int_equal(stamp.errnum, 0);
  assert_int_equal(stamp.size, 3);
  assert_true(is_same(place->file, 0, &stamp));
  assert_false(is_same(place->other, 0, &stamp));
}

static void test_written_over(void **state) {
  const struct place *place = *state;
  const struct tls4217_filestamp stamp = take(place->file, 0);

  write_file(place->file, "three");
  assert_false(is_same(place->file, 0, &stamp));
}

static void test_moved_over(void **state) {
  const struct place *place = *state;
  const struct tls4217_filestamp stamp = take(place->file, 0);

  assert_int_equal(rename(place->other, place->file), 0);
  assert_false(is_same(place->file, 0, &stamp));
}

/* "cp -p" and backups put the time back. */
static void test_time_put_back(void **state) {
  const struct place *place = *state;
  struct tls4217_filestamp stamp;

  set_modified(place->file, NOW);
  stamp = take(place->file, 0);
  set_modified(place->file, NOW - 1000);
  assert_false(is_same(place->file, 0, &stamp));
}

/* The same contents and times, by another owner or mode: only the inode's own
 * time, which nobody can set, tells. */
static void test_mode(void **state) {
  const struct place *place = *state;
  struct tls4217_filestamp stamp = take(place->file, 0);
  bool changed = false;

  for (int tries = 0; tries < 100 && changed == false; tries++) {
    usleep(10000);
    assert_int_equal(chmod(place->file, 0600), 0);
    changed = is_same(place->file, 0, &stamp) == false;
  }
  assert_true(changed);
}

static void test_link_swapped(void **state) {
  const struct place *place = *state;
  struct tls4217_filestamp stamp;

  assert_int_equal(symlink(place->file, place->link), 0);
  stamp = take(place->link, 0);
  assert_true(is_same(place->file, 0, &stamp));
  assert_int_equal(unlink(place->link), 0);
  assert_int_equal(symlink(place->other, place->link), 0);
  assert_false(is_same(place->link, 0, &stamp));
}

static void test_gone(void **state) {
  const struct place *place = *state;
  struct tls4217_filestamp stamp = take(place->file, 0);

  assert_int_equal(unlink(place->file), 0);
  assert_false(is_same(place->file, 0, &stamp));
  stamp = take(place->file, 0);
  assert_int_equal(stamp.errnum, ENOENT);
  assert_true(is_same(place->file, 0, &stamp));
}

static void test_directory(void **state) {
  const struct place *place = *state;
  const struct tls4217_filestamp none = take(place->folder, 0);
  const struct tls4217_filestamp one = take(place->folder, 1);
  const struct tls4217_filestamp two = take(place->folder, 2);

  assert_true(is_same(place->folder, 2, &two));

  /* Three levels down: the directory itself is as it was. */
  write_file(place->deep, "another");
  assert_true(is_same(place->folder, 0, &none));
  assert_true(is_same(place->folder, 1, &one));
  assert_false(is_same(place->folder, 2, &two));
}

static void test_entry_of_a_directory(void **state) {
  const struct place *place = *state;
  const struct tls4217_filestamp one = take(place->inner, 1);
  const char *hidden = pki_path(place->dir, "folder/inner/.hidden");

  write_file(place->deep, "another");
  assert_false(is_same(place->inner, 1, &one));
  write_file(hidden, "one");
  const struct tls4217_filestamp with = take(place->inner, 1);
  write_file(hidden, "another");
  assert_true(is_same(place->inner, 1, &with));
  assert_int_equal(unlink(hidden), 0);
}

static void test_fresh(void **state) {
  static const struct {
    int64_t age; /* seconds */
    bool is_fresh;
  } cases[] = { { 0, true }, { 1, true }, { 2, false }, { 100, false },
    { -1, true }, { -2, false }, { -100000, false } };

  (void) state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const struct tls4217_filestamp stamp = { .changed = (NOW - cases[i].age) *
        1000000000 };

    assert_int_equal(
      tls4217_filestamp_is_fresh(&stamp, NOW), cases[i].is_fresh);
  }
}

/* Of several paths, in their order. */
static void test_look(void **state) {
  const struct place *place = *state;
  struct tls4217_filelook first = { 0 }, again = { 0 }, turned = { 0 };

  tls4217_filestamp_look(&first, place->file, 0, NOW);
  tls4217_filestamp_look(&first, place->other, 0, NOW);
  tls4217_filestamp_look(&again, place->file, 0, NOW);
  tls4217_filestamp_look(&again, NULL, 0, NOW);
  tls4217_filestamp_look(&again, place->other, 0, NOW);
  assert_true(first.digest == again.digest);
  tls4217_filestamp_look(&turned, place->other, 0, NOW);
  tls4217_filestamp_look(&turned, place->file, 0, NOW);
  assert_true(first.digest != turned.digest);
  assert_false(first.is_fresh);
  tls4217_filestamp_look(&first, place->file, 0, (int64_t) time(NULL));
  assert_true(first.is_fresh);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make_place, end_place)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_unchanged),
    CASE(test_written_over),
    CASE(test_moved_over),
    CASE(test_time_put_back),
    CASE(test_mode),
    CASE(test_link_swapped),
    CASE(test_gone),
    CASE(test_directory),
    CASE(test_entry_of_a_directory),
    cmocka_unit_test(test_fresh),
    CASE(test_look),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
