/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - contexts by the names in their certificates
 *
 * One context for each set of certificates that serves a name: of several with
 * one name, those of different key types make one context, in which OpenSSL
 * chooses by what the client can verify.  Whole contexts are switched
 * (tls4217_context_switch), never certificates alone: OpenSSL 3.2 to 3.6
 * crashes where these have a provider's own type of key.
 */

#ifndef TLS4217_TLS_CONTEXTMAP_H
#define TLS4217_TLS_CONTEXTMAP_H

#include <stddef.h>

#include "mod_tls4217/tls/context.h"

struct tls4217_contextmap;

/*
 * Builds one.  common is what all contexts have; its pairs are those of the
 * context otherwise, which is borrowed: their names lead there, unless one of
 * the npairs named pairs has them, too.  Returns a new one
 * (tls4217_contextmap_free), or NULL with err filled.
 */
struct tls4217_contextmap *tls4217_contextmap_new(
  const struct tls4217_context_settings *common,
  const struct tls4217_context *otherwise, struct tls4217_keypair *const *pairs,
  size_t npairs, struct tls4217_error *err);

/* Frees it, and its contexts.  NULL is fine. */
void tls4217_contextmap_free(struct tls4217_contextmap *map);

/* The context whose certificates have a name, as a client gives it; or NULL. */
const struct tls4217_context *tls4217_contextmap_find(
  const struct tls4217_contextmap *map, const char *name);

/* The one whose certificates have an iPAddress of 4 or 16 bytes; or NULL. */
const struct tls4217_context *tls4217_contextmap_find_address(
  const struct tls4217_contextmap *map, const unsigned char *address,
  size_t size);

#endif
