/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key exchange groups that a ClientHello brings
 *
 * RFC 8446, sections 4.2.7 and 4.2.8, read from the extensions as they came
 * (SSL_client_hello_get0_ext(3)); malformed ones have nothing, and OpenSSL
 * refuses them later.
 */

#ifndef TLS4217_TLS_CONN_SHARES_H
#define TLS4217_TLS_CONN_SHARES_H

#include <stdbool.h>
#include <stddef.h>

/* Of IANA's registry of TLS Supported Groups. */
#define TLS4217_SHARES_X25519 0x001du

/* Whether key_share, len bytes, has a share for a group. */
bool tls4217_shares_has_share(
  const unsigned char *bytes, size_t len, unsigned int group);

/* Whether supported_groups, len bytes, has a group that withstands a quantum
 * computer: ML-KEM with an elliptic curve, or alone. */
bool tls4217_shares_has_hybrid(const unsigned char *bytes, size_t len);

#endif
