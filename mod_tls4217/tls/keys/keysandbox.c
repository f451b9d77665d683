/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the key process gives up
 *
 * See keysandbox.h.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mod_tls4217/tls/keys/keysandbox.h"

#ifdef TLS4217_WITH_SECCOMP
# include <seccomp.h>
#endif

static int set_limit(__rlimit_resource_t resource, rlim_t wanted) {
  const struct rlimit limit = { wanted, wanted };

  return setrlimit(resource, &limit);
}

/* A descriptor for each session. */
static void raise_descriptors(void) {
  struct rlimit limit;

  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    (void) setrlimit(RLIMIT_NOFILE, &limit);
  }
}

/* As root, because others may lock 8 MiB at most.  Pages are locked when they
 * are touched: the stacks of threads are large and empty. */
static int lock_memory(struct tls4217_error *err) {
  if (set_limit(RLIMIT_MEMLOCK, RLIM_INFINITY) < 0 ||
    mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0) {
    tls4217_error_set_errno(err, errno,
      "the key process cannot lock its memory, so keys may be swapped out");
    return -1;
  }

  return 0;
}

/* A directory that is gone already: nothing can be put into it. */
static int enter_nowhere(void) {
  char run[] = "/run/tls4217.XXXXXX", tmp[] = "/tmp/tls4217.XXXXXX";
  const char *dir = mkdtemp(run);

  if (dir == NULL) {
    dir = mkdtemp(tmp);
  }

  if (dir == NULL || chdir(dir) < 0) {
    return -1;
  }

  return rmdir(dir) == 0 && chroot(".") == 0 && chdir("/") == 0 ? 0 : -1;
}

static int leave_root(const struct tls4217_keysandbox_settings *settings,
  struct tls4217_error *err) {
  if (enter_nowhere() < 0) {
    tls4217_error_set_errno(
      err, errno, "the key process cannot change its root directory");
    return -1;
  }

  if (setgroups(0, NULL) < 0 ||
    setresgid(settings->gid, settings->gid, settings->gid) < 0 ||
    setresuid(settings->uid, settings->uid, settings->uid) < 0) {
    tls4217_error_set_errno(err, errno,
      "the key process cannot become user %lu", (unsigned long) settings->uid);
    return -1;
  }

  return 0;
}

/* After the change of user, which sets it again. */
static int forbid_looks(struct tls4217_error *err) {
  if (prctl(PR_SET_DUMPABLE, 0) < 0 ||
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    tls4217_error_set_errno(err, errno,
      "the key process cannot prevent other processes from "
      "inspecting it");
    return -1;
  }

  return 0;
}

int tls4217_keysandbox_enter(const struct tls4217_keysandbox_settings *settings,
  struct tls4217_error *err) {
  struct tls4217_error weak;
  int locked = 0;

  /* One heap for all threads: keys do not lie in several. */
  (void) mallopt(M_ARENA_MAX, 1);
  (void) set_limit(RLIMIT_CORE, 0);
  raise_descriptors();

  tls4217_error_clear(&weak);
  if (settings->is_root) {
    locked = lock_memory(&weak);
    if (leave_root(settings, err) < 0) {
      return -1;
    }
  }

  if (forbid_looks(err) < 0) {
    return -1;
  }

  if (locked < 0) {
    *err = weak;
    return 1;
  }

  return 0;
}

#ifdef TLS4217_WITH_SECCOMP

/* What the loop, signatures, parsing and memory need, and the end.  Clocks are
 * asked for without a call of the system (vdso(7)), but not on every kernel;
 * the names with 64 are those of 32-bit processors. */
static const int allowed[] = {
  SCMP_SYS(epoll_wait),
  SCMP_SYS(epoll_pwait),
  SCMP_SYS(epoll_ctl),
  SCMP_SYS(poll),
  SCMP_SYS(ppoll),
  SCMP_SYS(ppoll_time64),
  SCMP_SYS(recvmsg),
  SCMP_SYS(sendmsg),
  SCMP_SYS(read),
  SCMP_SYS(write),
  SCMP_SYS(close),
  SCMP_SYS(dup),
  SCMP_SYS(lseek),
  SCMP_SYS(_llseek),
  SCMP_SYS(fstat),
  SCMP_SYS(fstat64),
  SCMP_SYS(newfstatat),
  SCMP_SYS(brk),
  SCMP_SYS(munmap),
  SCMP_SYS(mremap),
  SCMP_SYS(madvise),
  SCMP_SYS(futex),
  SCMP_SYS(futex_time64),
  SCMP_SYS(getrandom),
  SCMP_SYS(clock_gettime),
  SCMP_SYS(clock_gettime64),
  SCMP_SYS(gettimeofday),
  SCMP_SYS(time),
  SCMP_SYS(getpid),
  SCMP_SYS(gettid),
  SCMP_SYS(sched_yield),
  SCMP_SYS(sched_getaffinity),
  SCMP_SYS(rt_sigreturn),
  SCMP_SYS(rt_sigprocmask),
  SCMP_SYS(sigaltstack),
  SCMP_SYS(restart_syscall),
  SCMP_SYS(set_robust_list),
  SCMP_SYS(rseq),
  SCMP_SYS(exit),
  SCMP_SYS(exit_group),
};

/* The same, but for memory that could be executed. */
static const int allowed_without_code[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2),
  SCMP_SYS(mprotect) };

static void add_rules(scmp_filter_ctx ctx) {
  /* A name that this processor has no call for is left out by the library. */
  for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
    (void) seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0);
  }

  for (size_t i = 0;
       i < sizeof(allowed_without_code) / sizeof(allowed_without_code[0]);
       i++) {
    (void) seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed_without_code[i], 1,
      SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  }
}

int tls4217_keysandbox_filter(struct tls4217_error *err) {
  scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
  int res = -ENOMEM;

  if (ctx != NULL) {
    add_rules(ctx);
    res = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
    if (res == 0) {
      res = seccomp_load(ctx);
    }

    seccomp_release(ctx);
  }

  if (res != 0) {
    tls4217_error_set_errno(err, -res,
      "the key process may use every system call, because the kernel "
      "accepts no seccomp filter");
  }

  return res != 0 ? 1 : 0;
}

#else

int tls4217_keysandbox_filter(struct tls4217_error *err) {
  tls4217_error_set(err, 0,
    "the key process may use every system call: this module was built without "
    "libseccomp");
  return 1;
}

#endif
