/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * A processor with AMX has more registers than a user-mode-linux of 2023 has
 * room for (2696 bytes), and the machine's kernel takes all of them from a
 * tracer or none: "ptrace set fp regs failed", and a panic at boot.  This is
 * put before the C library (LD_PRELOAD): what is missing behind the registers
 * that it knows is filled up with zeros, which is how those others begin, and
 * they are said not to be in use.  On other machines it changes nothing.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* XSAVE area (Intel SDM, volume 1, 13.4): the header is behind 512 bytes of
 * legacy registers, and begins with a bit for each set that is in use.  Those
 * of AMX are 17 and 18. */
#define HEADER 512
#define AMX    (UINT64_C(3) << 17)

typedef long (*ptrace_function)(int, ...);

static char area[64 * 1024];

/* How large the machine's kernel wants it. */
static size_t full_size(ptrace_function real, pid_t pid, void *kind) {
  static size_t size;
  struct iovec all = { area, sizeof(area) };

  if (size == 0 && real(PTRACE_GETREGSET, pid, kind, &all) == 0) {
    size = all.iov_len;
  }

  return size;
}

long ptrace(enum __ptrace_request request, ...) {
  ptrace_function real = (ptrace_function) dlsym(RTLD_NEXT, "ptrace");
  struct iovec *given, filled = { area, 0 };
  va_list ap;
  pid_t pid;
  void *kind;
  uint64_t used;

  va_start(ap, request);
  pid = va_arg(ap, pid_t);
  kind = va_arg(ap, void *);
  given = va_arg(ap, void *);
  va_end(ap);

  if (request == PTRACE_SETREGSET && (uintptr_t) kind == NT_X86_XSTATE) {
    filled.iov_len = full_size(real, pid, kind);
    if (given->iov_len > HEADER && given->iov_len < filled.iov_len) {
      memset(area, 0, filled.iov_len);
      memcpy(area, given->iov_base, given->iov_len);
      memcpy(&used, area + HEADER, sizeof(used));
      used &= ~AMX;
      memcpy(area + HEADER, &used, sizeof(used));
      given = &filled;
    }
  }

  return real(request, pid, kind, given);
}
