/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the fuzz harnesses share
 *
 * An input that is taken apart from its front, and assertions that libFuzzer
 * sees as crashes.  https://llvm.org/docs/LibFuzzer.html
 */

#ifndef TLS4217_FUZZ_FUZZ_H
#define TLS4217_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What libFuzzer calls: once at the start, and for every input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is left of an input. */
struct fuzz_input {
  const uint8_t *data;
  size_t size;
};

static inline void fuzz_insist(bool holds) {
  if (!holds) {
    abort();
  }
}

/* Moves at most count bytes to out; returns how many there were. */
static inline size_t fuzz_take(struct fuzz_input *in, void *out, size_t count) {
  if (count > in->size) {
    count = in->size;
  }
  if (count > 0) {
    memcpy(out, in->data, count);
    in->data += count;
    in->size -= count;
  }
  return count;
}

/* The next byte; 0 behind the end. */
static inline uint8_t fuzz_byte(struct fuzz_input *in) {
  uint8_t byte = 0;

  (void) fuzz_take(in, &byte, 1);
  return byte;
}

#endif
