/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a server whose sessions may leave core files, for tests
 *
 * A library for LD_PRELOAD: ProFTPD sets the limit for core files to 0, and
 * here it does not.  A session that gets SIGSYS allows the kernel to read it,
 * which it lost as it changed its user, goes to a folder in which it may write
 * (TLS4217_CORES, or the root directory of a session that is confined), and
 * dies of the signal.
 */

#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit);
int setrlimit64(__rlimit_resource_t resource, const struct rlimit *limit);

int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit) {
  return resource == RLIMIT_CORE ?
    0 :
    (int) syscall(SYS_prlimit64, 0, resource, limit, NULL);
}

int setrlimit64(__rlimit_resource_t resource, const struct rlimit *limit) {
  return setrlimit(resource, limit);
}

static char folder[4096];

static void die_with_core(int signum) {
  (void) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
  if (chdir(folder) != 0 && chdir("/") != 0)
    _exit(1);

  (void) signal(signum, SIG_DFL);
  (void) raise(signum);
}

__attribute__((constructor)) static void prepare(void) {
  const char *value = getenv("TLS4217_CORES");

  if (value == NULL || strlen(value) >= sizeof(folder))
    return;

  memcpy(folder, value, strlen(value) + 1);
  (void) signal(SIGSYS, die_with_core);
}
