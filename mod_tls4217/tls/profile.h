/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, under one name
 *
 * Versions, suites, key exchange groups and signature algorithms as Mozilla
 * publishes them (Security/Server Side TLS; "modern" and "intermediate" of
 * guidelines 6.0, "old" of 5.8, which is "compatible" here).  What Mozilla
 * does not say is added here: which signature algorithms, and that a library
 * without a group leaves it out.  No OpenSSL object is touched.
 */

#ifndef TLS4217_TLS_PROFILE_H
#define TLS4217_TLS_PROFILE_H

#include <stdbool.h>

/* The ciphers of TLS 1.2 where nothing else is said: forward secrecy with
 * authenticated encryption, and nothing else. */
#define TLS4217_PROFILE_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

enum tls4217_profile_name {
  TLS4217_PROFILE_UNNAMED, /* intermediate's versions and ciphers; suites of
                            * TLS 1.3, groups and signature algorithms are the
                            * library's, and openssl.cnf(5)'s */
  TLS4217_PROFILE_MODERN,
  TLS4217_PROFILE_INTERMEDIATE,
  TLS4217_PROFILE_COMPATIBLE
};

struct tls4217_profile {
  unsigned int versions;    /* TLS4217_VERSION_... */
  const char *ciphers;      /* TLS 1.2 and below, SSL_CTX_set_cipher_list(3) */
  const char *ciphersuites; /* TLS 1.3; NULL: the library's */

  /* Lists in the order in which they are tried: the first one that the library
   * takes is used.  NULL: the library's.  SSL_CTX_set1_groups_list(3),
   * SSL_CTX_set1_sigalgs_list(3). */
  const char *const *groups;
  const char *const *signatures;

  bool old_versions; /* TLS 1.0 and 1.1 work: OpenSSL's security level 0 */
};

/* Returns the profile of a name; never NULL. */
const struct tls4217_profile *tls4217_profile_get(
  enum tls4217_profile_name name);

#endif
