/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, under one name
 *
 * See profile.h.
 */

#include <stddef.h>

#include "mod_tls4217/tls/profile.h"
#include "mod_tls4217/tls/version.h"

/* The order is OpenSSL's. */
#define SUITES \
 "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

/* Mozilla's "old", but 3DES, which is broken (Sweet32); forward secrecy with
 * authenticated encryption comes first. */
#define OLD_CIPHERS \
 TLS4217_PROFILE_CIPHERS \
 ":DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384" \
 ":DHE-RSA-CHACHA20-POLY1305" \
 ":ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256" \
 ":ECDHE-ECDSA-AES128-SHA:ECDHE-RSA-AES128-SHA" \
 ":ECDHE-ECDSA-AES256-SHA384:ECDHE-RSA-AES256-SHA384" \
 ":ECDHE-ECDSA-AES256-SHA:ECDHE-RSA-AES256-SHA" \
 ":DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256" \
 ":AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA256:AES256-SHA256" \
 ":AES128-SHA:AES256-SHA"

/* Post-quantum signatures, in libraries that have them. */
#define LATTICE "mldsa65:mldsa87:mldsa44:"

#define STRONG_SIGNATURES \
 "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512" \
 ":ed25519:ed448" \
 ":rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512" \
 ":rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"

/* RSA as TLS 1.2 knows it. */
#define PKCS1_SIGNATURES ":RSA+SHA256:RSA+SHA384:RSA+SHA512"

/* All that clients of TLS 1.2 have that know nothing better. */
#define SHA1_SIGNATURES ":ECDSA+SHA1:RSA+SHA1"

/* With a slash, what stands before it is preferred even where it costs a round
 * trip: so does OpenSSL's own list.  Libraries before 3.5 do not know it, and
 * those that are certified for FIPS may lack X25519. */
static const char *const groups[] = {
  "X25519MLKEM768/X25519:P-256:P-384",
  "X25519MLKEM768:X25519:P-256:P-384",
  "X25519:P-256:P-384",
  "P-256:P-384",
  NULL,
};

/* OpenSSL 4 takes DHE with the groups of RFC 7919 alone, where a client knows
 * them. */
static const char *const compatible_groups[] = {
  "X25519MLKEM768/X25519:P-256:P-384/ffdhe2048:ffdhe3072",
  "X25519MLKEM768:X25519:P-256:P-384:ffdhe2048:ffdhe3072",
  "X25519:P-256:P-384:ffdhe2048:ffdhe3072",
  "P-256:P-384:ffdhe2048:ffdhe3072",
  NULL,
};

/* A library that is certified for FIPS may lack the Edwards curves. */
#define WITHOUT_EDWARDS \
 "ecdsa_secp256r1_sha256:ecdsa_secp384r1_sha384:ecdsa_secp521r1_sha512" \
 ":rsa_pss_pss_sha256:rsa_pss_pss_sha384:rsa_pss_pss_sha512" \
 ":rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512"

static const char *const modern_signatures[] = {
  LATTICE STRONG_SIGNATURES,
  STRONG_SIGNATURES,
  WITHOUT_EDWARDS,
  NULL,
};

static const char *const intermediate_signatures[] = {
  LATTICE STRONG_SIGNATURES PKCS1_SIGNATURES,
  STRONG_SIGNATURES PKCS1_SIGNATURES,
  WITHOUT_EDWARDS PKCS1_SIGNATURES,
  NULL,
};

static const char *const compatible_signatures[] = {
  LATTICE STRONG_SIGNATURES PKCS1_SIGNATURES SHA1_SIGNATURES,
  STRONG_SIGNATURES PKCS1_SIGNATURES SHA1_SIGNATURES,
  WITHOUT_EDWARDS PKCS1_SIGNATURES SHA1_SIGNATURES,
  NULL,
};

static const struct tls4217_profile profiles[] = {
  [TLS4217_PROFILE_UNNAMED] = {
    .versions = TLS4217_VERSION_DEFAULT,
    .ciphers = TLS4217_PROFILE_CIPHERS,
  },

  /* Its ciphers are for a TLSProtocol beside it. */
  [TLS4217_PROFILE_MODERN] = {
    .versions = TLS4217_VERSION_TLS1_3,
    .ciphers = TLS4217_PROFILE_CIPHERS,
    .ciphersuites = SUITES,
    .groups = groups,
    .signatures = modern_signatures,
  },
  [TLS4217_PROFILE_INTERMEDIATE] = {
    .versions = TLS4217_VERSION_DEFAULT,
    .ciphers = TLS4217_PROFILE_CIPHERS,
    .ciphersuites = SUITES,
    .groups = groups,
    .signatures = intermediate_signatures,
  },
  [TLS4217_PROFILE_COMPATIBLE] = {
    .versions = TLS4217_VERSION_TLS1_0 | TLS4217_VERSION_TLS1_1 |
      TLS4217_VERSION_TLS1_2 | TLS4217_VERSION_TLS1_3,
    .ciphers = OLD_CIPHERS,
    .ciphersuites = SUITES,
    .groups = compatible_groups,
    .signatures = compatible_signatures,
    .old_versions = true,
  },
};

const struct tls4217_profile *tls4217_profile_get(
  enum tls4217_profile_name name) {
  return &profiles[name];
}
