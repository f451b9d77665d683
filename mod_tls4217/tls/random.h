/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - unpredictable bytes
 */

#ifndef TLS4217_TLS_RANDOM_H
#define TLS4217_TLS_RANDOM_H

#include <stddef.h>

#include "mod_tls4217/tls/error.h"

/*
 * Fills bytes with size random ones, from OpenSSL's generator (RAND_bytes(3)).
 * Returns 0, or -1 with err, which may be NULL, filled.
 */
int tls4217_random_fill(void *bytes, size_t size, struct tls4217_error *err);

#endif
