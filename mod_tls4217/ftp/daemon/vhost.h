/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * Built after the configuration has been read: settings, TLS context, log.
 * Sessions get it through fork(2) and change nothing in it.
 */

#ifndef TLS4217_FTP_DAEMON_VHOST_H
#define TLS4217_FTP_DAEMON_VHOST_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/generation.h"
#include "mod_tls4217/ftp/config/settings.h"

struct tls4217_vhost {
  struct tls4217_vhost *next;
  const server_rec *rec;
  struct tls4217_settings settings;
  struct tls4217_generation tls;
  const char *trouble; /* why it cannot serve TLS, or NULL */
  int log_fd;          /* hosts with the same TLSLog share one */
  const char *log_why; /* why TLSLog cannot be used, or NULL */
  bool offload;        /* the kernel can make records (offload.c) */
  bool reuse_required; /* of each session, whoever its client is */
};

/* How many of the servers with TLSEngine on can serve TLS. */
enum tls4217_readiness {
  TLS4217_READY_ALL, /* perhaps because there is none */
  TLS4217_READY_SOME,
  TLS4217_READY_NONE
};

/*
 * Builds the servers of server_list that have TLSEngine on, in place of those
 * that were built before.  Every mistake becomes a complaint.  A server that
 * cannot serve TLS is kept, without a context: AUTH gets 431, and its policies
 * hold.  One with port 0 is served by nobody, and needs nothing.
 */
enum tls4217_readiness tls4217_vhost_build_all(void);

/*
 * The same while the daemon runs, and says the complaints: files are read
 * again, the configuration is not.  Sessions that there are keep what they
 * have.
 */
enum tls4217_readiness tls4217_vhost_rebuild(void);

/*
 * Whether each server that serves TLS would go on to do so with what its files
 * are now (generation.h says how far that is known).  Says the complaints if
 * not.  Returns 0, or -1 with *why, of p, filled: the server and its reason.
 */
int tls4217_vhost_check_files(pool *p, const char **why);

/*
 * New keys for session tickets: those of before are not read by the sessions
 * that begin from now on.  Returns 0, or -1 with err filled where a server has
 * kept its own.
 */
int tls4217_vhost_rotate(struct tls4217_error *err);

/* The first of the servers with TLSEngine on; the others by next. */
const struct tls4217_vhost *tls4217_vhost_first(void);

/* Says the complaints, in ProFTPD's log and in the servers' TLSLogs. */
void tls4217_vhost_say_complaints(void);

/*
 * Whether this module has read the configuration that the daemon has, or one
 * that was unloaded since: what another has read, mod_tls, is laid out
 * differently.  The note lies among the main server's records.
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

/* The most hosts of one address that a session may switch between. */
#define TLS4217_MAX_HOSTS 4096

/*
 * The hosts with TLSEngine on that answer at the address of rec, itself
 * included, into recs of max.  *reuse_required becomes whether all of them
 * require that data connections resume.  Returns how many there are.
 */
size_t tls4217_vhost_list_neighbours(const server_rec *rec,
  const server_rec **recs, size_t max, bool *reuse_required);

/*
 * The server of a server_rec, or NULL where TLSEngine is off.  One that has it
 * on, and for which nothing was prepared, is made here, without a context:
 * what is missing is never taken for "off".
 */
const struct tls4217_vhost *tls4217_vhost_find(const server_rec *rec);

#endif
