/*
 * mod_tls4217 - one SSL_CTX, complete and checked
 *
 * Everything that can be said before a client arrives is said here:
 * versions, ciphers, certificates, ALPN (RFC 7301), session rules.  Nothing
 * in it depends on a single connection, so that the daemon builds it once.
 * SSL_CTX_use_cert_and_key(3), SSL_CTX_set_alpn_select_cb(3).
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/conn/hello.h"
#include "mod_tls4217/tls/ssl_ctx.h"
#include "mod_tls4217/tls/version.h"

/* Forward secrecy with authenticated encryption, and nothing else. */
#define DEFAULT_CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

/* For old devices, where AllowWeakSecurity says so: what the library knows,
 * but nothing anonymous and nothing broken. */
#define WEAK_CIPHERS "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:!aDSS:!3DES:!RC4:!MD5"

/* Longer than any list of cipher suites that anybody has written. */
#define LIST_SIZE 4096

/* What a set of versions with gaps may have set. */
#define VERSION_OPTIONS \
 (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3)

/* ProtocolNameList entry of RFC 7301, section 3.1. */
static const unsigned char alpn_ftp[] = { 3, 'f', 't', 'p' };

static int select_alpn_cb(SSL *ssl, const unsigned char **out,
  unsigned char *outlen, const unsigned char *in, unsigned int inlen,
  void *arg) {
  unsigned char *selected = NULL;

  (void) ssl;
  (void) arg;

  if (SSL_select_next_proto(&selected, outlen, alpn_ftp, sizeof(alpn_ftp), in,
        inlen) != OPENSSL_NPN_NEGOTIATED) {
    /* RFC 7301, section 3.2: no_application_protocol. */
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }

  *out = selected;
  return SSL_TLSEXT_ERR_OK;
}

static int set_versions(
  SSL_CTX *ctx, unsigned int versions, struct tls4217_error *err) {
  struct tls4217_version_range range;

  range = tls4217_version_range(versions);
  if (SSL_CTX_set_min_proto_version(ctx, range.min) != 1 ||
    SSL_CTX_set_max_proto_version(ctx, range.max) != 1) {
    tls4217_error_set_openssl(err, "OpenSSL refuses these TLS versions");
    return -1;
  }

  (void) SSL_CTX_set_options(ctx, range.options);
  return 0;
}

static int set_cipher_list(
  SSL_CTX *ctx, const char *list, bool tls13, struct tls4217_error *err) {
  int res;

  res = tls13 ? SSL_CTX_set_ciphersuites(ctx, list) :
                SSL_CTX_set_cipher_list(ctx, list);
  if (res != 1) {
    tls4217_error_set_openssl(err, "no cipher is left of '%s'", list);
    return -1;
  }

  return 0;
}

static int set_groups(
  SSL_CTX *ctx, const char *list, struct tls4217_error *err) {
  if (SSL_CTX_set1_groups_list(ctx, list) != 1) {
    ERR_clear_error();
    tls4217_error_set(err, EINVAL,
      "'%s' is no list of key exchange groups that OpenSSL knows, such as "
      "X25519:P-256",
      list);
    return -1;
  }

  return 0;
}

int tls4217_context_check_ciphers(
  const char *list, bool tls13, struct tls4217_error *err) {
  SSL_CTX *ctx = tls4217_ssl_ctx_new(TLS_server_method(), err);
  int res = ctx != NULL ? set_cipher_list(ctx, list, tls13, err) : -1;

  SSL_CTX_free(ctx);
  return res;
}

int tls4217_context_check_groups(const char *list, struct tls4217_error *err) {
  SSL_CTX *ctx = tls4217_ssl_ctx_new(TLS_server_method(), err);
  int res = ctx != NULL ? set_groups(ctx, list, err) : -1;

  SSL_CTX_free(ctx);
  return res;
}

static const char *choose_ciphers(
  const struct tls4217_context_settings *settings, char *buf, size_t size) {
  const char *list = settings->ciphers;

  if (list == NULL) {
    list = settings->weak_security ? WEAK_CIPHERS : DEFAULT_CIPHERS;
  }

  if (settings->no_decryption == false) {
    return list;
  }

  /* libssl offers it for every RSA certificate. */
  (void) snprintf(buf, size, "!kRSA:!kRSAPSK:%s", list);
  return buf;
}

static int set_ciphers(SSL_CTX *ctx,
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  char buf[LIST_SIZE];

  if (set_cipher_list(
        ctx, choose_ciphers(settings, buf, sizeof(buf)), false, err) < 0 ||
    (settings->ciphersuites != NULL &&
      set_cipher_list(ctx, settings->ciphersuites, true, err) < 0) ||
    (settings->groups != NULL && set_groups(ctx, settings->groups, err) < 0)) {
    return -1;
  }

  if (settings->server_preference) {
    (void) SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }

  return 0;
}

static int use_pair(
  SSL_CTX *ctx, const struct tls4217_keypair *pair, struct tls4217_error *err) {
  if (SSL_CTX_use_cert_and_key(ctx, pair->leaf, pair->key, pair->chain, 1) !=
    1) {
    tls4217_error_set_openssl(err, "%s: OpenSSL refuses the certificate",
      pair->label != NULL ? pair->label : "a pair");
    return -1;
  }

  return 0;
}

/* A session belongs to one host and policy; SSL_CTX_set_session_id_context(3)
 * takes 32 bytes, which is what SHA-256 gives. */
static int set_scope(
  SSL_CTX *ctx, const char *scope, struct tls4217_error *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int len = 0;

  if (EVP_Digest(scope, strlen(scope), digest, &len, EVP_sha256(), NULL) != 1 ||
    SSL_CTX_set_session_id_context(ctx, digest, len) != 1) {
    tls4217_error_set_openssl(err, "cannot name the context's sessions");
    return -1;
  }

  return 0;
}

static void set_behaviour(
  SSL_CTX *ctx, const struct tls4217_context_settings *settings) {
  (void) SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);

  /* The chain is what the files say; searching for one costs every handshake
   * and finds nothing, because there is no store to search. */
  (void) SSL_CTX_set_mode(
    ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
  (void) SSL_CTX_set_dh_auto(ctx, 1);

  /* One ticket after the handshake; every transfer gets a fresh one. */
  (void) SSL_CTX_set_num_tickets(ctx, 1);
  tls4217_hello_install(ctx);
  if (settings->ignore_alpn == false) {
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn_cb, NULL);
  }
}

static int fill_context(SSL_CTX *ctx,
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  set_behaviour(ctx, settings);
  if (settings->weak_security == true) {
    SSL_CTX_set_security_level(ctx, 0);
  }

  if (set_versions(ctx, settings->versions, err) < 0 ||
    set_ciphers(ctx, settings, err) < 0 ||
    set_scope(ctx, settings->scope, err) < 0 ||
    tls4217_binding_install(ctx, err) < 0) {
    return -1;
  }

  if (settings->verify != NULL &&
    tls4217_verify_install(settings->verify, ctx, err) < 0) {
    return -1;
  }

  /* Backwards: of two pairs with the same type of key the first one stays. */
  for (size_t i = settings->npairs; i > 0; i--) {
    if (use_pair(ctx, settings->pairs[i - 1], err) < 0) {
      return -1;
    }
  }

  return 0;
}

int tls4217_context_override(SSL *ssl,
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  const struct tls4217_version_range range = tls4217_version_range(
    settings->versions);
  char buf[LIST_SIZE];

  ERR_clear_error();
  (void) SSL_clear_options(ssl, VERSION_OPTIONS);
  (void) SSL_set_options(ssl, range.options);

  if (SSL_set_min_proto_version(ssl, range.min) != 1 ||
    SSL_set_max_proto_version(ssl, range.max) != 1 ||
    SSL_set_cipher_list(ssl, choose_ciphers(settings, buf, sizeof(buf))) != 1 ||
    (settings->ciphersuites != NULL &&
      SSL_set_ciphersuites(ssl, settings->ciphersuites) != 1)) {
    tls4217_error_set_openssl(
      err, "the class's TLSProtocol and TLSCipherSuite leave nothing");
    return -1;
  }

  return 0;
}

struct tls4217_context *tls4217_context_new(
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  struct tls4217_context *context;

  context = calloc(1, sizeof(*context));
  if (context == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  context->ctx = tls4217_ssl_ctx_new(TLS_server_method(), err);
  if (context->ctx == NULL || fill_context(context->ctx, settings, err) < 0) {
    tls4217_context_free(context);
    return NULL;
  }

  return context;
}

void tls4217_context_free(struct tls4217_context *context) {
  if (context != NULL) {
    SSL_CTX_free(context->ctx);
    free(context);
  }
}
