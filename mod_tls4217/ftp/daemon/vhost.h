/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * Built when the configuration has been read: settings and log, which last
 * until it is read again, and a generation (generation.h), which is swapped
 * whenever its files change.  Sessions get it through fork(2) and change
 * nothing in it.
 */

#ifndef TLS4217_FTP_DAEMON_VHOST_H
#define TLS4217_FTP_DAEMON_VHOST_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/generation.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/filewatch.h"
#include "mod_tls4217/tls/error.h"

struct tls4217_vhost {
  struct tls4217_vhost *next;
  const server_rec *rec;
  uint64_t scope; /* the host's number, the same after SIGHUP */
  struct tls4217_settings settings;
  bool unprepared;     /* the daemon has not known it */
  int log_fd;          /* hosts with the same TLSLog share one */
  const char *log_why; /* why TLSLog cannot be used, or NULL */
  bool offload;        /* the kernel can make records (offload.c) */
  bool reuse_required; /* of each session, whoever its client is */
  bool is_refused;     /* its settings can serve no TLS, whatever its files */

  /* What renewal.c swaps while the daemon runs. */
  struct tls4217_generation *tls;  /* NULL: it cannot serve TLS */
  unsigned long number;            /* of that generation: 1, 2, ... */
  int64_t built;                   /* when it was built, time(2) */
  const char *cause;               /* what for: one of renewal.h's */
  struct tls4217_error last_error; /* why its files could not be used when they
                                      were read last; or empty */
  int64_t failed_since;            /* when they could not the first time, and */
  unsigned int failures;           /* how often since then; 0: they can */
  struct tls4217_filewatch files;  /* when they are to be read again */
  time_t self_signed_tried; /* when that was to be renewed, or 0 */
};

/*
 * The servers of another reading of the configuration follow: those that there
 * are can be found by tls4217_vhost_find_old, until their successors are
 * complete and they are freed.
 */
void tls4217_vhost_begin(void);
void tls4217_vhost_end(void);

/* The server with the scope of this one, from before the last
 * tls4217_vhost_begin; or NULL.  Its rec is gone. */
const struct tls4217_vhost *tls4217_vhost_find_old(
  const struct tls4217_vhost *server);

/*
 * Adds a server with TLSEngine on: its settings and its log, but no generation.
 * Every mistake becomes a complaint.  Returns it, or NULL where TLSEngine is
 * off.
 */
struct tls4217_vhost *tls4217_vhost_add(const server_rec *rec);

/* The first of the servers with TLSEngine on, to be changed by the daemon. */
struct tls4217_vhost *tls4217_vhost_list(void);

/* The first of the servers with TLSEngine on; the others by next. */
const struct tls4217_vhost *tls4217_vhost_first(void);

/* Logs the complaints, in ProFTPD's log and in the servers' TLSLogs. */
void tls4217_vhost_say_complaints(void);

/*
 * Whether this module has read the configuration that the daemon has, or one
 * that was unloaded since: what another has read, mod_tls, is laid out
 * differently.  The note is one of the main server's, which goes with its
 * configuration; a record would cost each session 20,000 instructions.
 */
bool tls4217_vhost_has_read(void);
void tls4217_vhost_note_reading(void);

/* Whether any server has TLSEngine, whoever has read it. */
bool tls4217_vhost_has_engine(void);

/* Frees all servers.  Sessions of this process must not use them after. */
void tls4217_vhost_free_all(void);

/*
 * Whether mod_ifsession is there: it puts records into main_server's
 * configuration, or takes some out, for the class at the start of a session
 * and for the user after login.
 */
bool tls4217_vhost_has_ifsession(void);

/* Whether a server answers at the address and port that the client of this
 * session has reached. */
bool tls4217_vhost_answers_here(const struct tls4217_vhost *server);

/* The most hosts of one address that a session may switch between. */
#define TLS4217_MAX_HOSTS 4096

/*
 * The hosts with TLSEngine on that answer at the address of rec, itself
 * included, into recs of max.  *reuse_required becomes whether all of them
 * require that data connections resume.  Where there is none, and the daemon
 * has not known rec, it is the first server.  Returns how many there are.
 */
size_t tls4217_vhost_list_neighbours(const server_rec *rec,
  const server_rec **recs, size_t max, bool *reuse_required);

/*
 * For a session: closes the TLSLogs of all hosts but of these n, which stand in
 * the order of the list above.  What takes over a session has the log of no
 * other host.
 */
void tls4217_vhost_keep_logs(const server_rec *const *recs, size_t n);

/*
 * For a session: the keys of these n hosts are those that it can use, so that
 * hosts which the daemon has not known can have them (latehost.h).
 */
void tls4217_vhost_lend(const server_rec *const *recs, size_t n);

/*
 * The server of a server_rec, or NULL where TLSEngine is off.  One that has it
 * on, and for which nothing was prepared, is made here, perhaps without a
 * generation: what is missing is never taken for "off".
 */
const struct tls4217_vhost *tls4217_vhost_find(const server_rec *rec);

#endif
