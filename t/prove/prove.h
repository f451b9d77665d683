/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what the harnesses of t/prove say to cbmc
 *
 * A harness is a program whose main() cbmc runs for all values at once that a
 * variable without a value can have.  A harness includes the source that it is
 * about, so that its static functions can be called.
 */

#ifndef TLS4217_T_PROVE_PROVE_H
#define TLS4217_T_PROVE_PROVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* What must hold for all values. */
#define prove(condition) __CPROVER_assert((condition), #condition)

/* What is not looked at where it does not hold. */
#define suppose(condition) __CPROVER_assume(condition)

bool nondet_bool(void);
int nondet_int(void);
size_t nondet_size(void);
int64_t nondet_int64(void);
char nondet_char(void);

/* Any size up to max. */
static inline size_t any_size(size_t max) {
  size_t size = nondet_size();

  suppose(size <= max);
  return size;
}

/* Any value of an enum with count of them. */
static inline int any_of(int count) {
  int value = nondet_int();

  suppose(value >= 0 && value < count);
  return value;
}

/* Any text that an array of size bytes holds. */
static inline void any_text(char *text, size_t size) {
  for (size_t i = 0; i + 1 < size; i++) {
    text[i] = nondet_char();
  }

  text[size - 1] = '\0';
}

/* What cbmc's own library lacks, by the manual page. */

static inline size_t prove_strcspn(const char *text, const char *reject) {
  size_t len = 0;

  while (text[len] != '\0' && strchr(reject, text[len]) == NULL) {
    len++;
  }

  return len;
}

static inline size_t prove_strnlen(const char *text, size_t max) {
  size_t len = 0;

  while (len < max && text[len] != '\0') {
    len++;
  }

  return len;
}

static inline void *prove_memchr(const void *bytes, int wanted, size_t size) {
  const unsigned char *at = bytes;

  for (size_t i = 0; i < size; i++) {
    if (at[i] == (unsigned char) wanted) {
      return (void *) (at + i);
    }
  }

  return NULL;
}

#define strcspn                     prove_strcspn
#define strnlen                     prove_strnlen
#define memchr                      prove_memchr
#define explicit_bzero(bytes, size) ((void) memset((bytes), 0, (size)))

#endif
