/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - signatures by a private key that is elsewhere
 *
 * The signature half of the provider in remotekey.c.  provider-signature(7).
 */

#ifndef TLS4217_TLS_KEYS_REMOTESIGN_H
#define TLS4217_TLS_KEYS_REMOTESIGN_H

#include <openssl/core_dispatch.h>

/* One implementation for all types of keys; ends with a zero. */
extern const OSSL_DISPATCH tls4217_remotesign_functions[];

#endif
