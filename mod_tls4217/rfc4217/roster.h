/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who has which connection, in memory that processes share
 *
 * One row for each session that has TLS, from its handshake on: which control
 * connection it is, whose, at which server, from where.  Written by the session
 * itself, read by the others and by the daemon.  No process waits for another:
 * a row has a turn that is odd while it is being written, and one that stays
 * odd is not read.  A row whose process has ended is taken when there is no
 * other.
 *
 * Any process may write nonsense here: what is read is bounded, and texts end.
 */

#ifndef TLS4217_RFC4217_ROSTER_H
#define TLS4217_RFC4217_ROSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TLS4217_ROSTER_ROWS        4096
#define TLS4217_ROSTER_DIGEST_SIZE 32

/* One session.  Texts that are too long are cut, and then match no user. */
struct tls4217_roster_entry {
  int32_t pid;
  uint64_t start;  /* of the process, against a later one's; 0: unknown */
  uint64_t server; /* a number of its own for each virtual host */
  unsigned char digest[TLS4217_ROSTER_DIGEST_SIZE];  /* of the binding's id */
  unsigned char resumed[TLS4217_ROSTER_DIGEST_SIZE]; /* of the one whose session
                                          it has resumed; or zeros */
  bool anonymous;
  char user[128];   /* "": TLS is up, and no one has logged in yet */
  char address[64]; /* of the control connection's client */
  char client[64];  /* what it calls itself; "" for nothing */
};

/* Whether the process that has written a row is still there. */
typedef bool (*tls4217_roster_alive)(int32_t pid, uint64_t start);

struct tls4217_roster;

/* The memory that it needs, in bytes; all zeros is one without rows. */
size_t tls4217_roster_size(void);

/*
 * Takes a row for the calling process.  Returns its number, or -1 where all of
 * them are taken.
 */
int tls4217_roster_enter(struct tls4217_roster *roster,
  const struct tls4217_roster_entry *entry, tls4217_roster_alive is_alive);

/* Writes a row again that enter has returned to the process of entry. */
void tls4217_roster_update(struct tls4217_roster *roster, int row,
  const struct tls4217_roster_entry *entry);

/* Gives a row back that enter has returned to process pid; -1 is fine. */
void tls4217_roster_leave(struct tls4217_roster *roster, int row, int32_t pid);

/* Copies row to *entry.  Returns false where it is empty or being written. */
bool tls4217_roster_read(const struct tls4217_roster *roster, int row,
  struct tls4217_roster_entry *entry);

/* How many rows have ever been taken: the first of them. */
int tls4217_roster_count(const struct tls4217_roster *roster);

/*
 * Copies the row of a digest to *entry, if its process is still there.
 * Returns whether there is one.
 */
bool tls4217_roster_find(const struct tls4217_roster *roster,
  const unsigned char *digest, tls4217_roster_alive is_alive,
  struct tls4217_roster_entry *entry);

/*
 * The same for the row of one that has resumed the session of that digest, and
 * is a companion of one, or may become it.
 */
bool tls4217_roster_find_heir(const struct tls4217_roster *roster,
  const struct tls4217_roster_entry *one, const unsigned char *digest,
  tls4217_roster_alive is_alive, struct tls4217_roster_entry *entry);

/* Gives back the rows of processes that have ended; returns how many. */
int tls4217_roster_sweep(
  struct tls4217_roster *roster, tls4217_roster_alive is_alive);

/* Whether the other one may still become a companion: no one has logged in
 * there, and it is the same client's address. */
bool tls4217_roster_may_become_companions(
  const struct tls4217_roster_entry *one,
  const struct tls4217_roster_entry *other);

/*
 * TLSSessionReuse user: whether what opens the data connections of one session
 * may open those of the other, because both are the same user's, at the same
 * server, from the same address, and no anonymous one's.
 */
bool tls4217_roster_are_companions(const struct tls4217_roster_entry *one,
  const struct tls4217_roster_entry *other);

/* Copies text into one of an entry's, of size bytes. */
void tls4217_roster_set_text(char *buf, size_t size, const char *text);

#endif
