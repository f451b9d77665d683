/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - memory that runs out, for tests
 *
 * See scarce.h.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/crypto.h>
#include <openssl/err.h>

#include "t/unit/scarce.h"

/* How many of the first attempts have one allocation more each; later ones have
 * more by this part, or it would take minutes.  Fewer where each costs more
 * (AddressSanitizer). */
#define SLOWLY 300
#define PART   32
#define MOST   1000000

static int one_by_one;
static int allocations_left = -1;
static bool refused;

/* The linker's names (ld(1), --wrap). */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

/* AddressSanitizer's, where there is one. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static bool has_run_out(void) {
  if (allocations_left > 0) {
    allocations_left--;
  }

  if (allocations_left == 0) {
    refused = true;
    return true;
  }

  return false;
}

void *__wrap_malloc(size_t size) {
  return has_run_out() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size) {
  return has_run_out() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size) {
  return has_run_out() ? NULL : __real_realloc(old, size);
}

static void *allocate(size_t size, const char *file, int line) {
  (void) file;
  (void) line;
  return malloc(size);
}

static void *reallocate(void *old, size_t size, const char *file, int line) {
  (void) file;
  (void) line;
  return realloc(old, size);
}

static void release(void *old, const char *file, int line) {
  (void) file;
  (void) line;
  free(old);
}

bool scarce_install(int first) {
  one_by_one = __lsan_disable != NULL && first > SLOWLY ? SLOWLY : first;
  return CRYPTO_set_mem_functions(allocate, reallocate, release) == 1;
}

void scarce_leave(int left) {
  allocations_left = left;
  refused = false;
}

bool scarce_end(void) {
  allocations_left = -1;
  return refused;
}

int scarce_suspend(void) {
  int left = allocations_left;

  allocations_left = -1;
  return left;
}

void scarce_resume(int left) {
  allocations_left = left;
}

void scarce_begin_leaks(void) {
  if (__lsan_disable != NULL) {
    __lsan_disable();
  }
}

void scarce_end_leaks(void) {
  if (__lsan_enable != NULL) {
    __lsan_enable();
  }
}

void scarce_repeat(const char *name, scarce_attempt attempt, void *arg) {
  struct tls4217_error first = { .text = "" };
  int failures = 0;
  bool done = false;

  /* What OpenSSL fetches once, it has from here on: later versions keep for
   * good that they could not. */
  if (attempt(arg, &first) == false) {
    fail_msg("%s: %s", name, first.text);
  }

  for (int left = 1; done == false && left < MOST;
       left += left < one_by_one ? 1 : left / PART) {
    struct tls4217_error err = { .text = "" };
    bool good;

    scarce_leave(left);
    good = attempt(arg, &err);
    done = scarce_end() == false;
    ERR_clear_error();

    if (good == false) {
      failures++;
      if (tls4217_error_is_set(&err) == false) {
        fail_msg("%s: fails without a word at %d", name, left);
      }
    }
    if (done && good == false) {
      fail_msg("%s: %s", name, err.text);
    }
  }

  assert_true(done);
  assert_true(failures > 0);
  print_message("  %s: %d failures\n", name, failures);
}
