/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - unpredictable bytes
 *
 * See random.h.
 */

#include <openssl/rand.h>

#include "mod_tls4217/tls/random.h"

int tls4217_random_fill(void *bytes, size_t size, struct tls4217_error *err) {
  if (RAND_bytes(bytes, (int) size) == 1) {
    return 0;
  }

  tls4217_error_set_openssl(err, "OpenSSL has no random bytes");
  return -1;
}
