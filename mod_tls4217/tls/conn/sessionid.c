/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what distinguishes the session of a handshake from all others
 *
 * See sessionid.h.
 */

#include <openssl/evp.h>

#include "mod_tls4217/tls/conn/sessionid.h"

/* The randoms of both hellos, which are new in every handshake. */
static unsigned int digest_randoms(const SSL *ssl, unsigned char *digest) {
  unsigned char randoms[2 * SSL3_RANDOM_SIZE];
  unsigned int size = 0;

  (void) SSL_get_client_random(ssl, randoms, SSL3_RANDOM_SIZE);
  (void) SSL_get_server_random(
    ssl, randoms + SSL3_RANDOM_SIZE, SSL3_RANDOM_SIZE);
  return EVP_Digest(
           randoms, sizeof(randoms), digest, &size, EVP_sha256(), NULL) == 1 ?
    size :
    0;
}

void tls4217_sessionid_write(const SSL *ssl, char *text) {
  static const char hex[] = "0123456789ABCDEF";
  const SSL_SESSION *session = SSL_get_session(ssl);
  unsigned char digest[EVP_MAX_MD_SIZE];
  const unsigned char *id = NULL;
  unsigned int size = 0;

  if (session != NULL) {
    id = SSL_SESSION_get_id(session, &size);
  }

  if (size == 0) {
    size = digest_randoms(ssl, digest);
    id = digest;
  }

  for (unsigned int i = 0; i < size; i++) {
    *text++ = hex[id[i] >> 4];
    *text++ = hex[id[i] & 0x0f];
  }

  *text = '\0';
}
