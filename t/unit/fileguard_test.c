/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/cert/fileguard.c
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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

#include "mod_tls4217/tls/cert/fileguard.h"

static char folder[] = "/tmp/fileguard_test.XXXXXX";
static char file[64];

static int begin(void **state) {
  int fd;

  (void) state;
  (void) strcpy(strrchr(folder, '.'), ".XXXXXX");
  if (mkdtemp(folder) == NULL) {
    return -1;
  }

  (void) snprintf(file, sizeof(file), "%s/key.pem", folder);
  fd = open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
  return fd < 0 ? -1 : close(fd);
}

static int end(void **state) {
  (void) state;
  return unlink(file) < 0 || rmdir(folder) < 0 ? -1 : 0;
}

struct mode_case {
  mode_t mode;
  const char *want; /* words of the error; NULL: none */
};

static const struct mode_case modes[] = {
  { 0600, NULL },
  { 0400, NULL },
  { 0640, NULL },
  { 0660, NULL },
  { 0601, NULL },
  { 0604, "can read the private key" },
  { 0644, "0644" },
  { 0602, "can replace the private key" },
  { 0666, "can replace the private key" },
  { 0100644, "0644" },
};

static void test_modes_of_a_key(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
    struct tls4217_error err = { .text = "" };
    int want = modes[i].want == NULL ? 0 : -1;

    assert_int_equal(chmod(file, modes[i].mode & 07777), 0);
    if (tls4217_fileguard_key(file, &err) != want) {
      fail_msg("mode %04o: \"%s\"", (unsigned int) modes[i].mode, err.text);
    }

    if (want == 0) {
      assert_string_equal(err.text, "");
      continue;
    }

    /* What is wrong, with what, and what ends it. */
    assert_non_null(strstr(err.text, modes[i].want));
    assert_non_null(strstr(err.text, "'chmod o= "));
    assert_non_null(strstr(err.text, file));
    assert_int_equal(err.errnum, EACCES);
  }
}

/* Who reads it will complain. */
static void test_a_missing_key(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_equal(tls4217_fileguard_key("/nowhere/key.pem", &err), 0);
  assert_string_equal(err.text, "");
}

static void test_made_in_a_closed_folder(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_equal(tls4217_fileguard_made(file, &err), 0);
  assert_int_equal(tls4217_fileguard_made("/nowhere/made.pem", &err), 0);
  assert_int_equal(tls4217_fileguard_made("made.pem", &err), 0);
  assert_string_equal(err.text, "");
}

/* Also where there is none yet, and where the folder is sticky. */
static void test_made_where_everyone_writes(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  assert_int_equal(chmod(folder, 0777), 0);
  assert_int_equal(tls4217_fileguard_made(file, &err), 1);
  assert_non_null(strstr(err.text, file));
  assert_int_equal(chmod(folder, 01777), 0);
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_fileguard_made(file, &err), 1);
  assert_non_null(strstr(err.text, "owned by root"));
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_fileguard_made("/tmp/not.made.yet.pem", &err), 1);
}

static void test_made_by_another_user(void **state) {
  struct tls4217_error err = { .text = "" };

  (void) state;
  if (geteuid() != 0) {
    print_message("    | # only root can give a file away\n");
    skip();
  }

  assert_int_equal(chown(file, 4711, (gid_t) -1), 0);
  assert_int_equal(tls4217_fileguard_made(file, &err), -1);
  assert_non_null(strstr(err.text, "user 4711"));
  assert_non_null(strstr(err.text, file));

  /* That is worse than the folder. */
  assert_int_equal(chmod(folder, 0777), 0);
  tls4217_error_clear(&err);
  assert_int_equal(tls4217_fileguard_made(file, &err), -1);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_modes_of_a_key),
    TEST(test_a_missing_key),
    TEST(test_made_in_a_closed_folder),
    TEST(test_made_where_everyone_writes),
    TEST(test_made_by_another_user),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
