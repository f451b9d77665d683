/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - allocations of OpenSSL's that fail, for tests
 *
 * CRYPTO_set_mem_functions(3).  See plan.h.
 */

#include <stdlib.h>

#include <openssl/crypto.h>

#include "plan.h"

static void *allocate(size_t size, const char *file, int line) {
  (void) file;
  (void) line;
  return faults_hit(FAULTS_MEMORY) ? NULL : malloc(size);
}

static void *resize(void *old, size_t size, const char *file, int line) {
  (void) file;
  (void) line;

  if (size == 0) {
    free(old);
    return NULL;
  }

  return faults_hit(FAULTS_MEMORY) ? NULL : realloc(old, size);
}

static void release(void *old, const char *file, int line) {
  (void) file;
  (void) line;
  free(old);
}

void faults_take_memory(void) {
  if (CRYPTO_set_mem_functions(allocate, resize, release) != 1) {
    abort();
  }
}
