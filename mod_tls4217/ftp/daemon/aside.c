/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - work that leaves nothing in this process
 *
 * See aside.h.  fork(2), pipe(2).
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mod_tls4217/ftp/daemon/aside.h"

/* What comes back. */
struct outcome {
  int res;
  struct tls4217_error err;
};

static void work_and_tell(
  int fd, int (*work)(void *user, struct tls4217_error *err), void *user) {
  struct outcome outcome = { .res = -1 };
  ssize_t len;

  tls4217_error_clear(&outcome.err);
  outcome.res = work(user, &outcome.err);
  len = write(fd, &outcome, sizeof(outcome));
  _exit(len == (ssize_t) sizeof(outcome) ? EXIT_SUCCESS : EXIT_FAILURE);
}

/* A message of this size is in a pipe whole, or not at all. */
static int hear(int fd, struct outcome *outcome) {
  ssize_t len;

  do {
    len = read(fd, outcome, sizeof(*outcome));
  } while (len < 0 && errno == EINTR);

  return len == (ssize_t) sizeof(*outcome) ? 0 : -1;
}

int tls4217_aside_run(int (*work)(void *user, struct tls4217_error *err),
  void *user, struct tls4217_error *err) {
  struct outcome outcome = { .res = -1 };
  int fds[2];
  pid_t pid;

  if (pipe(fds) < 0) {
    tls4217_error_set_errno(err, errno, "no pipe for another process");
    return -1;
  }

  pid = fork();
  if (pid == 0) {
    (void) close(fds[0]);
    work_and_tell(fds[1], work, user);
  }

  (void) close(fds[1]);
  if (pid < 0) {
    tls4217_error_set_errno(err, errno, "another process cannot be forked");

  } else if (hear(fds[0], &outcome) < 0) {
    outcome.res = -1;
    tls4217_error_set(err, ECHILD, "the process that was to do it has died");

  } else if (err != NULL && tls4217_error_is_set(&outcome.err)) {
    *err = outcome.err;
  }

  (void) close(fds[0]);

  /* Or the core has waited for it already. */
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
  }

  return outcome.res;
}
