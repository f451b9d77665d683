/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives that contradict each other
 *
 * Each by itself is right; together one of them has no effect, or means
 * something else than its writer thought.  All of them become complaints.
 */

#ifndef TLS4217_FTP_CONFIG_CONTRADICTIONS_H
#define TLS4217_FTP_CONFIG_CONTRADICTIONS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/keypair.h"

/*
 * The directive being read, which has been stored and counts once: whether one
 * before it, in the same section, holds in its place.
 */
void tls4217_contradictions_repeated(cmd_rec *cmd);

/* A server's settings, and its certificates, of which there are npairs;
 * only_signs: their keys are in a process that decrypts nothing. */
void tls4217_contradictions_check(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_keypair *const *pairs,
  size_t npairs, bool only_signs);

/*
 * Two servers with TLSEngine on, at one address and port: the first of them
 * answers in the name of both, where it ignores server names.
 */
void tls4217_contradictions_shared(const server_rec *first,
  const struct tls4217_settings *settings, const server_rec *second,
  const struct tls4217_settings *others);

#endif
