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
#include "mod_tls4217/tls/keys/keysandbox.h"

/* The user of the process, where a package has made one. */
#define TLS4217_KEYFORK_USER "tls4217"

struct tls4217_keyfork {
  int daemon_fd; /* the daemon's own socket; -1: none */
  int front[2];  /* where channels are handed in: sessions' end, its end */
  pid_t pid;
};

/*
 * Forks the process, as root where the daemon has it.  front is made if it is
 * not there; if it is, it stays, because sessions have it.  Returns 0; 1 with
 * err filled where its sandbox is weaker than it could be; or -1 with err
 * filled.
 */
int tls4217_keyfork_start(
  struct tls4217_keyfork *fork, struct tls4217_error *err);

/*
 * One that has ended (errnum of why is EPIPE), hangs or sends invalid messages:
 * logs that, for the restart of this number, closes the daemon's own socket,
 * and kills it where it is still there, so that its sessions fail at once.
 */
void tls4217_keyfork_give_up(struct tls4217_keyfork *fork,
  const struct tls4217_error *why, unsigned int restart);

/* Closes the daemon's own socket; the place for channels; both. */
void tls4217_keyfork_close_daemon(struct tls4217_keyfork *fork);
void tls4217_keyfork_close_front(struct tls4217_keyfork *fork);
void tls4217_keyfork_close(struct tls4217_keyfork *fork);

/*
 * Over SIGHUP, which unmaps this module: leaves a process to the next one,
 * which finds it by a variable of the environment.  find returns the version of
 * its protocol, or 0 where none was left by this daemon.
 */
void tls4217_keyfork_leave(struct tls4217_keyfork *fork, int version);
int tls4217_keyfork_find(struct tls4217_keyfork *fork);

/* Of whom it becomes, as root: its own user, or where there is none the
 * server's, which returns false. */
bool tls4217_keyfork_choose_user(struct tls4217_keysandbox_settings *sandbox);

/* Whether the configuration has one, which proftpd -t only reads. */
bool tls4217_keyfork_is_configured(void);

/* Whether this is proftpd -t; the core does not say so, but proc(5) does. */
bool tls4217_keyfork_is_check(void);

#endif
