/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a new SSL_CTX that openssl.cnf has no say in
 *
 * See ssl_ctx.h.  The commands of SSL_CONF_cmd(3) that reach a context by
 * system_default, and what becomes of each here:
 *
 *   Options                    replaced by WANTED_OPTIONS: session tickets,
 *                              kernel TLS, the meaning of a missing
 *                              close_notify and more hang on them
 *   VerifyMode                 none; verify.c sets it where clients are asked
 *   NumTickets                 the caller's: context.c
 *   RecordPadding              none: it would undo what writes are sized for
 *   MinProtocol, MaxProtocol,
 *   Protocol                   the caller's: TLSProtocol or its default
 *   CipherString               its list is the caller's: TLSCipherSuite or its
 *                              default; its @SECLEVEL stays
 *   Ciphersuites, Groups,
 *   SignatureAlgorithms,
 *   ClientSignatureAlgorithms  stay: they say what is strong enough here
 *
 * Commands that name files do not work in system_default.
 */

#include <errno.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/ssl_ctx.h"

/* Bytes: the certificates that a peer may send at once, which are read into
 * memory before anything is known of him.  OpenSSL's own limit is 100 kB; a
 * chain of ten RSA 4096 has 20. */
#define MAX_CERT_LIST (32 * 1024)

/* What SSL_CTX_new(3) itself sets. */
#define WANTED_OPTIONS (SSL_OP_NO_COMPRESSION | SSL_OP_ENABLE_MIDDLEBOX_COMPAT)

SSL_CTX *tls4217_ssl_ctx_new(
  const SSL_METHOD *method, struct tls4217_error *err) {
  SSL_CTX *ctx;

  ERR_clear_error();
  ctx = SSL_CTX_new(method);
  if (ctx == NULL) {
    tls4217_error_set_openssl(err, "cannot create a TLS context");
    return NULL;
  }

  (void) SSL_CTX_clear_options(ctx, SSL_CTX_get_options(ctx));
  (void) SSL_CTX_set_options(ctx, WANTED_OPTIONS);
  (void) SSL_CTX_clear_cert_flags(ctx, SSL_CERT_FLAG_TLS_STRICT);
  (void) SSL_CTX_set_block_padding(ctx, 0);
  SSL_CTX_set_max_cert_list(ctx, MAX_CERT_LIST);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);

  return ctx;
}
