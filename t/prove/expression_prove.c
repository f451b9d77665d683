/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves that rfc4217/expression.c means what it says it reaches
 *
 * A list of names that reaches nobody matches nobody, one that reaches
 * everybody everybody; who is excepted is never meant.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/expression.c"

#define WORDS 3
#define WORD  4

static char words[WORDS][WORD];
static char *list[WORDS + 1];
static char who[WORD];

static bool is_named(const void *name, const char *word) {
  return strcmp(name, word) == 0;
}

static bool is_excepted_name(void) {
  for (size_t i = 0; list[i] != NULL; i++) {
    if (list[i][0] == '!' && strcmp(list[i] + 1, who) == 0) {
      return true;
    }
  }

  return false;
}

int main(void) {
  const size_t count = any_size(WORDS);
  enum tls4217_reach reach;
  bool matches;

  for (size_t i = 0; i < count; i++) {
    any_text(words[i], WORD);
    list[i] = words[i];
  }

  any_text(who, WORD);
  suppose(who[0] != '!' && who[0] != '*' && who[0] != '\0');
  reach = tls4217_expression_reach(list);
  matches = tls4217_expression_matches(list, is_named, who);

  prove(matches == false || is_excepted_name() == false);
  prove(reach != TLS4217_REACH_NOBODY || matches == false);
  prove(reach != TLS4217_REACH_EVERYBODY || matches);
  prove(count > 0 || matches == false);
  return 0;
}
