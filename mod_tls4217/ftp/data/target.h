/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a command is about
 *
 * Policies speak of places; a command gives a name as the client sees it:
 * relative, with "..", through symbolic links, below a chroot, with options and
 * patterns in a listing.  This file reads the command and reports each place
 * that it touches, until the visitor ends that.
 */

#ifndef TLS4217_FTP_DATA_TARGET_H
#define TLS4217_FTP_DATA_TARGET_H

#include "mod_tls4217/ftp/core.h"

/* What one command touches. */
enum tls4217_reading {
  TLS4217_READING_NAME,    /* the whole argument is a name */
  TLS4217_READING_LISTING, /* options and a pattern, as mod_ls reads them */
  TLS4217_READING_UNIQUE,  /* some name in the working directory: STOU */
};

struct tls4217_visitor {
  /* Called for each name (decoded, as the client would write it) that the
   * command touches.  False ends the visit. */
  bool (*visit)(void *data, const char *name);

  /* Whether a listing may go down here without being looked through: asked
   * before that is done.  False has it done. */
  bool (*is_harmless)(void *data);

  void *data;
};

/*
 * Visits all that arg names, in a reading: what a pattern matches, and the
 * directories below it where a listing goes down (-R of the client's, or of
 * ListOptions).  A listing that can be read in more than one way is visited
 * in each.  p holds what is needed meanwhile.
 *
 * Returns true if everything was visited that the command touches, or that
 * is_harmless has vouched for; false if the visitor ended it, or if there is
 * more than can be visited (*unlisted becomes true then).
 */
bool tls4217_target_visit(pool *p, enum tls4217_reading reading,
  const char *arg, const struct tls4217_visitor *visitor, bool *unlisted);

#endif
