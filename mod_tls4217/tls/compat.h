/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * compat.h - what a newer OpenSSL calls by another name
 *
 * The sources use the newest name of a function that OpenSSL 4 still has; this
 * is where older releases get it.  Deprecated ones have no other place.
 */

#ifndef TLS4217_TLS_COMPAT_H
#define TLS4217_TLS_COMPAT_H

#include <openssl/ssl.h>

/* SSL_SESSION_get_time(3): since 3.3; before, a long holds the time. */
#if OPENSSL_VERSION_NUMBER < 0x30300000L
# define SSL_SESSION_set_time_ex(session, when) \
  SSL_SESSION_set_time((session), (long) (when))
# define SSL_SESSION_get_time_ex(session) \
  ((time_t) SSL_SESSION_get_time(session))
#endif

#endif
