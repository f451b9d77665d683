/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the labels of a metric, in Prometheus' text format
 *
 * See labels.h.
 */

#include <string.h>

#include "mod_tls4217/rfc4217/labels.h"

/* Behind a value: its quotation mark and the NUL. */
#define BEHIND 2

static void put(struct tls4217_labels *labels, char c) {
  labels->text[labels->len++] = c;
}

static void put_text(struct tls4217_labels *labels, const char *text) {
  while (*text != '\0') {
    put(labels, *text++);
  }
}

/* One character of a value. */
static void put_quoted(struct tls4217_labels *labels, char c) {
  const unsigned char byte = (unsigned char) c;

  if (c == '\n') {
    put(labels, '\\');
    put(labels, 'n');
    return;
  }

  if (c == '"' || c == '\\') {
    put(labels, '\\');
  }

  put(labels, byte < 0x20 || byte == 0x7f ? '?' : c);
}

void tls4217_labels_add(
  struct tls4217_labels *labels, const char *name, const char *value) {
  const size_t room = sizeof(labels->text) - BEHIND;

  /* ,name="" */
  if (labels->len + strlen(name) + 3 > room) {
    return;
  }

  if (labels->len > 0) {
    put(labels, ',');
  }

  put_text(labels, name);
  put(labels, '=');
  put(labels, '"');
  for (; *value != '\0' && labels->len + 2 <= room; value++) {
    put_quoted(labels, *value);
  }

  put(labels, '"');
  labels->text[labels->len] = '\0';
}
