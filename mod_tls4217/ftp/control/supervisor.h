/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the process that outlives a login
 *
 * A login cannot be taken back within its process: it may be in a chroot and
 * has given up root, and ProFTPD's modules remember it.  Under TLSOptions
 * AllowReinitialize the process that the daemon forked for a client therefore
 * becomes its supervisor, and forks the one that serves the client.  When that
 * one ends because of REIN (RFC 4217, section 13), the supervisor forks the
 * next, which finds everything as after connect; when it ends for any other
 * reason, the supervisor ends in the same way.
 *
 * The supervisor holds the control connection open and passes signals on.  It
 * never reads a byte from the client, has no entry in the scoreboard and no
 * TLS session, and keeps root in its saved uid for the login to come.
 */

#ifndef TLS4217_FTP_CONTROL_SUPERVISOR_H
#define TLS4217_FTP_CONTROL_SUPERVISOR_H

#include "mod_tls4217/ftp/core.h"

/* What a serving process leaves behind for the next: shared memory. */
struct tls4217_supervisor_page {
  bool again;            /* ended by REIN: fork another */
  unsigned int reins;    /* how often REIN was accepted */
  unsigned int failures; /* how many logins failed */
};

/* A serving process's view of its supervisor. */
struct tls4217_supervisor {
  struct tls4217_supervisor_page *page; /* NULL: there is no supervisor */
  pid_t pid;                            /* of the supervisor */
  bool rein_accepted;                   /* REIN was accepted after login */
  bool denied;                          /* too many logins failed */
  bool holds_greeting;                  /* ProFTPD's greeting is held back */
  unsigned int own_failures;            /* of this process */
};

/*
 * Makes this process a supervisor, where there can be one: in a process that a
 * standalone daemon forked (not under inetd, not with proftpd -X).  Called
 * once, in sess_init, before there is anything to share.
 *
 * Returns in the process that serves the client, several times over a
 * connection, each time in a new one and with *supervisor filled; or without a
 * supervisor, with page NULL.  In the supervisor it does not return.
 */
void tls4217_supervisor_start(struct tls4217_supervisor *supervisor);

/* Whether there is a supervisor that could fork another process. */
bool tls4217_supervisor_is_there(const struct tls4217_supervisor *supervisor);

/*
 * Ends the session if its supervisor is gone: the daemon knows of no other
 * process of it.
 * To be called now and then, where page is not NULL.  May not return.
 */
void tls4217_supervisor_end_alone(const struct tls4217_supervisor *supervisor);

/* Has this process end before the next command, for another to take over. */
void tls4217_supervisor_leave(struct tls4217_supervisor *supervisor);

/*
 * Counts a failed login.  ProFTPD counts those of one process; when those of
 * all processes of this connection reach limit (0: none), this one ends
 * before the next command.
 */
void tls4217_supervisor_count_failure(
  struct tls4217_supervisor *supervisor, unsigned int limit);

/*
 * To be called whenever ProFTPD is about to read a command: does what was
 * postponed until then.  May not return.
 */
void tls4217_supervisor_before_command(struct tls4217_supervisor *supervisor);

#endif
