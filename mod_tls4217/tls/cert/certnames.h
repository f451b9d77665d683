/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the names that a server's certificate is for
 *
 * Those of its subjectAltName: dNSName and iPAddress (RFC 5280, section
 * 4.2.1.6).  Where it has none of either kind, the common name, as old
 * certificates have it.
 */

#ifndef TLS4217_TLS_CERT_CERTNAMES_H
#define TLS4217_TLS_CERT_CERTNAMES_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509.h>

/* Called with each: text of a name, or the 4 or 16 bytes of an address. */
typedef void (*tls4217_certnames_put)(
  void *user, bool is_address, const unsigned char *bytes, size_t size);

/* Lists the names of a certificate. */
void tls4217_certnames_list(
  const X509 *cert, tls4217_certnames_put put, void *user);

#endif
