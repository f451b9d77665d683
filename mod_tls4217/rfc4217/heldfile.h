/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what an upload may do to its file before TLS is up
 *
 * RFC 4217, section 10.2: a data connection that is not acceptable ends its
 * transfer, and nothing else; so the file must be as it was then.  These are
 * the decisions; whoever opens, looks and removes hands in what it has found.
 *
 *             begin             open, and it was not there
 *     IDLE ----------> WAITING ----------------------------> CREATED
 *       ^                 |      open, and it was there
 *       |                 +--------------------------------> BORROWED
 *       +---- commit (TLS is up), or end (the upload has failed) ----+
 */

#ifndef TLS4217_RFC4217_HELDFILE_H
#define TLS4217_RFC4217_HELDFILE_H

#include <stdbool.h>
#include <sys/stat.h>

enum tls4217_heldfile_state {
  TLS4217_HELDFILE_IDLE,    /* nothing is held back */
  TLS4217_HELDFILE_WAITING, /* an upload is about to open its file */
  TLS4217_HELDFILE_CREATED, /* it has made the file */
  TLS4217_HELDFILE_BORROWED /* the file was there before */
};

struct tls4217_heldfile {
  enum tls4217_heldfile_state state;
  bool made_before; /* the core has made the file for this upload (STOU) */
  bool truncate;    /* the caller asked for that, and it has not been done */
  struct stat made; /* CREATED: as it was then */
};

/* An upload begins; what was held before is forgotten.  made_before: its
 * file has been made for it already, and is empty. */
void tls4217_heldfile_begin(struct tls4217_heldfile *held, bool made_before);

/*
 * Whether an open(2) with these flags of the file that the upload writes to
 * is to be held: the first one for writing.
 */
bool tls4217_heldfile_takes(const struct tls4217_heldfile *held, int flags);

/*
 * Opens the file as it is, and makes it only if it is not there.  open is
 * called, with user, up to three times, and behaves as open(2) with the flags
 * it is given; held notes what came of it.
 *
 * Returns the descriptor, or -1 with errno of open.
 */
int tls4217_heldfile_open(struct tls4217_heldfile *held, int flags,
  int (*open)(void *user, int flags), void *user);

/*
 * What fstat(2) says of the file that has just been opened.  Only a regular
 * file without a byte in it counts as made by this upload.
 */
void tls4217_heldfile_note(
  struct tls4217_heldfile *held, const struct stat *opened);

/*
 * The upload has failed: whether the file is to be removed under its name,
 * given what the descriptor has (fstat(2)) and what the name has (lstat(2)).
 * Only what this upload has made, if the name still has it and no one has
 * written to it.
 */
bool tls4217_heldfile_may_remove(const struct tls4217_heldfile *held,
  const struct stat *opened, const struct stat *named);

/* TLS is up, or the upload is over: IDLE. */
void tls4217_heldfile_release(struct tls4217_heldfile *held);

#endif
