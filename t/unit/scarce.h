/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - memory that runs out, for tests
 *
 * An attempt is repeated with one allocation more each time, OpenSSL's counted
 * with ours, until it has all that it wants: so each allocation of it has been
 * the one that fails, and all behind it, too.  What fails must say why and
 * leave nothing behind (AddressSanitizer looks for leaks).
 *
 * CRYPTO_set_mem_functions(3); ours are linked with --wrap (Makefile.in).
 */

#ifndef TLS4217_UNIT_SCARCE_H
#define TLS4217_UNIT_SCARCE_H

#include <stdbool.h>

#include "mod_tls4217/tls/error.h"

/* To be called first of all in main; false where OpenSSL has begun already.  So
 * many allocations are refused one after the other; of later ones, some. */
bool scarce_install(int first);

/* From here on so many allocations succeed; -1: all. */
void scarce_leave(int left);

/* Ends that.  Returns whether one was refused. */
bool scarce_end(void);

/* Around what is not under test: puts *left aside, and back. */
int scarce_suspend(void);
void scarce_resume(int left);

/* What is allocated between the two is not looked for: OpenSSL's own leaks. */
void scarce_begin_leaks(void);
void scarce_end_leaks(void);

/* Tries once.  Returns whether that succeeded; where not, err is filled. */
typedef bool (*scarce_attempt)(void *arg, struct tls4217_error *err);

/* Repeats an attempt, and fails the test where one fails without a word, or
 * does not succeed in the end.  Prints how many failed. */
void scarce_repeat(const char *name, scarce_attempt attempt, void *arg);

#endif
