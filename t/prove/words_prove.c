/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves which words rfc4217/names.c takes
 *
 * RFC 4217, sections 8 and 9; RFC 2228, section 3: those words, in whatever
 * case, and no others; what is printed is read again.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/names.c"

/* "required" and one more. */
#define SIZE 10

static char other_case(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? (char) (c ^ 0x20) :
                                                            c;
}

static bool is_word(const char *word, const char *wanted) {
  for (; *wanted != '\0'; word++, wanted++) {
    if (*word != *wanted && other_case(*word) != *wanted) {
      return false;
    }
  }

  return *word == '\0';
}

static void prove_mechanism(const char *word) {
  const enum tls4217_mechanism read = tls4217_names_mechanism(word);

  prove((read == TLS4217_MECHANISM_TLS) == is_word(word, "TLS"));
  prove((read == TLS4217_MECHANISM_TLS_C) == is_word(word, "TLS-C"));
  prove((read == TLS4217_MECHANISM_SSL) == is_word(word, "SSL"));
  prove((read == TLS4217_MECHANISM_TLS_P) == is_word(word, "TLS-P"));
  prove(read == TLS4217_MECHANISM_UNKNOWN || read == TLS4217_MECHANISM_TLS ||
    read == TLS4217_MECHANISM_TLS_C || read == TLS4217_MECHANISM_SSL ||
    read == TLS4217_MECHANISM_TLS_P);
}

static void prove_level(const char *word) {
  const enum tls4217_level read = tls4217_names_level(word);

  prove((read == TLS4217_LEVEL_CLEAR) == is_word(word, "C"));
  prove((read == TLS4217_LEVEL_PRIVATE) == is_word(word, "P"));
  prove((read == TLS4217_LEVEL_SAFE) == is_word(word, "S"));
  prove((read == TLS4217_LEVEL_CONFIDENTIAL) == is_word(word, "E"));
  prove(read == TLS4217_LEVEL_UNKNOWN ||
    is_word(word, tls4217_names_level_text(read)));
}

static void prove_views(const char *word) {
  const enum tls4217_view view = tls4217_names_view(word);
  const enum tls4217_control_view control = tls4217_names_control_view(word);

  prove((view == TLS4217_VIEW_NONE) == is_word(word, "none"));
  prove((view == TLS4217_VIEW_REQUIRED) == is_word(word, "required"));
  prove(view == TLS4217_VIEW_UNKNOWN ||
    is_word(word, tls4217_names_view_text(view)));
  prove(
    (control == TLS4217_CONTROL_VIEW_REQUIRED) == is_word(word, "required"));
  prove((control == TLS4217_CONTROL_VIEW_LOGIN) == is_word(word, "login"));
  prove(control == TLS4217_CONTROL_VIEW_UNKNOWN ||
    is_word(word, tls4217_names_control_view_text(control)));
}

/* Whatever number is handed in, there is a text. */
static void prove_texts(int number) {
  prove(tls4217_names_level_text((enum tls4217_level) number)[0] != '\0');
  prove(tls4217_names_view_text((enum tls4217_view) number)[0] != '\0');
  prove(tls4217_names_control_view_text(
          (enum tls4217_control_view) number)[0] != '\0');
}

int main(void) {
  char word[SIZE];

  any_text(word, sizeof(word));
  prove_mechanism(word);
  prove_level(word);
  prove_views(word);
  prove_texts(nondet_int());
  prove(tls4217_names_mechanism(NULL) == TLS4217_MECHANISM_UNKNOWN);
  prove(tls4217_names_level(NULL) == TLS4217_LEVEL_UNKNOWN);
  return 0;
}
