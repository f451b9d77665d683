/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an answer that is longer than ftpdctl takes, in pages
 *
 * ftpdctl of ProFTPD 1.3.8 takes 1,024 lines of 1,023 bytes, or says nothing
 * but "Cannot allocate memory".  Since 1.3.9 an answer is one JSON text, of
 * which ftpdctl takes what a single read(2) of a socket brings: about 48 KiB on
 * Linux for certain, with the quotation marks in it counted twice.
 */

#ifndef TLS4217_RFC4217_PAGES_H
#define TLS4217_RFC4217_PAGES_H

#include <stdbool.h>
#include <stddef.h>

/* The most of one page: lines, and bytes as JSON. */
#define TLS4217_PAGES_LINES 1000
#define TLS4217_PAGES_BYTES 40000

struct tls4217_pages {
  unsigned int wanted;  /* from 1 */
  unsigned int current; /* the one that the next line may be on, from 1 */
  size_t lines, bytes;  /* of the current one */
  size_t title_bytes;   /* of what is on each page */
};

/* No line yet; wanted is the page that is shown. */
void tls4217_pages_begin(struct tls4217_pages *pages, unsigned int wanted);

/* The line that is on each page, before all others. */
void tls4217_pages_title(struct tls4217_pages *pages, const char *line);

/* Whether a line would be the first one of another page. */
bool tls4217_pages_is_full(const struct tls4217_pages *pages, const char *line);

/* Adds a line.  Returns whether it is on the page that is wanted. */
bool tls4217_pages_add(struct tls4217_pages *pages, const char *line);

#endif
