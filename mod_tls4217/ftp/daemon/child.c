/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a child of the daemon must not have of it
 *
 * See child.h.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_tls4217/ftp/daemon/child.h"

/* Kernels before 5.9 do not know close_range(2). */
void tls4217_child_close(int first, int last) {
  if (close_range((unsigned int) first, (unsigned int) last, 0) < 0 &&
    errno == ENOSYS) {
    const long max = sysconf(_SC_OPEN_MAX);

    for (int fd = first; fd <= last && fd < max; fd++) {
      (void) close(fd);
    }
  }
}

static bool is_socket(int fd) {
  struct stat st;

  return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode);
}

void tls4217_child_drop_sockets_but(int one) {
  int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  DIR *fds = opendir("/proc/self/fd");
  const struct dirent *entry;

  while (null >= 0 && fds != NULL && (entry = readdir(fds)) != NULL) {
    const int fd = (int) strtol(entry->d_name, NULL, 10);

    if (fd != one && is_socket(fd)) {
      (void) dup2(null, fd);
    }
  }

  if (fds != NULL) {
    (void) closedir(fds);
  }

  if (null >= 0) {
    (void) close(null);
  }
}

void tls4217_child_reset_signals(void) {
  sigset_t none;

  for (int sig = 1; sig < NSIG; sig++) {
    (void) signal(sig, SIG_DFL);
  }

  (void) sigemptyset(&none);
  (void) sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The lowest of them that is not below first; INT_MAX: there is none. */
static int find_next(const int *fds, size_t count, int first) {
  int next = INT_MAX;

  for (size_t i = 0; i < count; i++) {
    if (fds[i] >= first && fds[i] < next) {
      next = fds[i];
    }
  }

  return next;
}

static void close_all_but(const int *fds, size_t count) {
  int first = STDERR_FILENO + 1, next;

  do {
    next = find_next(fds, count, first);
    if (next > first) {
      tls4217_child_close(first, next == INT_MAX ? INT_MAX : next - 1);
    }

    first = next != INT_MAX ? next + 1 : INT_MAX;
  } while (next != INT_MAX);
}

void tls4217_child_detach(const int *fds, size_t count, const char *name) {
  int null;

  close_all_but(fds, count);
  null = open("/dev/null", O_RDWR);
  tls4217_child_reset_signals();
  (void) signal(SIGPIPE, SIG_IGN);
  (void) signal(SIGHUP, SIG_IGN);
  (void) signal(SIGINT, SIG_IGN);

  for (int fd = 0; null >= 0 && fd <= STDERR_FILENO; fd++) {
    (void) dup2(null, fd);
  }

  (void) setsid();
  (void) chdir("/");
  (void) prctl(PR_SET_NAME, name, 0, 0, 0);
}
