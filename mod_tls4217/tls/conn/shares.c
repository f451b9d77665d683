/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the key exchange groups that a ClientHello brings
 *
 * See shares.h.
 */

#include "mod_tls4217/tls/conn/shares.h"

/* MLKEM512, 768, 1024; SecP256r1MLKEM768, X25519MLKEM768, SecP384r1MLKEM1024,
 * curveSM2MLKEM768. */
#define MLKEM_FIRST  0x0200u
#define MLKEM_LAST   0x0202u
#define HYBRID_FIRST 0x11ebu
#define HYBRID_LAST  0x11eeu

static size_t read_number(const unsigned char *bytes) {
  return (size_t) bytes[0] << 8 | bytes[1];
}

/* Steps behind the size of the list.  Returns false where it does not fill the
 * extension. */
static bool open_list(const unsigned char **bytes, size_t *len) {
  if (*len < 2 || read_number(*bytes) != *len - 2) {
    return false;
  }

  *bytes += 2;
  *len -= 2;
  return true;
}

bool tls4217_shares_has_share(
  const unsigned char *bytes, size_t len, unsigned int group) {
  if (open_list(&bytes, &len) == false) {
    return false;
  }

  while (len >= 4) {
    const size_t size = 4 + read_number(bytes + 2);

    if (size > len) {
      return false;
    }

    if (read_number(bytes) == group) {
      return true;
    }

    bytes += size;
    len -= size;
  }

  return false;
}

bool tls4217_shares_has_hybrid(const unsigned char *bytes, size_t len) {
  if (open_list(&bytes, &len) == false) {
    return false;
  }

  for (; len >= 2; bytes += 2, len -= 2) {
    const size_t group = read_number(bytes);

    if ((group >= MLKEM_FIRST && group <= MLKEM_LAST) ||
      (group >= HYBRID_FIRST && group <= HYBRID_LAST)) {
      return true;
    }
  }

  return false;
}
