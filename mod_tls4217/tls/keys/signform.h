/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a TLS server signs
 *
 * Whoever holds a private key for others signs only messages of the forms that
 * a TLS server signs in a handshake: CertificateVerify of TLS 1.3 (RFC 8446,
 * section 4.4.3), and ServerKeyExchange of TLS 1.2 and older with elliptic
 * curves (RFC 8422, section 5.4) or finite fields (RFC 5246, section 7.4.3).
 * So a process that may ask for signatures gets none under a certificate,
 * another protocol's message or a client's CertificateVerify.
 */

#ifndef TLS4217_TLS_CERT_SIGNFORM_H
#define TLS4217_TLS_CERT_SIGNFORM_H

#include <stddef.h>
#include <stdint.h>

/* Digests, as numbers that two processes agree on. */
enum tls4217_sign_digest {
  TLS4217_SIGN_NO_DIGEST, /* EdDSA, ML-DSA */
  TLS4217_SIGN_MD5_SHA1,  /* RSA in TLS 1.0 and 1.1 */
  TLS4217_SIGN_SHA1,
  TLS4217_SIGN_SHA224,
  TLS4217_SIGN_SHA256,
  TLS4217_SIGN_SHA384,
  TLS4217_SIGN_SHA512
};

#define TLS4217_SIGN_NDIGESTS (TLS4217_SIGN_SHA512 + 1)

/* Paddings of RSA. */
enum tls4217_sign_padding {
  TLS4217_SIGN_NO_PADDING, /* not RSA */
  TLS4217_SIGN_PKCS1,
  TLS4217_SIGN_PSS /* with a salt as long as the digest */
};

#define TLS4217_SIGN_NPADDINGS (TLS4217_SIGN_PSS + 1)

/* The longest message: ServerKeyExchange with DHE of 8192 bits has 2119
 * bytes. */
#define TLS4217_SIGN_MAX_MESSAGE 4096

/* The longest signature: ML-DSA-87 has 4627 bytes. */
#define TLS4217_SIGN_MAX_SIGNATURE 8192

/* One signature that is asked for. */
struct tls4217_signjob {
  uint64_t handle; /* of the key */
  enum tls4217_sign_digest digest;
  enum tls4217_sign_padding padding;
  const unsigned char *message; /* whole, not its digest; borrowed */
  size_t size;                  /* of message, in bytes */
};

enum tls4217_signform {
  TLS4217_SIGNFORM_NONE, /* not to be signed */
  TLS4217_SIGNFORM_CERTIFICATE_VERIFY,
  TLS4217_SIGNFORM_ECDHE,
  TLS4217_SIGNFORM_DHE
};

/*
 * Which form a message of size bytes has.  Nothing of the message is taken on
 * trust: lengths inside it must fill it exactly.
 */
enum tls4217_signform tls4217_signform_find(
  const unsigned char *message, size_t size);

/* A CertificateVerify's hash, and the message around it, in bytes. */
#define TLS4217_SIGNFORM_HASH   32
#define TLS4217_SIGNFORM_VERIFY (64 + 34 + TLS4217_SIGNFORM_HASH)

/* Writes what is signed for a CertificateVerify of this hash. */
void tls4217_signform_write(unsigned char message[TLS4217_SIGNFORM_VERIFY],
  const unsigned char hash[TLS4217_SIGNFORM_HASH]);

#endif
