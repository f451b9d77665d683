/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: counts that would be lost
 *
 * gcov writes its counts when a process runs its exit handlers.  Processes
 * that end by _exit(2) have theirs written here; and the key process leaves
 * neither the file system nor its system calls, or it could not open a file
 * any more.  Linked with --wrap into what "make coverage" builds; what ProFTPD
 * itself calls goes through preload.c.
 */

#include <unistd.h>

void __gcov_dump(void);
void __gcov_reset(void);

/* Of preload.c, in a server. */
void coverage_register(void (*write_counts)(void)) __attribute__((weak));

int __wrap_chroot(const char *path);
int __wrap_seccomp_load(void *ctx);
void __real__exit(int status) __attribute__((noreturn));
void __wrap__exit(int status) __attribute__((noreturn));

static void write_counts(void) {
  __gcov_dump();
  __gcov_reset();
}

__attribute__((constructor)) static void begin(void) {
  if (coverage_register != NULL) {
    coverage_register(write_counts);
  }
}

int __wrap_chroot(const char *path) {
  (void) path;
  return 0;
}

int __wrap_seccomp_load(void *ctx) {
  (void) ctx;
  return 0;
}

void __wrap__exit(int status) {
  write_counts();
  __real__exit(status);
}
