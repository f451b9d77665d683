/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with
 *
 * Key pairs, the clients' CAs and the context made of them: built as
 * a whole from a host's settings, immutable then.
 */

#ifndef TLS4217_FTP_DAEMON_GENERATION_H
#define TLS4217_FTP_DAEMON_GENERATION_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/context.h"

struct tls4217_generation {
  struct tls4217_keypair *pairs[TLS4217_MAX_CERTIFICATES];
  size_t npairs;
  struct tls4217_verify *verify;   /* NULL: TLSVerifyClient is off */
  struct tls4217_context *context; /* NULL: cannot serve TLS */
};

/*
 * Builds what the settings of a server ask for; files are read as root, text
 * is allocated from p.  Returns 0, or -1 after a complaint about rec that
 * names directive and file; the context is NULL then.  Free it in both cases
 * with tls4217_generation_free.
 */
int tls4217_generation_build(pool *p, const server_rec *rec,
  const struct tls4217_settings *settings,
  struct tls4217_generation *generation);

/*
 * Whether a server would still have one if its files were read now, as far as
 * that can be found out aside: where private keys are in the key process, which
 * keeps the last good pairs itself, the CAs and revocation lists; else all.
 * Text is allocated from p.  Returns 0, or -1 after a complaint about rec.
 */
int tls4217_generation_check(
  pool *p, const server_rec *rec, const struct tls4217_settings *settings);

/* Frees what was built, and empties the struct. */
void tls4217_generation_free(struct tls4217_generation *generation);

#endif
