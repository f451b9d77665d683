/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a session costs in memory
 *
 * OpenSSL builds much of what it needs at the first handshake, and keeps it.
 * Done once in the daemon, it is shared by all sessions; done in each of
 * them, it is theirs alone.
 */

#ifndef TLS4217_TLS_WARMUP_H
#define TLS4217_TLS_WARMUP_H

#include "mod_tls4217/tls/context.h"

/*
 * Does handshakes with itself, in memory, in every version that the context
 * has.  A context that wants a client certificate lets it fail half-way, which
 * serves as well.  Changes nothing in the context.
 */
void tls4217_warmup_warm_up(const struct tls4217_context *context);

/*
 * Gives memory that a handshake has used and freed back to the kernel, where
 * the C library can do that (malloc_trim(3)).
 */
void tls4217_warmup_give_back(void);

/*
 * In the daemon, when it has all that it will have: takes the memory that is
 * free between what is in use, so that what a session takes for itself lies
 * together, at the end of the heap, instead of spoiling a page here and there
 * (fork(2) shares pages until they are written to).  It is given back by
 * tls4217_warmup_open_gaps, before the daemon takes more.  Without glibc
 * neither does anything.
 */
void tls4217_warmup_close_gaps(void);
void tls4217_warmup_open_gaps(void);

#endif
