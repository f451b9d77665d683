/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the plan of what goes wrong, and who this process is
 *
 * See plan.h.  A process is a session from its fork(2) on, and the key process
 * when it says so (prctl(2)); system calls are made with syscall(2), which no
 * fault of ours touches.
 */

#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "keyname.h"
#include "plan.h"

static struct faults_plan *plan = NULL;
static enum faults_role role = FAULTS_DAEMON;
static uint32_t epoch, seen;

__attribute__((constructor)) static void map_plan(void) {
  const char *path = getenv("TLS4217_FAULTS");
  int fd = path != NULL ? (int) syscall(SYS_openat, AT_FDCWD, path, O_RDWR) :
                          -1;

  if (fd >= 0) {
    void *page = (void *) syscall(SYS_mmap, NULL, sizeof(*plan),
      PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);

    (void) syscall(SYS_close, fd);
    faults_take_memory();
    plan = page != MAP_FAILED ? page : NULL;
  }
}

static bool is_planned(enum faults_call call) {
  return plan != NULL && plan->role == role && plan->call == call;
}

static bool is_due(void) {
  const uint32_t first = plan->first, every = plan->every;

  if (first == 0 || seen < first) {
    return false;
  }

  return seen == first || (every > 0 && (seen - first) % every == 0);
}

static bool count(void) {
  if (plan->epoch != epoch) {
    epoch = plan->epoch;
    seen = 0;
  }

  seen++;
  plan->seen = seen;
  if (is_due() == false) {
    return false;
  }

  plan->hits++;
  return true;
}

bool faults_hit(enum faults_call call) {
  return is_planned(call) && count();
}

/* Logs are appended to. */
static bool is_stored(int fd) {
  const long flags = syscall(SYS_fcntl, fd, F_GETFL);

  return flags >= 0 && (flags & O_ACCMODE) == O_WRONLY &&
    (flags & O_APPEND) == 0;
}

static bool is_kind(int fd) {
  struct stat st;

  if (plan->kind == FAULTS_ANY) {
    return true;
  }

  if (syscall(SYS_fstat, fd, &st) < 0) {
    return false;
  }

  switch (plan->kind) {
    case FAULTS_SOCKET:
      return S_ISSOCK(st.st_mode);

    case FAULTS_STORED:
      return S_ISREG(st.st_mode) && is_stored(fd);

    default:
      return S_ISREG(st.st_mode);
  }
}

bool faults_hit_fd(enum faults_call call, int fd) {
  const int before = errno;
  bool hit = is_planned(call) && is_kind(fd) && count();

  errno = before;
  return hit;
}

long faults_fail(void) {
  errno = plan->error;
  return -1;
}

long faults_cut(enum faults_call call, int fd, unsigned long size) {
  if (faults_hit_fd(call, fd) == false) {
    return (long) size;
  }

  if (plan->error != 0 && (plan->part == 0 || seen != plan->first)) {
    return faults_fail();
  }

  return size > 1 ? (long) (size / 2) : (long) size;
}

/* Who this is. */

pid_t fork(void) {
  static pid_t (*real)(void) = NULL;
  pid_t pid;

  if (real == NULL) {
    real = (pid_t(*)(void)) dlsym(RTLD_NEXT, "fork");
  }

  pid = real();
  if (pid == 0 && role == FAULTS_DAEMON) {
    role = FAULTS_SESSION;
    seen = 0;
  }

  return pid;
}

void keyname_given(void) {
  role = FAULTS_KEYS;
  seen = 0;
}
