/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - memory that the daemon and all of its sessions share
 *
 * Made before the first session is forked, and found again after SIGHUP, which
 * unmaps this module and leaves the memory: sessions from before and after it
 * use the same.  A module with another layout makes memory of its own.
 */

#ifndef TLS4217_FTP_DAEMON_SHARED_H
#define TLS4217_FTP_DAEMON_SHARED_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/rfc4217/counters.h"
#include "mod_tls4217/rfc4217/reminders.h"
#include "mod_tls4217/rfc4217/roster.h"
#include "mod_tls4217/rfc4217/strangers.h"

/*
 * In the daemon, when the configuration has been read: makes it, or finds it.
 * Where there is no memory it is logged, and no session has a companion.
 */
void tls4217_shared_begin(void);

/* The module is unloaded: for SIGHUP it is left, else it is given back. */
void tls4217_shared_end(bool restarts);

/* Its parts; NULL where there is none. */
struct tls4217_roster *tls4217_shared_roster(void);
struct tls4217_strangers *tls4217_shared_strangers(void);
struct tls4217_counters *tls4217_shared_counters(void);
struct tls4217_reminders *tls4217_shared_reminders(void);

/*
 * Whether a process is there, for roster.h.  start 0, or where proc(5) cannot
 * be read (a session in its chroot): whether there is one of that number.
 */
bool tls4217_shared_is_alive(int32_t pid, uint64_t start);

/* When a process was started, in the kernel's ticks; 0: not known. */
uint64_t tls4217_shared_start_of(int32_t pid);

#endif
