/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the words of RFC 4217 and of the directives that speak of it
 *
 * Reads and prints the parameters of AUTH, PBSZ and PROT (RFC 2228,
 * section 3; RFC 4217, sections 8, 9 and 17) and the names of the views of
 * both connections (RFC 4217, sections 10.1 and 10.2).  Whether a word is
 * welcome at a given moment is decided in state.c and policy.c.
 */

#include "mod_tls4217/rfc4217/names.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COUNT(array) ((int) (sizeof(array) / sizeof((array)[0])))

static const char *const mechanism_words[] = {
  [TLS4217_MECHANISM_TLS] = "TLS",
  [TLS4217_MECHANISM_TLS_C] = "TLS-C",
  [TLS4217_MECHANISM_SSL] = "SSL",
  [TLS4217_MECHANISM_TLS_P] = "TLS-P",
};

static const char *const level_words[] = {
  [TLS4217_LEVEL_CLEAR] = "C",
  [TLS4217_LEVEL_PRIVATE] = "P",
  [TLS4217_LEVEL_SAFE] = "S",
  [TLS4217_LEVEL_CONFIDENTIAL] = "E",
};

static const char *const view_words[] = {
  [TLS4217_VIEW_NONE] = "none",
  [TLS4217_VIEW_OPTIONAL] = "optional",
  [TLS4217_VIEW_REQUIRED] = "required",
  [TLS4217_VIEW_PER_TRANSFER] = "per-transfer",
};

static const char *const control_view_words[] = {
  [TLS4217_CONTROL_VIEW_OPTIONAL] = "optional",
  [TLS4217_CONTROL_VIEW_LOGIN] = "login",
  [TLS4217_CONTROL_VIEW_REQUIRED] = "required",
};

/*
 * Not tolower(): under a Turkish locale it maps "I" away from "i", and the
 * protocol's words are ASCII whatever locale the administrator has.
 */
static char fold_letter(char letter) {
  if (letter >= 'A' && letter <= 'Z') {
    return (char) (letter - 'A' + 'a');
  }

  return letter;
}

static bool equal_words(const char *left, const char *right) {
  while (*left != '\0' && fold_letter(*left) == fold_letter(*right)) {
    left++;
    right++;
  }

  return fold_letter(*left) == fold_letter(*right);
}

static int find_word(
  const char *const *words, int count, const char *word, int unknown) {
  if (word == NULL) {
    return unknown;
  }

  for (int i = 0; i < count; i++) {
    if (words[i] != NULL && equal_words(words[i], word)) {
      return i;
    }
  }

  return unknown;
}

static const char *get_word(const char *const *words, int count, int value) {
  if (value < 0 || value >= count) {
    return "?";
  }

  return words[value];
}

enum tls4217_mechanism tls4217_names_mechanism(const char *word) {
  return (enum tls4217_mechanism) find_word(
    mechanism_words, COUNT(mechanism_words), word, TLS4217_MECHANISM_UNKNOWN);
}

enum tls4217_level tls4217_names_level(const char *word) {
  return (enum tls4217_level) find_word(
    level_words, COUNT(level_words), word, TLS4217_LEVEL_UNKNOWN);
}

const char *tls4217_names_level_text(enum tls4217_level level) {
  return get_word(level_words, COUNT(level_words), (int) level);
}

enum tls4217_view tls4217_names_view(const char *word) {
  return (enum tls4217_view) find_word(
    view_words, COUNT(view_words), word, TLS4217_VIEW_UNKNOWN);
}

const char *tls4217_names_view_text(enum tls4217_view view) {
  return get_word(view_words, COUNT(view_words), (int) view);
}

enum tls4217_control_view tls4217_names_control_view(const char *word) {
  return (enum tls4217_control_view) find_word(control_view_words,
    COUNT(control_view_words), word, TLS4217_CONTROL_VIEW_UNKNOWN);
}

const char *tls4217_names_control_view_text(enum tls4217_control_view view) {
  return get_word(control_view_words, COUNT(control_view_words), (int) view);
}

/*
 * Not strtoul(): it takes blanks, signs and wraps "-1", none of which is in
 * the grammar of RFC 2228, section 8.1.
 */
enum tls4217_pbsz tls4217_names_pbsz(const char *word) {
  uint64_t size = 0;

  if (word == NULL || *word == '\0') {
    return TLS4217_PBSZ_MALFORMED;
  }

  for (; *word != '\0'; word++) {
    if (*word < '0' || *word > '9') {
      return TLS4217_PBSZ_MALFORMED;
    }

    size = size * 10 + (uint64_t) (*word - '0');
    if (size > UINT32_MAX) {
      return TLS4217_PBSZ_MALFORMED;
    }
  }

  return size == 0 ? TLS4217_PBSZ_ZERO : TLS4217_PBSZ_OTHER;
}
