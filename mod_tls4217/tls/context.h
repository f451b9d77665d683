/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one SSL_CTX, complete and checked
 *
 * Built in the daemon from settings that are already parsed, immutable from
 * then on, and shared with the sessions by fork(2): a session opens no
 * certificate file and builds no context.  SSL_CTX_new(3).
 */

#ifndef TLS4217_TLS_CONTEXT_H
#define TLS4217_TLS_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/staple.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/conn/connection.h"
#include "mod_tls4217/tls/parameters.h"
#include "mod_tls4217/tls/ticketcrypt.h"

struct tls4217_context_settings {
  struct tls4217_parameters parameters;
  bool no_decryption; /* the keys only sign: no static RSA */

  /* Borrowed; at least one.  The first one of each key type is used. */
  struct tls4217_keypair *const *pairs;
  size_t npairs;

  const struct tls4217_verify *verify; /* borrowed; NULL: ask no client */

  /*
   * What makes sessions of this context its own: virtual host and policy, in
   * words.  Its digest is the session id context, so that no session is
   * resumed under another host or policy.
   */
  const char *scope;
};

/* Bytes of a session id context (SSL_CTX_set_session_id_context(3)). */
#define TLS4217_CONTEXT_SCOPE TLS4217_TICKETCRYPT_SCOPE

/* What is stapled to one of a context's certificates. */
struct tls4217_context_staple {
  const X509 *leaf; /* the pair's */
  const struct tls4217_staple *staple;
};

struct tls4217_context {
  SSL_CTX *ctx;

  struct tls4217_context_staple *staples; /* owned; NULL where there are none */
  size_t nstaples;

  unsigned char scope[TLS4217_CONTEXT_SCOPE]; /* its session id context */
  struct tls4217_ticketcrypt *tickets; /* how they are encrypted; owned */

  /* What it was made of, as far as its connections may get it again. */
  struct tls4217_parameters parameters;
  bool no_decryption;
  int security_level; /* of the system, SSL_CTX_set_security_level(3) */
  const struct tls4217_verify *verify;
};

/*
 * Builds a context.  The pairs' objects are referenced, not taken; their
 * staples must outlive it, and are sent with their certificates to clients
 * that ask for one, while they are valid (SSL_CTX_set_tlsext_status_cb(3)).
 * Returns a new context (free it with tls4217_context_free), or NULL with err
 * filled.
 */
struct tls4217_context *tls4217_context_new(
  const struct tls4217_context_settings *settings, struct tls4217_error *err);

/*
 * Gives a connection of a context parameters of its own, before the handshake
 * (parameters.h).  Returns 0, or -1 with err filled.
 */
int tls4217_context_override(const struct tls4217_context *context, SSL *ssl,
  const struct tls4217_parameters *parameters, struct tls4217_error *err);
int tls4217_context_override_connection(const struct tls4217_context *context,
  const struct tls4217_connection *conn,
  const struct tls4217_parameters *parameters, struct tls4217_error *err);

/*
 * Moves a connection to another context, whose name its ClientHello has
 * chosen: certificates, CAs, scope and parameters.  In the callback of
 * the ClientHello, or before the handshake.  Its tickets stay those of the
 * context that it was made from: a data connection is made from the same one,
 * and moved to where its control connection is.  Returns 0, or -1 with err
 * filled.
 */
int tls4217_context_switch(
  const struct tls4217_context *context, SSL *ssl, struct tls4217_error *err);
int tls4217_context_switch_connection(const struct tls4217_context *context,
  const struct tls4217_connection *conn, struct tls4217_error *err);

/*
 * Has DHE use the group in a file (dhparam.h), read with the caller's
 * privileges, in place of OpenSSL's that is as strong as the certificate;
 * before the first connection.  Returns 0, or -1 with err filled: the file
 * holds none, or OpenSSL's security level refuses it, and all stays as it was.
 * SSL_CTX_set0_tmp_dh_pkey(3).
 */
int tls4217_context_use_group(
  struct tls4217_context *context, const char *path, struct tls4217_error *err);

/* Frees a context; connections made from it stay valid, but issue and take no
 * tickets any more.  NULL is fine. */
void tls4217_context_free(struct tls4217_context *context);

#endif
