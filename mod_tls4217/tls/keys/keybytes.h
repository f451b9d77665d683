/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - bytes that the key process keeps for the daemon
 *
 * What must outlive SIGHUP, which unmaps the module: each under a name.  They
 * may be secrets, and are wiped when they go.
 */

#ifndef TLS4217_TLS_KEYS_KEYBYTES_H
#define TLS4217_TLS_KEYS_KEYBYTES_H

#include <stdbool.h>
#include <stddef.h>

struct tls4217_keybytes_entry;

/* Empty: all zeros. */
struct tls4217_keybytes {
  struct tls4217_keybytes_entry *first;
};

/* Wipes and frees all of them. */
void tls4217_keybytes_clear(struct tls4217_keybytes *bytes);

/*
 * Keeps a copy of size bytes under a name, in place of those that were there;
 * value may be NULL where size is 0.  Returns false where memory has run out:
 * what was there remains.
 */
bool tls4217_keybytes_keep(struct tls4217_keybytes *bytes, const char *name,
  const void *value, size_t size);

/* Those of a name; *size becomes their number, 0 where there are none (NULL).
 * They stay the store's, until the next tls4217_keybytes_keep. */
const void *tls4217_keybytes_find(
  const struct tls4217_keybytes *bytes, const char *name, size_t *size);

#endif
