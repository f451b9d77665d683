/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what an administrator wants to know of a certificate
 *
 * For "ftpdctl tls info", TLSMetricsFile and the lines that say how much of a
 * life is left.  What is for the environment is
 * certinfo.h's.
 */

#ifndef TLS4217_TLS_CERT_CERTFACTS_H
#define TLS4217_TLS_CERT_CERTFACTS_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

struct tls4217_certfacts {
  char name[256]; /* its first name, an address as text; or its subject */
  size_t names;   /* how many it has, or 1 */
  char key[64];   /* "RSA 2048", "EC P-256", "Ed25519", "ML-DSA-65" */
  int64_t start;  /* notBefore and notAfter, in seconds since the epoch; */
  int64_t end;    /* INT64_MIN where the calendar has no such time */
  uint64_t id;    /* of its SHA-256: tells it from others; 0: unknown */
};

/*
 * Fills facts of a certificate.  Texts are UTF-8, on one line, without control
 * characters (scrub.h).  What cannot be found out is "?".
 */
void tls4217_certfacts_get(X509 *cert, struct tls4217_certfacts *facts);

#endif
