/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: counts of sessions
 *
 * ProFTPD ends its sessions by _exit(2), and may have put them into a chroot
 * before.  This library is in its LD_PRELOAD: it has the module's counts
 * written first, and opens their files from where "/" was.
 */

#define _GNU_SOURCE

#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define VISIBLE __attribute__((visibility("default")))

VISIBLE void coverage_register(void (*write_counts)(void));

static void (*write_module_counts)(void);
static int root = -1;

/* The module has been loaded. */
void coverage_register(void (*write_counts)(void)) {
  int fd = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

  /* Out of the way of those that count on low numbers. */
  root = fcntl(fd, F_DUPFD_CLOEXEC, 500);
  (void) close(fd);
  write_module_counts = write_counts;
}

VISIBLE void _exit(int status) {
  if (write_module_counts != NULL) {
    write_module_counts();
  }

  for (;;) {
    (void) syscall(SYS_exit_group, status);
  }
}

static int is_counts(const char *path) {
  size_t len = strlen(path);

  return *path == '/' && len > 5 && strcmp(path + len - 5, ".gcda") == 0;
}

VISIBLE int open(const char *path, int flags, ...) {
  va_list ap;
  mode_t mode;
  int fd = -1;

  va_start(ap, flags);
  mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0;
  va_end(ap);

  if (root >= 0 && is_counts(path)) {
    fd = openat(root, path + 1, flags, mode);
  }

  return fd >= 0 ? fd : openat(AT_FDCWD, path, flags, mode);
}
