/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves that rfc4217/labels.c writes labels that can be read
 *
 * However full the text is, and whatever a value has in it: it ends, no
 * quotation mark of a value ends the value, and no line ends within it.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/rfc4217/labels.c"

#define VALUE 4

/* Reads NAME="VALUE",NAME="VALUE"; whether that is all there is. */
static bool is_whole(const char *text) {
  size_t at = 0;

  while (text[at] == 'n') {
    at++;
    if (text[at++] != '=' || text[at++] != '"') {
      return false;
    }

    while (text[at] != '"') {
      at += text[at] == '\\' ? 2 : 1;
    }

    at++;
    if (text[at] == '\0') {
      return true;
    }

    if (text[at++] != ',') {
      return false;
    }
  }

  return false;
}

int main(void) {
  struct tls4217_labels labels = { .len = 0 };
  char value[VALUE];

  for (int i = 0; i < 2; i++) {
    any_text(value, sizeof(value));
    tls4217_labels_add(&labels, "n", value);
    prove(labels.len < sizeof(labels.text));
    prove(labels.text[labels.len] == '\0');
    prove(is_whole(labels.text));
  }

  for (size_t i = 0; i < labels.len; i++) {
    prove((unsigned char) labels.text[i] >= 0x20 && labels.text[i] != 0x7f);
  }

  return 0;
}
