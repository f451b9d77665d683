/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves what rfc4217/names.c takes for a size of PBSZ
 *
 * RFC 2228, sections 3 and 8.1: digits, of a number of 32 bits.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/names.c"

/* One digit more than 4294967295 has, one in front, one behind. */
#define SIZE 13

static const char largest[] = "4294967295";

static bool are_digits(const char *text) {
  for (; *text != '\0'; text++) {
    if (*text < '0' || *text > '9') {
      return false;
    }
  }

  return true;
}

/* Whether it has 32 bits: no arithmetic, digits are compared. */
static bool fits(const char *digits) {
  while (*digits == '0') {
    digits++;
  }

  return strlen(digits) < strlen(largest) ||
    (strlen(digits) == strlen(largest) && strcmp(digits, largest) <= 0);
}

static bool is_zero(const char *digits) {
  while (*digits == '0') {
    digits++;
  }

  return *digits == '\0';
}

int main(void) {
  char word[SIZE];
  enum tls4217_pbsz read;
  bool right;

  any_text(word, sizeof(word));
  read = tls4217_names_pbsz(word);
  right = word[0] != '\0' && are_digits(word) && fits(word);

  prove((read != TLS4217_PBSZ_MALFORMED) == right);
  prove((read == TLS4217_PBSZ_ZERO) == (right && is_zero(word)));
  prove((read == TLS4217_PBSZ_OTHER) == (right && is_zero(word) == false));
  prove(tls4217_names_pbsz(NULL) == TLS4217_PBSZ_MALFORMED);
  return 0;
}
