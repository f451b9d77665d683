/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - an OCSP response that is stapled to a certificate
 *
 * RFC 6066, section 8; RFC 6960.  Another program has fetched it: here it is
 * checked, once, and nothing is asked of any responder.  What is sent in
 * handshakes is the bytes; when that has to end is known beside them, so that a
 * handshake parses nothing.
 */

#ifndef TLS4217_TLS_CERT_STAPLE_H
#define TLS4217_TLS_CERT_STAPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"

/* The largest file that is read, in bytes: a response has one or two
 * certificates. */
#define TLS4217_STAPLE_MAX ((size_t) 64 * 1024)

/* A responder's clock may be ahead of ours by so many seconds. */
#define TLS4217_STAPLE_SKEW 300

/* What a file is to a certificate. */
enum tls4217_staple_verdict {
  TLS4217_STAPLE_GOOD,
  TLS4217_STAPLE_REVOKED,  /* it says so, and its signature holds */
  TLS4217_STAPLE_OTHERS,   /* it is about other certificates */
  TLS4217_STAPLE_UNUSABLE, /* it cannot be sent, whatever it is about */
};

/* One that is good.  Immutable but for the count of who has it. */
struct tls4217_staple {
  unsigned char *bytes; /* DER, owned */
  size_t size;
  int64_t since,
    until; /* seconds since the epoch: it may be sent before until */
  unsigned int users;
};

/*
 * Checks the bytes of a file for a certificate, at now (seconds since the
 * epoch).  issuer has issued the certificate, and is who has signed the
 * response, or the certificate of who has (RFC 6960, section 4.2.2.2); NULL:
 * it is not at hand, and nothing can be checked.  Times are as RFC 5019,
 * section 2.2.4, has them: nextUpdate must be there.
 *
 * Returns a staple (tls4217_staple_release) with *verdict GOOD, or NULL with
 * *verdict what it is instead, and err filled with a sentence that goes on
 * behind the file's name; errnum is ENOMEM where memory has run out.
 */
struct tls4217_staple *tls4217_staple_new(const void *bytes, size_t size,
  X509 *leaf, X509 *issuer, int64_t now, enum tls4217_staple_verdict *verdict,
  struct tls4217_error *err);

/* One more has it; one less.  NULL is fine for both. */
struct tls4217_staple *tls4217_staple_share(struct tls4217_staple *staple);
void tls4217_staple_release(struct tls4217_staple *staple);

/* Whether it may be sent at now. */
bool tls4217_staple_is_valid(const struct tls4217_staple *staple, int64_t now);

/* Whether less than a quarter of its life is left at now. */
bool tls4217_staple_is_old(const struct tls4217_staple *staple, int64_t now);

/* Writes a time of a staple's, for people, into buf, of
 * TLS4217_STAPLE_TIME_SIZE bytes.  Returns a text: buf, or "?". */
#define TLS4217_STAPLE_TIME_SIZE 32
const char *tls4217_staple_format_time(int64_t when, char *buf);

/* Whether clients refuse a certificate that comes without one: it has the TLS
 * feature status_request (RFC 7633), "must-staple". */
bool tls4217_staple_is_required(const X509 *cert);

/* Whether a certificate names a responder that could be asked (RFC 5280,
 * section 4.2.2.1). */
bool tls4217_staple_has_responder(X509 *cert);

#endif
