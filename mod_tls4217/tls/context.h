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
#include "mod_tls4217/tls/cert/verify.h"

struct tls4217_context_settings {
  unsigned int versions;    /* TLS4217_VERSION_..., not 0 */
  const char *ciphers;      /* TLS 1.2 and below; NULL: ECDHE with AEAD, or
                             * with weak_security what the library knows */
  const char *ciphersuites; /* TLS 1.3; NULL: OpenSSL's default */
  const char *groups;       /* key exchange groups; NULL: OpenSSL's default */
  bool server_preference;   /* our order of ciphers wins */
  bool weak_security;       /* OpenSSL's security level 0 */
  bool ignore_alpn;         /* takes clients of any protocol */
  bool no_decryption;       /* the keys only sign: no static RSA */

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

struct tls4217_context {
  SSL_CTX *ctx;
};

/*
 * Whether OpenSSL knows a list of ciphers: of TLS 1.3 suites where tls13 is
 * true (SSL_CTX_set_ciphersuites(3)), else of older ones
 * (SSL_CTX_set_cipher_list(3)).  Returns 0, or -1 with err saying what is
 * wrong with it.
 */
int tls4217_context_check_ciphers(
  const char *list, bool tls13, struct tls4217_error *err);

/*
 * Whether OpenSSL knows a list of key exchange groups
 * (SSL_CTX_set1_groups_list(3)).  Returns and err as above.
 */
int tls4217_context_check_groups(const char *list, struct tls4217_error *err);

/*
 * Builds a context.  The pairs' objects are referenced, not taken.  Returns a
 * new context (free it with tls4217_context_free), or NULL with err filled.
 */
struct tls4217_context *tls4217_context_new(
  const struct tls4217_context_settings *settings, struct tls4217_error *err);

/*
 * Gives one connection other versions and ciphers than its context has
 * (SSL_set_min_proto_version(3), SSL_set_cipher_list(3)): of settings
 * versions, ciphers, ciphersuites, weak_security and no_decryption count.  Before the handshake.  Returns 0, or -1 with err
 * filled.
 */
int tls4217_context_override(SSL *ssl,
  const struct tls4217_context_settings *settings, struct tls4217_error *err);

/* Frees a context; connections made from it stay valid.  NULL is fine. */
void tls4217_context_free(struct tls4217_context *context);

#endif
