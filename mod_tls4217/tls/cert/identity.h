/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client certificate says about its owner
 *
 * A name counts only if it could not mean two things: it is valid text of
 * sensible length, without NUL bytes or other control characters, and without
 * '/' where it might become a user name (CN, e-mail address, dNSName, OID
 * value).  A name that does not count matches nothing, whatever it is
 * compared with.  In a subject or issuer as a whole, and in a URI, '/' is
 * fine: those are compared with the administrator's own words only
 * ("O=Example A/S", "spiffe://example/x").
 *
 * Comparisons are exact, octet by octet in UTF-8, but for ASCII letters in a
 * dNSName (RFC 4343).  There are no wildcards.  RFC 5280, section 4.2.1.6;
 * RFC 2253.
 */

#ifndef TLS4217_TLS_CERT_IDENTITY_H
#define TLS4217_TLS_CERT_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"

/* The kinds of subjectAltName that can be compared. */
enum tls4217_identity_kind {
  TLS4217_IDENTITY_DNS,
  TLS4217_IDENTITY_EMAIL,
  TLS4217_IDENTITY_URI,
  TLS4217_IDENTITY_IP /* text of an IPv4 or IPv6 address */
};

#define TLS4217_IDENTITY_DIGEST_SIZE 32 /* SHA-256 */

/* Longest names that count, in octets; a CN has the bound of RFC 5280. */
#define TLS4217_IDENTITY_MAX_CN   64
#define TLS4217_IDENTITY_MAX_NAME 255
#define TLS4217_IDENTITY_MAX_DN   1024

/* Owns all that it points to. */
struct tls4217_identity {
  X509 *cert;
  char *subject, *issuer; /* RFC 2253, escaped: fit for logs */
  bool subject_counts, issuer_counts;
  const char *common_name; /* NULL: none, several, or one not to count */
  char *serial;            /* hex */
  unsigned char digest[TLS4217_IDENTITY_DIGEST_SIZE];
  char fingerprint[3 * TLS4217_IDENTITY_DIGEST_SIZE]; /* "AB:CD:..." */

  char *owned_common_name; /* what common_name points to */
};

/*
 * Reads a certificate, which is referenced, not taken.  Returns a new
 * identity (free it with tls4217_identity_free), or NULL with err filled.
 */
struct tls4217_identity *tls4217_identity_new(
  X509 *cert, struct tls4217_error *err);

/* Frees it.  NULL is fine. */
void tls4217_identity_free(struct tls4217_identity *identity);

/* Whether cert is the very same certificate.  NULL never is. */
bool tls4217_identity_is(const struct tls4217_identity *identity, X509 *cert);

/* Whether the subject's, the issuer's, the common name counts and is text. */
bool tls4217_identity_has_subject(
  const struct tls4217_identity *identity, const char *text);
bool tls4217_identity_has_issuer(
  const struct tls4217_identity *identity, const char *text);
bool tls4217_identity_has_common_name(
  const struct tls4217_identity *identity, const char *text);

/*
 * Whether one of the subjectAltNames of that kind counts and is text.  An IPv4
 * address is the same in IPv6 (::ffff:192.0.2.1).
 */
bool tls4217_identity_has_alt_name(const struct tls4217_identity *identity,
  enum tls4217_identity_kind kind, const char *text);

/* Whether a word is an OID in dots and digits. */
bool tls4217_identity_is_oid(const char *word);

/*
 * Whether an OID ("1.2.3.4") has the value text: as an attribute of the
 * subject, as an otherName of the subjectAltName, or as an extension, whose
 * octets are a DER string or the text itself.  An OID that stands there more
 * than once, or in two of these places, has no value: it could mean two users.
 */
bool tls4217_identity_has_value(
  const struct tls4217_identity *identity, const char *oid, const char *text);

/*
 * Whether the certificate is one of those in a PEM text (an .tlslogin file):
 * all of it the same, not only its signature.
 */
bool tls4217_identity_is_listed(
  const struct tls4217_identity *identity, const void *pem, size_t size);

#endif
