/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a server whose sessions may leave core files, for tests
 *
 * A library for LD_PRELOAD: ProFTPD sets the limit for core files to 0, and
 * here it does not.
 */

#include <stddef.h>
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
