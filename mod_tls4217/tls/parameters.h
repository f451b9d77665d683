/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, and how it is set in OpenSSL
 *
 * One table sets it on an SSL_CTX, on the SSL of a name that a ClientHello has
 * chosen, and on one connection whose client has settings of its own.  What
 * openssl.cnf(5) has no say in is in ssl_ctx.h and here.
 */

#ifndef TLS4217_TLS_PARAMETERS_H
#define TLS4217_TLS_PARAMETERS_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/profile.h"

/* What an administrator may say of it.  Text is borrowed. */
struct tls4217_parameters {
  enum tls4217_profile_name profile; /* what holds where the next are NULL */
  unsigned int versions;             /* TLS4217_VERSION_..., not 0 */
  const char *ciphers;               /* TLS 1.2 and below */
  const char *ciphersuites;          /* TLS 1.3 */
  const char *groups;     /* key exchange groups; "": the library's */
  bool server_preference; /* our order of ciphers wins */
  bool weak_security;     /* OpenSSL's security level 0, and without ciphers
                             * all that the library knows */
  bool next_protocol;     /* ALPN is looked at: a context's */
};

/* What is to be set, beside what an administrator has said. */
struct tls4217_offering {
  const struct tls4217_parameters *parameters;
  bool no_decryption;                  /* the keys only sign: no static RSA */
  int security_level;                  /* the system's */
  const struct tls4217_verify *verify; /* NULL: ask no client */
};

/* Whether two of them would set the same. */
bool tls4217_parameters_are_equal(const struct tls4217_parameters *first,
  const struct tls4217_parameters *second);

/* Whether X25519 is among the groups that it allows: it is in every profile,
 * and in the library's own list. */
bool tls4217_parameters_have_x25519(
  const struct tls4217_parameters *parameters);

/* Sets all of it on a new context.  Returns 0, or -1 with err filled. */
int tls4217_parameters_set_context(SSL_CTX *ctx,
  const struct tls4217_offering *offering, struct tls4217_error *err);

/*
 * Sets all of it on a control connection whose ClientHello names another host,
 * in its callback (SSL_CTX_set_client_hello_cb(3)).  Lists that are NULL become
 * OpenSSL's own again; ALPN comes with the host's context.  Returns 0, or -1
 * with err filled.
 */
int tls4217_parameters_set_name(
  SSL *ssl, const struct tls4217_offering *offering, struct tls4217_error *err);

/*
 * The same on a connection whose client's class has parameters of its own,
 * before the handshake; verification stays the context's.
 */
int tls4217_parameters_set_class(
  SSL *ssl, const struct tls4217_offering *offering, struct tls4217_error *err);

/*
 * Whether OpenSSL knows a list of ciphers: of TLS 1.3 suites where tls13 is
 * true (SSL_CTX_set_ciphersuites(3)), else of older ones
 * (SSL_CTX_set_cipher_list(3)).  Returns 0, or -1 with err saying what is
 * wrong with it.
 */
int tls4217_parameters_check_ciphers(
  const char *list, bool tls13, struct tls4217_error *err);

/*
 * Whether OpenSSL knows a list of key exchange groups
 * (SSL_CTX_set1_groups_list(3)).  Returns and err as above.
 */
int tls4217_parameters_check_groups(
  const char *list, struct tls4217_error *err);

#endif
