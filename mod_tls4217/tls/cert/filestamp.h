/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - whether a file is still what it was
 *
 * Device, inode, size, and the times of the last change, of what a path leads
 * to: stat(2) follows symbolic links, so that one that is swapped counts, too.
 * A directory has the stamps of its entries in its own.
 *
 * A file system's clock is coarse (inode(7)): what is written twice within one
 * tick can have one stamp.  A stamp that is fresh is therefore no proof that
 * nothing has changed since.
 */

#ifndef TLS4217_TLS_CERT_FILESTAMP_H
#define TLS4217_TLS_CERT_FILESTAMP_H

#include <stdbool.h>
#include <stdint.h>

#include <sys/stat.h>

struct tls4217_filestamp {
  uint64_t device, inode, size;
  int64_t modified, changed; /* st_mtim and st_ctim, nanoseconds */
  uint64_t entries;          /* of a directory: a digest; else 0 */
  int errnum;                /* stat(2)'s, where there is no such file; or 0 */
};

/*
 * Takes the stamp of path, with the caller's privileges.  levels says how many
 * levels of directories count with their entries, those that begin with a dot
 * left out: 1 for a directory of files, 2 for one of such directories.  The
 * stamp of a directory has the latest time of change of all of them.
 */
void tls4217_filestamp_take(
  const char *path, unsigned int levels, struct tls4217_filestamp *stamp);

/* The stamp of a file that is open: what fstat(2) says. */
struct tls4217_filestamp tls4217_filestamp_of(const struct stat *st);

/* Whether two stamps are the same in every field.  Where neither is fresh (see
 * below), that means the same file with the same content. */
bool tls4217_filestamp_equal(const struct tls4217_filestamp *first,
  const struct tls4217_filestamp *second);

/* Whether it has changed so lately (less than two seconds before now, or after
 * it) that an equal stamp proves nothing.  now is time(2)'s. */
bool tls4217_filestamp_is_fresh(
  const struct tls4217_filestamp *stamp, int64_t now);

/* One look at many files.  Empty: all zeros. */
struct tls4217_filelook {
  uint64_t digest; /* of all stamps */
  bool is_fresh;   /* one of them is */
};

/* Adds a path to it: see tls4217_filestamp_take.  NULL is left out. */
void tls4217_filestamp_look(struct tls4217_filelook *look, const char *path,
  unsigned int levels, int64_t now);

#endif
