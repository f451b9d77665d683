/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - key exchange groups that withstand a quantum computer
 *
 * See groups.h.
 */

#include <stddef.h>
#include <strings.h>

#include "mod_tls4217/rfc4217/groups.h"

static const char *const names[] = { "X25519MLKEM768", "SecP256r1MLKEM768",
  "SecP384r1MLKEM1024", "curveSM2MLKEM768", "MLKEM512", "MLKEM768",
  "MLKEM1024" };

bool tls4217_groups_is_post_quantum(const char *name) {
  for (size_t i = 0; name != NULL && i < sizeof(names) / sizeof(names[0]);
       i++) {
    if (strcasecmp(names[i], name) == 0) {
      return true;
    }
  }

  return false;
}
