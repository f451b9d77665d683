/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a new SSL_CTX that openssl.cnf has no say in
 *
 * SSL_CTX_new(3) applies the section system_default of openssl.cnf to every
 * context of every program.  What this module relies on must not depend on a
 * file that is not ours: every SSL_CTX of the module is made here.
 */

#ifndef TLS4217_TLS_SSL_CTX_H
#define TLS4217_TLS_SSL_CTX_H

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"

/*
 * A new context in which all that SSL_CONF_cmd(3) can have set is as this
 * module wants it, but for what openssl.cnf rightly says about the strength of
 * cryptography on this machine: security level, TLS 1.3 suites, groups and
 * signature algorithms stay as it says until the caller sets its own.
 * Versions and the cipher list of TLS 1.2 are always the caller's to set.
 *
 * Returns the context (SSL_CTX_free(3) it), or NULL with err filled.
 */
SSL_CTX *tls4217_ssl_ctx_new(
  const SSL_METHOD *method, struct tls4217_error *err);

#endif
