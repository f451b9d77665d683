/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a key process is forked
 *
 * Its sockets and its sandbox: which user it becomes, what it has open, that
 * it has no signal handler of ProFTPD's.  What it does then is
 * tls/keys/keyserver.c's.
 */

#ifndef TLS4217_FTP_DAEMON_KEYFORK_H
#define TLS4217_FTP_DAEMON_KEYFORK_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/tls/error.h"

/* The user of the process, where a package has made one. */
#define TLS4217_KEYFORK_USER "tls4217"

struct tls4217_keyfork {
  int daemon_fd; /* the daemon's own socket; -1: none */
  int front[2];  /* where channels are handed in: sessions' end, its end */
  pid_t pid;
};

/*
 * Forks the process, as root where the daemon has it.  front is made if it is
 * not there, and serves on if it is: sessions have it from before.  Returns 0;
 * 1 with err filled where it is less shut in than it could be; or -1 with err
 * filled.
 */
int tls4217_keyfork_start(
  struct tls4217_keyfork *fork, struct tls4217_error *err);

/*
 * Ends a process that hangs: its sessions hear at once that there is no
 * answer.  Only where it is known to be there still, because its socket has
 * not ended.  As root; the daemon's own socket is closed.
 */
void tls4217_keyfork_kill(struct tls4217_keyfork *fork);

/* Closes the daemon's own socket; the place for channels; both. */
void tls4217_keyfork_close_daemon(struct tls4217_keyfork *fork);
void tls4217_keyfork_close_front(struct tls4217_keyfork *fork);
void tls4217_keyfork_close(struct tls4217_keyfork *fork);

/*
 * Over SIGHUP, which unmaps this module: leaves a process to the next one,
 * which finds it by a mark in the environment.  find returns the version of
 * the language that it speaks, or 0 where none was left by this daemon.
 */
void tls4217_keyfork_leave(struct tls4217_keyfork *fork, int version);
int tls4217_keyfork_find(struct tls4217_keyfork *fork);

/* Whether this is proftpd -t, which the core tells nobody: proc(5). */
bool tls4217_keyfork_is_check(void);

#endif
