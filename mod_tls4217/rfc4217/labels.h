/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the labels of a metric, in Prometheus' text format
 *
 * name="value",... (prometheus.io/docs/instrumenting/exposition_formats): in a
 * value a backslash, a quotation mark and a line break have a backslash before
 * them.
 */

#ifndef TLS4217_RFC4217_LABELS_H
#define TLS4217_RFC4217_LABELS_H

#include <stddef.h>

/* With the NUL; all zeros: no label yet. */
struct tls4217_labels {
  char text[1024];
  size_t len;
};

/* Adds a label.  Of a value that is too long as much is taken as there is room
 * for; bytes that are no text (control characters) become "?". */
void tls4217_labels_add(
  struct tls4217_labels *labels, const char *name, const char *value);

#endif
