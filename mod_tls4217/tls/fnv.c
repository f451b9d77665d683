/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - FNV-1a, a hash of 64 bits
 *
 * See fnv.h.  By Fowler, Noll and Vo.
 */

#include "mod_tls4217/tls/fnv.h"

#define PRIME UINT64_C(0x100000001b3)

uint64_t tls4217_fnv_add(uint64_t hash, const void *bytes, size_t size) {
  const unsigned char *at = bytes;

  for (size_t i = 0; i < size; i++) {
    hash = (hash ^ at[i]) * PRIME;
  }

  return hash;
}
