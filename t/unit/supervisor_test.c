/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of ftp/control/supervisor.c
 *
 * Serves RFC 4217, section 13: a connection outlives its login, and the daemon
 * sees of it what it would see of one process.  The processes are real ones.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "mod_tls4217/ftp/control/supervisor.h"
#include "t/unit/fakes/fakes.h"

static int ready[2]; /* a pipe from the serving process */

/* What a serving process does; it does not return. */
typedef void (*service)(struct tls4217_supervisor *supervisor);

/* Starts a connection; returns the process that the daemon knows. */
static pid_t start(service serve) {
  pid_t pid;

  mpid = getpid();
  assert_int_equal(pipe(ready), 0);
  pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    struct tls4217_supervisor supervisor;

    tls4217_supervisor_start(&supervisor);
    serve(&supervisor);
    _exit(99);
  }

  (void) close(ready[1]);
  return pid;
}

static int end(pid_t pid) {
  int status = 0;

  assert_int_equal(waitpid(pid, &status, 0), pid);
  (void) close(ready[0]);
  return status;
}

static void serve_seven(struct tls4217_supervisor *supervisor) {
  _exit(tls4217_supervisor_is_there(supervisor) &&
        supervisor->holds_greeting == false ?
      7 :
      1);
}

static void serve_kill(struct tls4217_supervisor *supervisor) {
  (void) supervisor;
  (void) raise(SIGKILL);
}

/* The daemon logs how a session ended: it must be the truth. */
static void test_ends_as_the_other(void **state) {
  int status;

  (void) state;
  status = end(start(serve_seven));
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 7);

  status = end(start(serve_kill));
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGKILL);
}

/* Three logins, then the end; a greeting is held back from the second on. */
static void serve_rein(struct tls4217_supervisor *supervisor) {
  unsigned int reins = supervisor->page->reins;

  if (supervisor->holds_greeting != (reins > 0) ||
    (strcmp(fakes.replies, "blocked\n") == 0) != (reins > 0)) {
    _exit(50);
  }

  if (reins == 2) {
    tls4217_supervisor_before_command(supervisor);
    _exit(strcmp(fakes.replies, "blocked\nunblocked\n") == 0 &&
          supervisor->holds_greeting == false ?
        42 :
        51);
  }

  supervisor->page->reins++;
  tls4217_supervisor_leave(supervisor);
  tls4217_supervisor_before_command(supervisor);
}

static void test_rein(void **state) {
  int status = end(start(serve_rein));

  (void) state;
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 42);
}

/* A crash is no REIN: nobody serves behind it. */
static void serve_crash_later(struct tls4217_supervisor *supervisor) {
  if (supervisor->page->reins == 0) {
    supervisor->page->reins++;
    tls4217_supervisor_leave(supervisor);
    tls4217_supervisor_before_command(supervisor);
  }

  (void) raise(SIGKILL);
}

static void test_crash_after_rein(void **state) {
  int status = end(start(serve_crash_later));

  (void) state;
  assert_true(WIFSIGNALED(status));
}

static void serve_until_signal(struct tls4217_supervisor *supervisor) {
  (void) supervisor;
  (void) signal(SIGTERM, SIG_DFL);
  (void) !write(ready[1], "x", 1);
  for (;;) {
    (void) pause();
  }
}

/* Administrators know the one process only. */
static void test_signals_are_passed_on(void **state) {
  pid_t pid = start(serve_until_signal);
  char byte;
  int status;

  (void) state;
  assert_int_equal(read(ready[0], &byte, 1), 1);
  assert_int_equal(kill(pid, SIGTERM), 0);
  status = end(pid);
  assert_true(WIFSIGNALED(status));
  assert_int_equal(WTERMSIG(status), SIGTERM);
}

static void test_nobody_under_inetd(void **state) {
  struct tls4217_supervisor supervisor;

  (void) state;
  ServerType = SERVER_INETD;
  tls4217_supervisor_start(&supervisor);
  ServerType = SERVER_STANDALONE;
  assert_null(supervisor.page);
  assert_false(tls4217_supervisor_is_there(&supervisor));

  /* The daemon itself (proftpd -X). */
  mpid = getpid();
  tls4217_supervisor_start(&supervisor);
  assert_null(supervisor.page);
}

static void read_command(void *data) {
  tls4217_supervisor_before_command(data);
}

/* MaxLoginAttempts holds over all logins of a connection. */
static const struct {
  const char *name;
  unsigned int before, failures, limit;
  bool want_end;
} attempts[] = {
  { "none", 0, 0, 3, false },
  { "below", 1, 1, 3, false },
  { "reached over two", 2, 1, 3, true },
  { "exceeded", 5, 1, 3, true },
  { "by one process, which mod_auth ends", 0, 3, 3, false },
  { "no limit", 9, 9, 0, false },
};

static void test_login_attempts(void **state) {
  (void) state;
  for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
    struct tls4217_supervisor_page page = { .failures = attempts[i].before };
    struct tls4217_supervisor supervisor = { .page = &page, .pid = getppid() };

    *fakes.events = '\0';
    for (unsigned int n = 0; n < attempts[i].failures; n++) {
      tls4217_supervisor_count_failure(&supervisor, attempts[i].limit);
    }

    if (fakes_ends_session(read_command, &supervisor) != attempts[i].want_end) {
      fail_msg("%s", attempts[i].name);
    }

    assert_string_equal(fakes.events,
      attempts[i].want_end ? "mod_auth.max-login-attempts\n" : "");
  }
}

static void test_nothing_without_a_supervisor(void **state) {
  struct tls4217_supervisor supervisor = { .page = NULL };

  (void) state;
  tls4217_supervisor_count_failure(&supervisor, 1);
  assert_false(fakes_ends_session(read_command, &supervisor));
}

/* The daemon would go on counting a connection that it does not see. */
static void test_supervisor_is_gone(void **state) {
  struct tls4217_supervisor_page page = { .failures = 0 };
  struct tls4217_supervisor supervisor = { .page = &page, .pid = 1 << 30 };

  (void) state;
  assert_true(fakes_ends_session(read_command, &supervisor));
  assert_non_null(strstr(fakes.log, "supervisor of this session has ended"));
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, fakes_begin, fakes_end)
  const struct CMUnitTest tests[] = {
    TEST(test_ends_as_the_other),
    TEST(test_rein),
    TEST(test_crash_after_rein),
    TEST(test_signals_are_passed_on),
    TEST(test_nobody_under_inetd),
    TEST(test_login_attempts),
    TEST(test_nothing_without_a_supervisor),
    TEST(test_supervisor_is_gone),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
