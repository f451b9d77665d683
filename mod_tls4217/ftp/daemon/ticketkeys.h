/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the daemon's ring of ticket keys
 *
 * TLSSessionTicketKeys, TLSSessionTicketKeyFile.  One ring (tls/ticketring.h)
 * for all hosts, made here, read from files, or shared with other daemons
 * (ticketredis.h), and kept up to date by a timer; sessions have it as it was
 * at their fork.  SIGHUP unmaps the module and frees every context: the ring is
 * kept by the key process meanwhile, or, where there is none, in the daemon's
 * own memory (restartmemory.h).
 */

#ifndef TLS4217_FTP_DAEMON_TICKETKEYS_H
#define TLS4217_FTP_DAEMON_TICKETKEYS_H

#include "mod_tls4217/tls/ticketring.h"

/*
 * When the configuration has been read, and the key process is there: finds the
 * ring from before SIGHUP, or makes one, and keeps it up to date from now on.
 * apply is called once now, and whenever the ring has changed: it must pass
 * each context to tls4217_ticketkeys_apply.
 */
void tls4217_ticketkeys_begin(void (*apply)(void));

/*
 * Whether files of keys could not be used when they were read last, or Redis
 * cannot be asked at all.  A start fails then; a running daemon keeps the keys
 * that it has.
 */
bool tls4217_ticketkeys_are_refused(void);

/* Looks whether files of keys have changed, and reads them when they have
 * (filewatch.h).  Where they cannot be used, the reason is logged once, and the
 * ring remains what it was. */
void tls4217_ticketkeys_look(void);

/* Reads files of keys at once, if there are any, or what Redis has.  Returns 0,
 * or -1 with err filled, and the ring remains what it was. */
int tls4217_ticketkeys_reload(struct tls4217_error *err);

/* Gives a context the keys of the ring. */
void tls4217_ticketkeys_apply(struct tls4217_context *context);

/*
 * Another key encrypts from now on; older ones decrypt.  Where keys are in
 * files, these are read again; where Redis has them, all hosts get another one,
 * which encrypts when they have it.  Returns 0, or -1 with err filled, and the
 * ring remains what it was.
 */
int tls4217_ticketkeys_rotate(struct tls4217_error *err);

/* What can be shown of the ring: a label of the key that encrypts, and how many
 * decrypt, that one included. */
struct tls4217_ticketkeys_facts {
  bool are_files;  /* keys are in files */
  bool are_shared; /* keys are those that Redis has */
  bool are_alone;  /* it should have them, and does not answer */
  int64_t since;   /* when it began to encrypt, time(2) */
  int64_t next;    /* when another one does; 0: when the files have one */
  char label[TLS4217_TICKETRING_LABEL];
  size_t count;
};

/* Returns false where there is no ring. */
bool tls4217_ticketkeys_tell(struct tls4217_ticketkeys_facts *facts);

/* The module is unloaded: where it will be loaded again (SIGHUP), the ring is
 * kept for that.  Before tls4217_keyprocess_end. */
void tls4217_ticketkeys_end(bool restarts);

#endif
