/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves which messages tls/keys/signform.c lets be signed
 *
 * The key process signs what a handshake of TLS signs and nothing else: lengths
 * within a message fill it exactly, and nothing behind it is read.
 */

#include "t/prove/prove.h"

#include "mod_tls4217/tls/keys/signform.c"

/* Randoms, and three numbers of up to two bytes. */
#define SIZE (RANDOMS + 12)

static size_t number_at(const unsigned char *message, size_t at) {
  return (size_t) message[at] << 8 | message[at + 1];
}

/* RFC 5246, section 7.4.3, in another way: where each number ends. */
static bool is_three_numbers(const unsigned char *message, size_t size) {
  const size_t first = RANDOMS + 2;
  size_t second, third;

  if (size < first || number_at(message, RANDOMS) == 0) {
    return false;
  }

  second = first + number_at(message, RANDOMS) + 2;
  if (size < second || number_at(message, second - 2) == 0) {
    return false;
  }

  third = second + number_at(message, second - 2) + 2;
  return size > third && number_at(message, third - 2) == size - third;
}

static void prove_form(const unsigned char *message, size_t size) {
  const enum tls4217_signform form = tls4217_signform_find(message, size);

  prove(form != TLS4217_SIGNFORM_CERTIFICATE_VERIFY);
  prove(form != TLS4217_SIGNFORM_ECDHE);
  prove((form == TLS4217_SIGNFORM_DHE) == is_three_numbers(message, size));
}

int main(void) {
  unsigned char bytes[SIZE], verify[TLS4217_SIGNFORM_VERIFY];
  unsigned char hash[TLS4217_SIGNFORM_HASH];

  for (size_t size = 0; size <= SIZE; size++) {
    prove_form(bytes + SIZE - size, size);
  }

  prove(tls4217_signform_find(bytes, TLS4217_SIGN_MAX_MESSAGE + 1) ==
    TLS4217_SIGNFORM_NONE);

  tls4217_signform_write(verify, hash);
  prove(tls4217_signform_find(verify, sizeof(verify)) ==
    TLS4217_SIGNFORM_CERTIFICATE_VERIFY);
  verify[any_of(BLANKS + sizeof(context))] ^= 1;
  prove(is_certificate_verify(verify, sizeof(verify)) == false);
  return 0;
}
