/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves what tls/scrub.c leaves of any text
 *
 * No control character, no byte of none; what is clean stays as it is, and what
 * has been scrubbed once is clean.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/tls/scrub.c"

#define TEXT 5

int main(void) {
  char text[TEXT], before[TEXT], cut[TEXT + 4];
  bool utf8 = nondet_bool();
  size_t max;

  any_text(text, sizeof(text));
  memcpy(before, text, sizeof(text));
  if (utf8) {
    tls4217_scrub_to_utf8(text, '?');
  } else {
    tls4217_scrub(text, '?');
  }

  prove(strlen(text) <= strlen(before));
  prove(tls4217_scrub_is_clean(text, strlen(text)));
  prove(utf8 || tls4217_scrub_is_clean(before, strlen(before)) == false ||
    strcmp(text, before) == 0);
  for (size_t i = 0; i < strlen(text); i++) {
    prove((unsigned char) text[i] >= 0x20 && text[i] != 0x7f);
  }

  any_text(cut, sizeof(cut));
  max = any_size(TEXT + 3);
  suppose(max >= 3);
  tls4217_scrub_cut(cut, max);
  prove(strlen(cut) <= max);
  return 0;
}
