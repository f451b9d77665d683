/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a TLS server signs
 *
 * See signform.h.
 */

#include <stdbool.h>
#include <string.h>

#include "mod_tls4217/tls/keys/signform.h"

/* RFC 8446, section 4.4.3: 64 spaces, the context, a zero byte, and the hash of
 * the handshake, 32 or 48 bytes with the suites of TLS 1.3. */
#define BLANKS 64

static const char context[] = "TLS 1.3, server CertificateVerify";

/* Client's and server's random, in front of the parameters. */
#define RANDOMS 64

/* ECCurveType of RFC 8422, section 5.4. */
#define NAMED_CURVE 3

/* p, g and Ys of RFC 5246, section 7.4.3. */
#define DH_NUMBERS 3

static bool is_certificate_verify(const unsigned char *message, size_t size) {
  /* The array's own NUL is the zero byte. */
  const size_t head = BLANKS + sizeof(context);

  if (size != head + 32 && size != head + 48) {
    return false;
  }

  for (size_t i = 0; i < BLANKS; i++) {
    if (message[i] != ' ') {
      return false;
    }
  }

  return memcmp(message + BLANKS, context, sizeof(context)) == 0;
}

void tls4217_signform_write(unsigned char message[TLS4217_SIGNFORM_VERIFY],
  const unsigned char hash[TLS4217_SIGNFORM_HASH]) {
  memset(message, ' ', BLANKS);
  memcpy(message + BLANKS, context, sizeof(context));
  memcpy(message + BLANKS + sizeof(context), hash, TLS4217_SIGNFORM_HASH);
}

/* The length of a point of a NamedCurve (RFC 8422, section 5.1.1; RFC 7027;
 * uncompressed, section 5.4.1), or 0 for one that no server should use. */
static size_t point_size(unsigned int curve) {
  static const struct {
    unsigned int curve;
    size_t size;
  } curves[] = {
    { 23, 65 },  /* secp256r1 */
    { 24, 97 },  /* secp384r1 */
    { 25, 133 }, /* secp521r1 */
    { 29, 32 },  /* x25519 */
    { 30, 56 },  /* x448 */
    { 22, 65 },  /* secp256k1 */
    { 26, 65 },  /* brainpoolP256r1 */
    { 27, 97 },  /* brainpoolP384r1 */
    { 28, 129 }, /* brainpoolP512r1 */
  };

  for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
    if (curves[i].curve == curve) {
      return curves[i].size;
    }
  }

  return 0;
}

/* curve_type, namedcurve, and a point behind its length. */
static bool is_ecdhe(const unsigned char *message, size_t size) {
  const unsigned char *params;
  size_t point;

  if (size <= RANDOMS + 4) {
    return false;
  }

  params = message + RANDOMS;
  if (params[0] != NAMED_CURVE) {
    return false;
  }

  point = point_size(((unsigned int) params[1] << 8) | params[2]);
  return point != 0 && params[3] == point && size == RANDOMS + 4 + point;
}

/* Three numbers, each behind its length, and nothing else. */
static bool is_dhe(const unsigned char *message, size_t size) {
  size_t at = RANDOMS;

  for (int i = 0; i < DH_NUMBERS; i++) {
    size_t len;

    if (size < at + 2) {
      return false;
    }

    len = ((size_t) message[at] << 8) | message[at + 1];
    at += 2;
    if (len == 0 || size - at < len) {
      return false;
    }

    at += len;
  }

  return at == size;
}

enum tls4217_signform tls4217_signform_find(
  const unsigned char *message, size_t size) {
  if (size > TLS4217_SIGN_MAX_MESSAGE) {
    return TLS4217_SIGNFORM_NONE;
  }

  if (is_certificate_verify(message, size)) {
    return TLS4217_SIGNFORM_CERTIFICATE_VERIFY;
  }

  if (is_ecdhe(message, size)) {
    return TLS4217_SIGNFORM_ECDHE;
  }

  return is_dhe(message, size) ? TLS4217_SIGNFORM_DHE : TLS4217_SIGNFORM_NONE;
}
