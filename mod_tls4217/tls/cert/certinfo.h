/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate as a list of names and values
 *
 * The names are those that Apache's mod_ssl made known and mod_tls took over
 * (S_DN_CN, V_START, ...), without "TLS_CLIENT_" or "TLS_SERVER_" before
 * them.
 */

#ifndef TLS4217_TLS_CERT_CERTINFO_H
#define TLS4217_TLS_CERT_CERTINFO_H

#include <time.h>

#include <openssl/x509.h>

/*
 * Calls put once for each value: M_VERSION, M_SERIAL, S_DN, S_DN_x, I_DN,
 * I_DN_x, V_START, V_END, A_SIG, A_KEY, EXT_x.  Values are UTF-8, on one line,
 * without control characters (scrub.h), and of at most TLS4217_SCRUB_MAX
 * bytes: what is printed is cut there, an attribute that is longer or has a
 * control character is left out.  Both texts are valid during the call only.
 */
void tls4217_certinfo_list(X509 *cert,
  void (*put)(void *user, const char *name, const char *value), void *user);

/* Until when it is valid, in seconds since the epoch; -1: it does not say. */
time_t tls4217_certinfo_end(const X509 *cert);

/*
 * Calls put with "CERT" and the certificate in PEM; not where memory runs out,
 * or cert is NULL.  The text is valid during the call only.
 */
void tls4217_certinfo_pem(X509 *cert,
  void (*put)(void *user, const char *name, const char *value), void *user);

/*
 * The same for what follows the first certificate of a chain, with
 * "CERT_CHAIN1" and so on.  NULL is an empty chain.
 */
void tls4217_certinfo_chain(const STACK_OF(X509) * chain,
  void (*put)(void *user, const char *name, const char *value), void *user);

#endif
