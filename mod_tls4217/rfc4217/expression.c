/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - lists of names: of users, groups and classes
 *
 * See expression.h.  Not the core's pr_expr_eval_user_or(): there "!a,!b" means
 * everyone, because no one is both.
 */

#include "mod_tls4217/rfc4217/expression.h"

#include <stddef.h>
#include <string.h>

static bool is_exception(const char *word) {
  return *word == '!';
}

static bool is_everybody(const char *name) {
  return strcmp(name, "*") == 0;
}

bool tls4217_expression_matches(char *const *words,
  bool (*is_named)(const void *who, const char *name), const void *who) {
  bool meant = false, has_names = false;
  char *const *word;

  for (word = words; *word != NULL; word++) {
    const char *name = is_exception(*word) ? *word + 1 : *word;
    bool named = is_everybody(name) || is_named(who, name);

    if (is_exception(*word) && named) {
      return false;
    }

    has_names = has_names || !is_exception(*word);
    meant = meant || (!is_exception(*word) && named);
  }

  return has_names ? meant : word != words;
}

static bool is_excepted(char *const *words, const char *name) {
  for (; *words != NULL; words++) {
    if (is_exception(*words) &&
      (is_everybody(*words + 1) || strcmp(*words + 1, name) == 0)) {
      return true;
    }
  }

  return false;
}

enum tls4217_reach tls4217_expression_reach(char *const *words) {
  bool everybody = false, somebody = false, excepts = false, names = false;

  for (char *const *word = words; *word != NULL; word++) {
    if (is_exception(*word)) {
      excepts = true;
      continue;
    }

    names = true;
    everybody = everybody || is_everybody(*word);
    somebody = somebody || !is_excepted(words, *word);
  }

  if (!names) {
    return excepts && !is_excepted(words, "*") ? TLS4217_REACH_SOME :
                                                 TLS4217_REACH_NOBODY;
  }

  if (!somebody) {
    return TLS4217_REACH_NOBODY;
  }

  return everybody && !excepts ? TLS4217_REACH_EVERYBODY : TLS4217_REACH_SOME;
}
