/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the key process gives up
 *
 * Root, the file system, being read by others (core files, ptrace(2), swap),
 * and every system call that it does not need: whoever exploits a fault in it
 * has a process that can sign and answer.  setresuid(2), chroot(2), prctl(2),
 * mlockall(2), seccomp(2).
 */

#ifndef TLS4217_TLS_KEYS_KEYSANDBOX_H
#define TLS4217_TLS_KEYS_KEYSANDBOX_H

#include <stdbool.h>
#include <sys/types.h>

#include "mod_tls4217/tls/error.h"

struct tls4217_keysandbox_settings {
  bool is_root; /* whether there is anything to give up */
  uid_t uid;    /* of whom the process becomes */
  gid_t gid;
};

/*
 * Before any thread and any key: no core file, more descriptors, memory that is
 * never swapped out, the empty directory, the other user, and no other process
 * may inspect it.  Without root, as much of it as can be.  Returns 0; 1 with
 * err filled where the memory cannot be locked, as in many containers; or -1
 * with err filled where something that was to be given up could not be.
 */
int tls4217_keysandbox_enter(const struct tls4217_keysandbox_settings *settings,
  struct tls4217_error *err);

/*
 * When all threads are there: from now on a system call that is not on the
 * list ends the process.  Returns 0, or 1 with err filled where there is no
 * such filter: this build has none, or the kernel refuses it, as in some
 * containers.
 */
int tls4217_keysandbox_filter(struct tls4217_error *err);

#endif
