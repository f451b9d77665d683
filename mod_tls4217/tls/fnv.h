/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - FNV-1a, a hash of 64 bits
 *
 * For what the administrator has written: names, paths, dates of files.  It
 * does not withstand anyone who looks for two inputs with one hash, so what a
 * client sends must not be identified by it.
 */

#ifndef TLS4217_TLS_FNV_H
#define TLS4217_TLS_FNV_H

#include <stddef.h>
#include <stdint.h>

/* The hash of nothing: what the first tls4217_fnv_add begins with. */
#define TLS4217_FNV_BEGIN UINT64_C(0xcbf29ce484222325)

/* Returns the hash of what hash is the hash of, and size bytes behind that. */
uint64_t tls4217_fnv_add(uint64_t hash, const void *bytes, size_t size);

#endif
