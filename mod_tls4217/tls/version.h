/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - protocol versions: the words of TLSProtocol
 *
 * Reads "TLSv1.2 TLSv1.3", "ALL -TLSv1 -TLSv1.1" and the like into a set, and
 * turns the set into what SSL_CTX_set_min_proto_version(3) and
 * SSL_CTX_set_options(3) want.
 */

#ifndef TLS4217_TLS_VERSION_H
#define TLS4217_TLS_VERSION_H

#include <stddef.h>
#include <stdint.h>

#include "mod_tls4217/tls/error.h"

#define TLS4217_VERSION_TLS1_0 0x01
#define TLS4217_VERSION_TLS1_1 0x02
#define TLS4217_VERSION_TLS1_2 0x04
#define TLS4217_VERSION_TLS1_3 0x08

#define TLS4217_VERSION_DEFAULT \
 (TLS4217_VERSION_TLS1_2 | TLS4217_VERSION_TLS1_3)

/* What OpenSSL is set to: a range, and SSL_OP_NO_TLSv1_x for gaps in it. */
struct tls4217_version_range {
  int min; /* TLS1_2_VERSION and so on */
  int max;
  uint64_t options; /* SSL_OP_NO_... */
};

/*
 * Reads the words of TLSProtocol in any case: SSLv3, TLSv1 (also TLSv1.0),
 * TLSv1.1, TLSv1.2, TLSv1.3, ALL and SSLv23 (all that we have), each with an
 * optional + or -; ALL or SSLv23, without a sign, must come first where + or -
 * are used.  SSLv3
 * is not in OpenSSL any more: it counts as nothing, and where it was asked for
 * (not "-SSLv3", which is fulfilled) *ignored gets its name: static text; NULL
 * where nothing was ignored; ignored itself may be NULL.
 *
 * Returns the set, or 0 with err filled: an unknown word, or nothing left.
 */
unsigned int tls4217_version_parse(const char *const *words, size_t nwords,
  const char **ignored, struct tls4217_error *err);

/* The range of a set; all zero for the empty one. */
struct tls4217_version_range tls4217_version_range(unsigned int set);

#endif
