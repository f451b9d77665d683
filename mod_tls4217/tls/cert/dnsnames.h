/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a table of DNS names
 *
 * Finds the number that was put under a name, however many there are: an exact
 * name before a wildcard, in whatever order they came.  Names are compared
 * without case (RFC 4343) and without a dot at their end, in the form that is
 * on the wire: A-labels (RFC 5890).  A wildcard is "*." in front, and is one
 * label (RFC 9525, section 6.3).
 */

#ifndef TLS4217_TLS_CERT_DNSNAMES_H
#define TLS4217_TLS_CERT_DNSNAMES_H

#include <stdbool.h>
#include <stddef.h>

/* No number: there is no such name, or it has none yet. */
#define TLS4217_DNSNAMES_NONE ((size_t) -1)

/* RFC 1035, section 2.3.4, as text. */
#define TLS4217_DNSNAMES_MAX 253

struct tls4217_dnsnames;

/* An empty one; NULL: out of memory.  Free it with tls4217_dnsnames_free. */
struct tls4217_dnsnames *tls4217_dnsnames_new(void);

/* Frees it.  NULL is fine. */
void tls4217_dnsnames_free(struct tls4217_dnsnames *names);

/*
 * Where the number of a name of len bytes is, TLS4217_DNSNAMES_NONE when it is
 * new.  NULL where it is no DNS name (an address is none), or there is no
 * memory.  Good until the next call.
 */
size_t *tls4217_dnsnames_at(
  struct tls4217_dnsnames *names, const char *name, size_t len);

/* The number of a name that a client has given, by itself or by a wildcard; or
 * TLS4217_DNSNAMES_NONE. */
size_t tls4217_dnsnames_find(
  const struct tls4217_dnsnames *names, const char *name);

/* How many names it has. */
size_t tls4217_dnsnames_count(const struct tls4217_dnsnames *names);

#endif
