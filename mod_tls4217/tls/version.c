/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - protocol versions: the words of TLSProtocol
 *
 * SSL_CTX_set_min_proto_version(3), SSL_CTX_set_options(3).  What is allowed
 * by default, and what to say about words that mean nothing any more, is the
 * caller's; whether OpenSSL's security level permits a version shows in
 * context.c.
 */

#define _POSIX_C_SOURCE 200809L

#include <stdbool.h>
#include <strings.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/version.h"

#define ALL_VERSIONS \
 (TLS4217_VERSION_TLS1_0 | TLS4217_VERSION_TLS1_1 | TLS4217_VERSION_TLS1_2 | \
   TLS4217_VERSION_TLS1_3)

#define KNOWN_WORDS "TLSv1, TLSv1.1, TLSv1.2, TLSv1.3 and ALL"

struct word {
  const char *name;
  unsigned int set;
};

/* SSLv3 is known, and empty. */
static const struct word words_known[] = {
  { "TLSv1", TLS4217_VERSION_TLS1_0 },
  { "TLSv1.0", TLS4217_VERSION_TLS1_0 },
  { "TLSv1.1", TLS4217_VERSION_TLS1_1 },
  { "TLSv1.2", TLS4217_VERSION_TLS1_2 },
  { "TLSv1.3", TLS4217_VERSION_TLS1_3 },
  { "ALL", ALL_VERSIONS },
  { "SSLv23", ALL_VERSIONS },
  { "SSLv3", 0 },
};

struct version {
  unsigned int bit;
  int number;
  uint64_t no_option;
};

/* In ascending order. */
static const struct version versions[] = {
  { TLS4217_VERSION_TLS1_0, TLS1_VERSION, SSL_OP_NO_TLSv1 },
  { TLS4217_VERSION_TLS1_1, TLS1_1_VERSION, SSL_OP_NO_TLSv1_1 },
  { TLS4217_VERSION_TLS1_2, TLS1_2_VERSION, SSL_OP_NO_TLSv1_2 },
  { TLS4217_VERSION_TLS1_3, TLS1_3_VERSION, SSL_OP_NO_TLSv1_3 },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct word *find_word(const char *name) {
  size_t i;

  for (i = 0; i < COUNT(words_known); i++) {
    if (strcasecmp(words_known[i].name, name) == 0) {
      return &words_known[i];
    }
  }

  return NULL;
}

static bool has_sign(const char *text) {
  return text[0] == '+' || text[0] == '-';
}

/* Whether a sign has something to add to or take from. */
static bool starts_with_all(const char *const *words) {
  const struct word *first = find_word(words[0]);

  return first != NULL && first->set == ALL_VERSIONS;
}

/* Lets one word change the set.  Returns 0, or -1 with err filled. */
static int apply_word(const char *text, unsigned int *set, const char **ignored,
  struct tls4217_error *err) {
  const struct word *word = find_word(has_sign(text) ? text + 1 : text);

  if (word == NULL) {
    tls4217_error_set(err, 0,
      "unknown TLS version '%.40s'; known are " KNOWN_WORDS
      ", separated by spaces",
      text);
    return -1;
  }

  if (text[0] == '-') {
    *set &= ~word->set;
    return 0;
  }

  *set |= word->set;
  if (word->set == 0 && ignored != NULL) {
    *ignored = word->name;
  }
  return 0;
}

static int check_sign(
  const char *const *words, size_t i, struct tls4217_error *err) {
  if (!has_sign(words[i]) || starts_with_all(words)) {
    return 0;
  }

  tls4217_error_set(err, 0,
    "'%.40s' is not preceded by ALL; write 'ALL -TLSv1 -TLSv1.1', or the "
    "versions without signs",
    words[i]);
  return -1;
}

unsigned int tls4217_version_parse(const char *const *words, size_t nwords,
  const char **ignored, struct tls4217_error *err) {
  unsigned int set = 0;
  size_t i;

  if (ignored != NULL) {
    *ignored = NULL;
  }

  for (i = 0; i < nwords; i++) {
    if (check_sign(words, i, err) < 0 ||
      apply_word(words[i], &set, ignored, err) < 0) {
      return 0;
    }
  }

  if (set == 0) {
    tls4217_error_set(err, 0,
      "no TLS version is left to offer; name at "
      "least one of " KNOWN_WORDS);
  }

  return set;
}

struct tls4217_version_range tls4217_version_range(unsigned int set) {
  struct tls4217_version_range range = { 0, 0, 0 };
  uint64_t gap = 0;
  size_t i;

  for (i = 0; i < COUNT(versions); i++) {
    if ((set & versions[i].bit) == 0) {
      gap |= versions[i].no_option;
      continue;
    }

    /* What is missing below the lowest is not a gap, but the range's end. */
    if (range.min == 0) {
      range.min = versions[i].number;
      gap = 0;
    }

    range.max = versions[i].number;
    range.options |= gap;
    gap = 0;
  }

  return range;
}
