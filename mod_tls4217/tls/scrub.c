/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - text of other people's choice, made fit to be shown
 *
 * See scrub.h.  RFC 3629, section 4, is what UTF-8 may look like.
 */

#include <string.h>

#include "mod_tls4217/tls/scrub.h"

/* What may follow the first byte of a character, by that byte. */
static const struct lead {
  unsigned char from, to;  /* the first byte */
  unsigned char low, high; /* the second one */
  size_t len;              /* of the whole character */
} leads[] = {
  { 0xc2, 0xdf, 0x80, 0xbf, 2 },
  { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
  { 0xe1, 0xec, 0x80, 0xbf, 3 },
  { 0xed, 0xed, 0x80, 0x9f, 3 },
  { 0xee, 0xef, 0x80, 0xbf, 3 },
  { 0xf0, 0xf0, 0x90, 0xbf, 4 },
  { 0xf1, 0xf3, 0x80, 0xbf, 4 },
  { 0xf4, 0xf4, 0x80, 0x8f, 4 },
};

static bool is_in(unsigned char byte, unsigned char low, unsigned char high) {
  return byte >= low && byte <= high;
}

/* The bytes of the character at text, of which len are left; 1 where they are
 * no UTF-8. */
static size_t character_len(const unsigned char *text, size_t len) {
  for (size_t i = 0; i < sizeof(leads) / sizeof(leads[0]); i++) {
    const struct lead *lead = &leads[i];
    size_t seen = 2;

    if (is_in(text[0], lead->from, lead->to) == false) {
      continue;
    }

    if (len < lead->len || is_in(text[1], lead->low, lead->high) == false) {
      return 1;
    }

    while (seen < lead->len && is_in(text[seen], 0x80, 0xbf)) {
      seen++;
    }

    return seen == lead->len ? seen : 1;
  }

  return 1;
}

static bool is_control(const unsigned char *text, size_t len) {
  return (len == 1 &&
           (text[0] < 0x20 || text[0] == 0x7f || is_in(text[0], 0x80, 0x9f))) ||
    (len == 2 && text[0] == 0xc2 && is_in(text[1], 0x80, 0x9f));
}

bool tls4217_scrub_is_clean(const char *text, size_t len) {
  const unsigned char *bytes = (const unsigned char *) text;
  size_t size;

  for (size_t i = 0; i < len; i += size) {
    size = character_len(bytes + i, len - i);
    if (is_control(bytes + i, size)) {
      return false;
    }
  }

  return true;
}

static bool is_no_utf8(const unsigned char *text, size_t len) {
  return len == 1 && text[0] >= 0x80;
}

static void replace(char *text, char blot, bool only_utf8) {
  const unsigned char *from = (const unsigned char *) text;
  size_t left = strlen(text), size;
  char *to = text;

  for (; left > 0; from += size, left -= size) {
    size = character_len(from, left);
    if (is_control(from, size) || (only_utf8 && is_no_utf8(from, size))) {
      *to++ = blot;

    } else {
      memmove(to, from, size);
      to += size;
    }
  }

  *to = '\0';
}

void tls4217_scrub(char *text, char blot) {
  replace(text, blot, false);
}

void tls4217_scrub_to_utf8(char *text, char blot) {
  replace(text, blot, true);
}

void tls4217_scrub_cut(char *text, size_t max) {
  const unsigned char *bytes = (const unsigned char *) text;
  size_t len = strlen(text), end = 0, size;

  if (len <= max) {
    return;
  }

  for (;;) {
    size = character_len(bytes + end, len - end);
    if (end + size > max - 3) {
      break;
    }

    end += size;
  }

  memcpy(text + end, "...", 4);
}
