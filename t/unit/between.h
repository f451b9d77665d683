/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * between.h - an assertion that cmocka 1 and 2 have under different names
 */

#ifndef T_UNIT_BETWEEN_H
#define T_UNIT_BETWEEN_H

/* Fails unless low <= value <= high; says what it is otherwise. */
#define assert_between(value, low, high) \
 do { \
  const long long between_value = (long long) (value); \
  if (between_value < (long long) (low) || \
    between_value > (long long) (high)) { \
   fail_msg("%s is %lld, not from %lld to %lld", #value, between_value, \
     (long long) (low), (long long) (high)); \
  } \
 } while (0)

#endif
