/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key process, as the daemon and its sessions see it
 *
 * TLSKeyIsolation.  Started before any key is read, found again after SIGHUP,
 * restarted when it has died; loads the key pairs of the virtual hosts, and
 * keeps the last good ones.  A session gets a channel of its own before it
 * reads a byte of the client's.
 */

#ifndef TLS4217_FTP_DAEMON_KEYPROCESS_H
#define TLS4217_FTP_DAEMON_KEYPROCESS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"

/*
 * Before the key pairs are loaded: finds the key process from before SIGHUP; a
 * new one is started for the first pair.  Where TLSKeyIsolation is off, and for
 * proftpd -t and inetd, there will be none, and the previous one is left when
 * the hosts have been built (settle).
 */
void tls4217_keyprocess_begin(void);

/* Whether private keys are to be kept there, and nowhere else. */
bool tls4217_keyprocess_is_there(void);

/* The process id of the key process; 0: there is none. */
pid_t tls4217_keyprocess_pid(void);

/*
 * Has it load a pair, as root; or recall the last good one of the same files,
 * without reading any.  Return a new pair (tls4217_keypair_free) with *handle
 * filled, which is to be released when the pair is freed; or NULL with err
 * filled.
 */
struct tls4217_keypair *tls4217_keyprocess_load(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err);
struct tls4217_keypair *tls4217_keyprocess_recall(const server_rec *rec,
  const struct tls4217_certificate_files *files, uint64_t *handle,
  struct tls4217_error *err);

/* Hands it a pass phrase, for the next pair that it loads: the reading end of a
 * pipe, which stays the caller's (phrasebook.h).  Returns 0, or -1 with err
 * filled. */
int tls4217_keyprocess_unlock(int pipe, struct tls4217_error *err);

/* A host serves with the pair of a handle: it is the last good one of its
 * files. */
void tls4217_keyprocess_accept(uint64_t handle);

/* The pair of a handle was freed.  Its key stays for a while, for sessions
 * that were forked before (keyloads.h). */
void tls4217_keyprocess_release(uint64_t handle);

/* Whether the key of a handle went with a key process that has ended. */
bool tls4217_keyprocess_has_lost(uint64_t handle);

/*
 * When the pairs of all hosts, or of one, have been loaded: keys that no host
 * has any more are dropped a while later (keyloads.h), and the process is
 * watched from now on.  Where keys are not to be isolated any more, it is left.
 *
 * It is restarted when it has ended, hangs or sends invalid messages.  renew is
 * called then, from a timer: changed says that a key could not be loaded again
 * as it was, so that the hosts which have it must be built again.  renew is to
 * call this function once more.
 */
void tls4217_keyprocess_settle(void (*renew)(bool changed));

/*
 * Has bytes kept there under a name, over SIGHUP; and gets them back into a
 * buffer of *size bytes (keyloader.h).  Where there is no process, the first
 * fails, and the second finds none: *size becomes 0.  Return 0, or -1 with err
 * filled.
 */
int tls4217_keyprocess_keep(
  const char *name, const void *bytes, size_t size, struct tls4217_error *err);
int tls4217_keyprocess_fetch(
  const char *name, void *bytes, size_t *size, struct tls4217_error *err);

/* Between the two calls, this process itself can have a few signatures. */
void tls4217_keyprocess_warm_up_begin(const server_rec *rec);
void tls4217_keyprocess_warm_up_end(void);

/*
 * In a process that will serve a client, or supervise one that does: what only
 * the daemon may have is closed.
 */
void tls4217_keyprocess_leave_daemon(void);

/*
 * In a session, before the first byte of the client is read: its own channel,
 * for so many signatures by the keys of nrecs hosts, none where that is 0.
 * The place where channels are handed in is closed.  Where it fails, each full
 * handshake fails with the reason.
 */
void tls4217_keyprocess_join(
  const server_rec *const *recs, size_t nrecs, unsigned int signatures);

/*
 * The module is unloaded: when it will be loaded again (SIGHUP), the process
 * stays, and is found again; else it ends with its last session.  No key of it
 * may still be in use.
 */
void tls4217_keyprocess_end(bool restarts);

#endif
