/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keysandbox.c: the filter of system calls
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keysandbox.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A user without rights. */
#define NOBODY 65534

/* Past the C library, which asks the kernel only where the vDSO cannot tell:
 * in user-mode-linux, and with some clocks. */
static void ask_clocks(void) {
  struct timespec ts;
  struct timeval tv;

  (void) syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
  (void) syscall(SYS_gettimeofday, &tv, NULL);
#ifdef SYS_time
  (void) syscall(SYS_time, NULL);
#endif
}

static void ask_for_a_file(void) {
  (void) access("/", R_OK);
}

static void ask_for_a_process(void) {
  (void) syscall(SYS_kill, getppid(), 0);
}

static const struct {
  void (*ask)(void);
  bool allowed;
} cases[] = {
  { ask_clocks, true },
  { ask_for_a_file, false },
  { ask_for_a_process, false },
};

/* Exit status where this build or this kernel has none. */
#define NO_FILTER 77

static int run_filtered(void (*ask)(void)) {
  int status = 0;
  pid_t pid = fork();

  if (pid == 0) {
    if (tls4217_keysandbox_filter(NULL) != 0) {
      _exit(NO_FILTER);
    }

    ask();
    _exit(EXIT_SUCCESS);
  }

  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  return status;
}

static void test_filter(void **unused) {
  (void) unused;
  /* "make coverage" links a filter that allows all (t/coverage/dump.c). */
  if (getenv("TLS4217_COUNTS") != NULL) {
    skip();
  }

  for (size_t i = 0; i < COUNT(cases); i++) {
    int status = run_filtered(cases[i].ask);

    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER) {
      skip();
    }

    if (cases[i].allowed) {
      assert_int_equal(status, 0);

    } else {
      assert_true(WIFSIGNALED(status));
      assert_int_equal(WTERMSIG(status), SIGSYS);
    }
  }
}

/* A process that may not give anything up says so, and does not go on. */
static void test_without_rights(void **unused) {
  const struct tls4217_keysandbox_settings settings = {
    .is_root = true, .uid = NOBODY, .gid = NOBODY
  };
  int status = 0;
  pid_t pid;

  (void) unused;
  pid = fork();
  if (pid == 0) {
    struct tls4217_error err = { .text = "" };

    if (geteuid() == 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0) {
      _exit(EXIT_FAILURE);
    }
    _exit(tls4217_keysandbox_enter(&settings, &err) == -1 &&
          strncmp(err.text, "the key process cannot ", 23) == 0 ?
        EXIT_SUCCESS :
        EXIT_FAILURE);
  }

  assert_true(pid > 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_filter),
    cmocka_unit_test(test_without_rights),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
