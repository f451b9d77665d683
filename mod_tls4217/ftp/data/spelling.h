/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - all the names of one place
 *
 * A file has the name that the client wrote, the one that is left when links
 * are resolved, and, where mod_vroot is at work, one inside the virtual root
 * and one outside of it.  An administrator may have written any of them in
 * <Directory>, so all of them are checked, and the strictest view wins.
 */

#ifndef TLS4217_FTP_DATA_SPELLING_H
#define TLS4217_FTP_DATA_SPELLING_H

#include "mod_tls4217/ftp/core.h"

/*
 * The names of what a client calls name (decoded; relative, absolute or with a
 * tilde), which the core resolves to path (tls4217_spelling_resolve): an array
 * of const char *, absolute, with the chroot's prefix, without a trailing
 * slash, each once, at least one.  The first is that of path.  All are copies
 * in p.
 *
 * *complete becomes false where the real name cannot be found out.
 */
array_header *tls4217_spelling_find(
  pool *p, const char *name, const char *path, bool *complete);

/*
 * name as the core resolves it, absolute, as seen below a chroot: a copy in p.
 */
const char *tls4217_spelling_resolve(pool *p, const char *name);

/*
 * A name that begins with a tilde as mod_ls expands it, below a chroot as
 * outside of one: a copy in p, or NULL where it has no tilde or no such user.
 */
const char *tls4217_spelling_expand(pool *p, const char *name);

/* Whether mod_vroot stands between names and files in this session. */
bool tls4217_spelling_is_virtual(void);

#endif
