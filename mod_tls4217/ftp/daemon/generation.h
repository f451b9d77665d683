/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what one host serves TLS with
 *
 * Certificates and keys, the clients' CAs and the context made of them: built
 * aside from a host's settings and files, in a pool of its own, and immutable
 * from then on.  The host swaps it whole (renewal.h); sessions have the one
 * that was current when they were forked.
 */

#ifndef TLS4217_FTP_DAEMON_GENERATION_H
#define TLS4217_FTP_DAEMON_GENERATION_H

#include "mod_tls4217/ftp/daemon/generation_struct.h"

/*
 * Builds what the settings of a server ask for; files are read as root.  What
 * of previous (NULL: none) has not changed is taken from it; where the source
 * is the last good one, all certificates are: previous', or the key process'.
 *
 * Returns a new one (tls4217_generation_free), or NULL with err filled, which
 * names directive and file.  err may be filled beside a new one, too: CAs or
 * revocation lists that could not be read are the previous ones then.
 * Nothing else is changed, and nothing is logged.
 */
struct tls4217_generation *tls4217_generation_build(const server_rec *rec,
  const struct tls4217_settings *settings,
  const struct tls4217_generation *previous,
  enum tls4217_generation_source source, struct tls4217_error *err);

/* It serves from now on: its certificates become the last good ones, and what
 * was found when it was built is logged. */
void tls4217_generation_accept(
  const struct tls4217_generation *generation, const server_rec *rec);

/* Puts what it has of its files, but for certificates and keys, to what is
 * remembered of a host over SIGHUP (remembered.h). */
void tls4217_generation_remember(
  const struct tls4217_generation *generation, uint64_t scope);

/* Whether one of its keys went with a key process that has ended, so that it
 * cannot serve. */
bool tls4217_generation_has_lost_key(
  const struct tls4217_generation *generation);

/*
 * The context for a client that sends a server name: the one whose certificates
 * have it; NULL where none has.  And the context for a client that sends none,
 * at a local address: the one whose certificates have it as iPAddress, or the
 * one for all others.
 */
const struct tls4217_context *tls4217_generation_find_name(
  const struct tls4217_generation *generation, const char *name);
const struct tls4217_context *tls4217_generation_find_address(
  const struct tls4217_generation *generation, const pr_netaddr_t *address);

/* Frees it with all that it owns.  NULL is fine. */
void tls4217_generation_free(struct tls4217_generation *generation);

#endif
