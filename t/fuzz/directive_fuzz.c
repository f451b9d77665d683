/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes what reads the values of directives
 *
 * The input is a byte that says which kind, and the words of a line.  These
 * are the administrator's, not a stranger's; but a sentence must come out, or
 * something that holds what it says.
 */

#include <stdint.h>
#include <string.h>

#include "mod_tls4217/rfc4217/expression.h"
#include "mod_tls4217/rfc4217/names.h"
#include "mod_tls4217/tls/cert/certmap.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/version.h"
#include "t/fuzz/fuzz.h"

#define MAX_WORDS 16

/* A copy of the input, cut at blanks into words, with NULL behind the last. */
struct line {
  char text[2048];
  char *words[MAX_WORDS + 1];
  size_t count;
};

static void read_line(struct line *line, struct fuzz_input *in) {
  size_t len = fuzz_take(in, line->text, sizeof(line->text) - 1);
  char *rest = line->text, *word;

  line->text[len] = '\0';
  line->count = 0;
  while (line->count < MAX_WORDS && (word = strsep(&rest, " ")) != NULL) {
    line->words[line->count++] = word;
  }
  line->words[line->count] = NULL;
}

/* A result, or else a sentence of one line. */
static void check(bool ok, const struct tls4217_error *err) {
  fuzz_insist(ok != tls4217_error_is_set(err));
  fuzz_insist(strlen(err->text) < sizeof(err->text));
}

static void read_map(struct line *line) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_certmap_rule rule;
  int res = tls4217_certmap_parse(
    &rule, (const char *const *) line->words, line->count, &err);

  check(res == 0, &err);
  if (res == 0) {
    fuzz_insist(rule.user != NULL && *rule.user != '\0');
    fuzz_insist(rule.subject != NULL || rule.issuer != NULL ||
      rule.alt_name != NULL || rule.has_digest);
  }
}

static bool is_that(const void *who, const char *name) {
  return strcmp(who, name) == 0;
}

/* Whom a list can mean agrees with whom it means. */
static void read_users(struct line *line) {
  enum tls4217_reach reach = tls4217_expression_reach(line->words);
  bool alice = tls4217_expression_matches(line->words, is_that, "alice");
  bool bob = tls4217_expression_matches(line->words, is_that, "\xff\xfe");

  fuzz_insist(reach != TLS4217_REACH_NOBODY || (!alice && !bob));
  fuzz_insist(reach != TLS4217_REACH_EVERYBODY || (alice && bob));
}

static void read_offer(struct line *line) {
  char words[64];

  for (int kind = TLS4217_OFFER_CIPHERS; kind <= TLS4217_OFFER_GROUPS;
       kind++) {
    struct tls4217_error err = { .text = "" };
    int res = tls4217_offer_check_words(
      (enum tls4217_offer_list) kind, line->words[0], &err);

    check(res == 0, &err);
  }

  (void) tls4217_offer_names_static_rsa(line->words[0], words, sizeof(words));
  fuzz_insist(memchr(words, '\0', sizeof(words)) != NULL);
}

static void read_names(struct line *line) {
  const char *word = line->words[0];

  fuzz_insist(strcmp(tls4217_names_view_text(tls4217_names_view(word)), "?") ==
      0 ||
    strcasecmp(tls4217_names_view_text(tls4217_names_view(word)), word) == 0);
  fuzz_insist(
    strcmp(tls4217_names_control_view_text(tls4217_names_control_view(word)),
      "?") == 0 ||
    strcasecmp(
      tls4217_names_control_view_text(tls4217_names_control_view(word)),
      word) == 0);
}

static void (*const kinds[])(struct line *line) = { read_map, read_users,
  read_offer, read_names };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  unsigned int kind = fuzz_byte(&in);
  struct line line;

  read_line(&line, &in);
  if (line.count > 0) {
    kinds[kind % (sizeof(kinds) / sizeof(kinds[0]))](&line);
  }

  return 0;
}
