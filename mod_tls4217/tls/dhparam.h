/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a group for DHE, from a file
 *
 * What TLSDHParamFile names, as openssl-dhparam(1) and openssl-genpkey(1) write
 * it.  PEM_read_bio_Parameters(3), EVP_PKEY_param_check_quick(3).
 */

#ifndef TLS4217_TLS_DHPARAM_H
#define TLS4217_TLS_DHPARAM_H

#include <openssl/evp.h>

#include "mod_tls4217/tls/error.h"

/* Bits of the smallest group that is read. */
#define TLS4217_DHPARAM_MIN_BITS 1024

/*
 * Reads the first group in a PEM file, with the caller's privileges.  Returns
 * it (EVP_PKEY_free(3) it), or NULL with err naming the path and what is wrong
 * with the file.
 */
EVP_PKEY *tls4217_dhparam_read(const char *path, struct tls4217_error *err);

#endif
