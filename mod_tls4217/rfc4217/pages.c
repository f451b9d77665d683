/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an answer that is longer than ftpdctl takes, in pages
 *
 * See pages.h.
 */

#include "mod_tls4217/rfc4217/pages.h"

/* A line's quotation marks, the comma behind it. */
#define AROUND 3

static size_t count_bytes(const char *line) {
  size_t bytes = AROUND;

  for (const char *at = line; *at != '\0'; at++) {
    bytes += *at == '"' || *at == '\\' ? 2 : 1;
  }

  return bytes;
}

void tls4217_pages_begin(struct tls4217_pages *pages, unsigned int wanted) {
  *pages = (struct tls4217_pages){ .wanted = wanted, .current = 1 };
}

void tls4217_pages_title(struct tls4217_pages *pages, const char *line) {
  pages->title_bytes = count_bytes(line);
}

bool tls4217_pages_is_full(
  const struct tls4217_pages *pages, const char *line) {
  return pages->lines > 0 &&
    (pages->lines + 1 > TLS4217_PAGES_LINES ||
      pages->title_bytes + pages->bytes + count_bytes(line) >
        TLS4217_PAGES_BYTES);
}

bool tls4217_pages_add(struct tls4217_pages *pages, const char *line) {
  if (tls4217_pages_is_full(pages, line)) {
    pages->current++;
    pages->lines = 0;
    pages->bytes = 0;
  }

  pages->lines++;
  pages->bytes += count_bytes(line);
  return pages->current == pages->wanted;
}
