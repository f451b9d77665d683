/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - when files are to be read again
 *
 * Decided for every reader of files in one way, from looks at them
 * (filestamp.h).
 */

#ifndef TLS4217_TLS_CERT_FILEWATCH_H
#define TLS4217_TLS_CERT_FILEWATCH_H

#include "mod_tls4217/tls/cert/filestamp.h"

/*
 * What a reader of files remembers: how they looked when they were read, and
 * at the last look.  Empty: all zeros.
 */
struct tls4217_filewatch {
  struct tls4217_filelook read, last;
};

/* The files are about to be read.  now is a look from before that, so that
 * what changes meanwhile is found at the next one. */
void tls4217_filewatch_begin(
  struct tls4217_filewatch *watch, const struct tls4217_filelook *now);

/*
 * Takes another look at the same files.  Returns whether they are to be read:
 * they have changed since, or were fresh when they were read, or has_failed
 * says that they could not be used then.  Files that are being written are not
 * read: they must be the same as at the last look, and not be fresh.
 */
bool tls4217_filewatch_calls_for_reading(struct tls4217_filewatch *watch,
  const struct tls4217_filelook *now, bool has_failed);

/* Whether the last look has found other files than those that were read. */
bool tls4217_filewatch_has_changed(const struct tls4217_filewatch *watch);

#endif
