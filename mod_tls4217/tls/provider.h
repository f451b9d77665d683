/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which of OpenSSL's providers serves
 *
 * openssl.cnf(5) chooses it, for FIPS, say.  OSSL_PROVIDER_get_params(3),
 * EVP_default_properties_is_fips_enabled(3).
 */

#ifndef TLS4217_TLS_PROVIDER_H
#define TLS4217_TLS_PROVIDER_H

#include <stddef.h>

/* Writes library, provider and whether algorithms that are approved for FIPS
 * alone are taken into text, of size bytes. */
void tls4217_provider_describe(char *text, size_t size);

#endif
