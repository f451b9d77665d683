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

/* Closes the daemon's own socket; the place for channels; both. */
void tls4217_keyfork_close_daemon(struct tls4217_keyfork *fork);
void tls4217_keyfork_close_front(struct tls4217_keyfork *fork);
void tls4217_keyfork_close(struct tls4217_keyfork *fork);

/* Whether this is proftpd -t, which the core tells nobody: proc(5). */
bool tls4217_keyfork_is_check(void);

#endif
