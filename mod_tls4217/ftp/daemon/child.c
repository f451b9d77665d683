/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a child of the daemon must not have of it
 *
 * See child.h.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stddef.h>
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

void tls4217_child_reset_signals(void) {
  sigset_t none;

  for (int sig = 1; sig < NSIG; sig++) {
    (void) signal(sig, SIG_DFL);
  }

  (void) sigemptyset(&none);
  (void) sigprocmask(SIG_SETMASK, &none, NULL);
}
