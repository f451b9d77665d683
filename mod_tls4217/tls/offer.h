/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a context can really negotiate
 *
 * OpenSSL takes lists with words that it does not know, and versions and suites
 * that its security level then refuses, and says so only to the clients.
 * SSL_get1_supported_ciphers(3), SSL_CTX_set_security_level(3),
 * SSL_CTX_set_cipher_list(3).
 */

#ifndef TLS4217_TLS_OFFER_H
#define TLS4217_TLS_OFFER_H

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/error.h"

/* The kinds of lists with colons. */
enum tls4217_offer_list {
  TLS4217_OFFER_CIPHERS, /* TLS 1.2 and below */
  TLS4217_OFFER_SUITES,  /* TLS 1.3 */
  TLS4217_OFFER_GROUPS
};

/*
 * Whether OpenSSL knows every word of a list.  Words for what was removed
 * from it (RC4, EXPORT) are known where they are excluded.  Returns 0, or -1
 * with err naming the words that it leaves out.
 */
int tls4217_offer_check_words(
  enum tls4217_offer_list kind, const char *list, struct tls4217_error *err);

/*
 * Whether a list of ciphers names suites with static RSA key exchange: a word
 * of it stands for these and no others ("AES128-SHA", "kRSA"; not "HIGH").  The
 * words go into words, of size bytes, as "'a', 'b'".
 */
bool tls4217_offer_names_static_rsa(const char *list, char *words, size_t size);

/* Whether any suite of a context has DHE. */
bool tls4217_offer_has_dhe(const struct tls4217_context *context);

/*
 * What is left of versions (TLS4217_VERSION_...) and of the lists that a
 * context was made with, for the keys of these pairs.  Returns 0 where each
 * version can be negotiated, 1 with err saying which cannot, -1 with err where
 * none can.
 */
int tls4217_offer_check(const struct tls4217_context *context,
  unsigned int versions, struct tls4217_keypair *const *pairs, size_t npairs,
  struct tls4217_error *err);

#endif
