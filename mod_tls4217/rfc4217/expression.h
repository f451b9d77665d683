/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - lists of names: of users, groups and classes
 *
 * What TLSUserProtection and TLSDataRule are about.  A list is words: a name,
 * "!name" for an exception, "*" for everyone.  It means someone when one of its
 * names does and none of its exceptions; a list of exceptions alone means
 * everyone else.  So "!a,!b" is all but a and b, and "*,!a" all but a.
 *
 * One who has several names (a user and an alias, the groups of a user) is
 * named by any of them; an exception must hold for all of them.
 */

#ifndef TLS4217_RFC4217_EXPRESSION_H
#define TLS4217_RFC4217_EXPRESSION_H

#include <stdbool.h>

/* Whom a list can mean, whoever comes. */
enum tls4217_reach {
  TLS4217_REACH_SOME,
  TLS4217_REACH_NOBODY,
  TLS4217_REACH_EVERYBODY
};

/*
 * Whether a list means someone.  words ends with NULL; is_named says whether
 * name is one of the names of who, which is handed on.  An empty list means no
 * one.
 */
bool tls4217_expression_matches(char *const *words,
  bool (*is_named)(const void *who, const char *name), const void *who);

/* Whom a list can mean: what contradicts itself means no one. */
enum tls4217_reach tls4217_expression_reach(char *const *words);

#endif
