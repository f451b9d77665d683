/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what OpenSSL is told when it wants a pass phrase
 *
 * See passphrase.h.
 */

#include <stddef.h>
#include <string.h>

#include "mod_tls4217/tls/cert/passphrase.h"

int tls4217_passphrase_cb(char *buf, int size, int for_writing, void *user) {
  struct tls4217_passphrase *passphrase = user;
  size_t len;

  (void) for_writing;

  passphrase->was_asked = true;
  len = passphrase->text != NULL ? strlen(passphrase->text) : 0;
  if (passphrase->text == NULL || len > (size_t) size) {
    return -1;
  }

  memcpy(buf, passphrase->text, len);
  return (int) len;
}
