/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a file that appears whole, or not at all
 *
 * mkstemp(3) beside its place, fsync(2), then link(2) or rename(2).
 */

#ifndef TLS4217_TLS_CERT_NEWFILE_H
#define TLS4217_TLS_CERT_NEWFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "mod_tls4217/tls/error.h"

struct tls4217_newfile {
  const char *role; /* "certificate file", for messages */
  const char *path;
  const char *bytes;
  size_t size;
  bool replaces; /* what has the name already */
};

/*
 * Writes it, with mode 0600 and the caller's user; its directory must be there.
 * Returns 1; 0 where something has the name and is not to be replaced; or -1
 * with err naming the file and the reason: nothing has changed then.
 */
int tls4217_newfile_write(
  const struct tls4217_newfile *file, struct tls4217_error *err);

#endif
