/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file that is read whole
 *
 * So that what is checked is what is used.  open(2), fstat(2), read(2): a
 * directory, a FIFO or a device in place of the file is refused without
 * waiting for it, and so is a file that is too large, or that changes
 * meanwhile.  Says what is wrong in an administrator's words.
 */

#ifndef TLS4217_TLS_CERT_WHOLEFILE_H
#define TLS4217_TLS_CERT_WHOLEFILE_H

#include <stddef.h>

#include <sys/types.h>

#include "mod_tls4217/tls/error.h"

/* A file in memory.  It may hold a key: wipe it as soon as may be.  The first
 * four are the caller's, and borrowed. */
struct tls4217_wholefile {
  const char *role;    /* "certificate file", for messages */
  const char *path;    /* for messages, and to be opened */
  const char *content; /* what it should hold, for messages: "PEM text" */
  size_t limit;        /* bytes; what is larger is refused */

  char *bytes; /* owned; a NUL behind them */
  size_t size; /* without it */
  uid_t owner;
  mode_t mode;
};

/*
 * Opens it (after symbolic links), with the caller's privileges and without
 * waiting.  Returns a descriptor, close-on-exec; or -1 with err naming role
 * and path, and open(2)'s errnum.
 */
int tls4217_wholefile_open(
  const struct tls4217_wholefile *file, struct tls4217_error *err);

/* The same for a path that others may have chosen, as root perhaps: not if it
 * is a symbolic link (ELOOP). */
int tls4217_wholefile_open_nofollow(
  const struct tls4217_wholefile *file, struct tls4217_error *err);

/*
 * Reads all of fd, which it closes in any case.  It must be a regular file of
 * at most limit bytes that is not empty.
 *
 * Returns 0, or -1 with err naming role and path, and errnum: EISDIR, EFBIG,
 * EAGAIN where the file changed while it was read, EINVAL, or read(2)'s.  Call
 * tls4217_wholefile_wipe in both cases.
 */
int tls4217_wholefile_read(
  struct tls4217_wholefile *file, int fd, struct tls4217_error *err);

/*
 * Reads from a descriptor until size bytes are there, or its end, or nothing
 * is to be had now from a pipe that does not wait.  Returns the number of
 * bytes, or -1 with read(2)'s errno.
 */
ssize_t tls4217_wholefile_fill(int fd, char *buf, size_t size);

/* Fills err for a file that another process could not open, because of
 * errnum. */
void tls4217_wholefile_refuse(
  const struct tls4217_wholefile *file, int errnum, struct tls4217_error *err);

/* Wipes and frees what was read; fine where nothing was. */
void tls4217_wholefile_wipe(struct tls4217_wholefile *file);

#endif
