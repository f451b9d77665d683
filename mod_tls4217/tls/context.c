/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
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
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/conn/hello.h"
#include "mod_tls4217/tls/dhparam.h"
#include "mod_tls4217/tls/ssl_ctx.h"
#include "mod_tls4217/tls/sslstate.h"

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
static int set_scope(struct tls4217_context *context, const char *scope,
  struct tls4217_error *err) {
  unsigned int len = 0;

  if (EVP_Digest(
        scope, strlen(scope), context->scope, &len, EVP_sha256(), NULL) != 1 ||
    SSL_CTX_set_session_id_context(context->ctx, context->scope, len) != 1) {
    tls4217_error_set_openssl(err, "cannot name the context's sessions");
    return -1;
  }

  return 0;
}

static void set_behaviour(
  SSL_CTX *ctx, const struct tls4217_context_settings *settings) {
  /* The chain is what the files say; searching for one costs every handshake
   * and finds nothing, because there is no store to search. */
  (void) SSL_CTX_set_mode(
    ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_RELEASE_BUFFERS);
  (void) SSL_CTX_set_dh_auto(ctx, 1);

  /* One ticket after the handshake; every transfer gets a fresh one. */
  (void) SSL_CTX_set_num_tickets(ctx, 1);
  tls4217_hello_install(ctx);
  if (settings->parameters.next_protocol) {
    SSL_CTX_set_alpn_select_cb(ctx, select_alpn_cb, NULL);
  }
}

/* What the context offers, with parameters that may be its own. */
static struct tls4217_offering offering_of(
  const struct tls4217_context *context,
  const struct tls4217_parameters *parameters) {
  return (struct tls4217_offering){
    .parameters = parameters,
    .no_decryption = context->no_decryption,
    .security_level = context->security_level,
    .verify = context->verify,
  };
}

/* The context that the name in the ClientHello has chosen: its keys, too. */
static int ticket_key_cb(SSL *ssl, unsigned char *name, unsigned char *iv,
  EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int encrypts) {
  const struct tls4217_context *context = SSL_CTX_get_app_data(
    SSL_get_SSL_CTX(ssl));

  if (context == NULL) {
    return 0;
  }

  return encrypts ?
    tls4217_ticketcrypt_encrypt(context->tickets, name, iv, cipher, mac) :
    tls4217_ticketcrypt_decrypt(context->tickets, name, iv, cipher, mac);
}

static int install_tickets(
  struct tls4217_context *context, struct tls4217_error *err) {
  context->tickets = tls4217_ticketcrypt_new(err);
  if (context->tickets == NULL) {
    return -1;
  }

  if (SSL_CTX_set_tlsext_ticket_key_evp_cb(context->ctx, ticket_key_cb) != 1) {
    tls4217_error_set_openssl(err, "session tickets cannot be encrypted");
    return -1;
  }

  return 0;
}

/* RFC 6066, section 8; RFC 8446, section 4.4.2.1.  The certificate is chosen by
 * now, by name and key type; without a staple that is valid none is sent. */
static int staple_cb(SSL *ssl, void *arg) {
  const struct tls4217_context *context = SSL_CTX_get_app_data(
    SSL_get_SSL_CTX(ssl));
  const size_t count = context != NULL ? context->nstaples : 0;
  const X509 *leaf = SSL_get_certificate(ssl);
  const struct tls4217_staple *staple;
  unsigned char *bytes;
  size_t at = 0;

  (void) arg;
  while (at < count && context->staples[at].leaf != leaf) {
    at++;
  }

  staple = at < count ? context->staples[at].staple : NULL;
  if (staple == NULL ||
    tls4217_staple_is_valid(staple, (int64_t) time(NULL)) == false) {
    return SSL_TLSEXT_ERR_NOACK;
  }

  bytes = OPENSSL_memdup(staple->bytes, staple->size);
  if (bytes == NULL ||
    SSL_set_tlsext_status_ocsp_resp(ssl, bytes, (int) staple->size) != 1) {
    OPENSSL_free(bytes);
    ERR_clear_error();
    return SSL_TLSEXT_ERR_NOACK;
  }

  return SSL_TLSEXT_ERR_OK;
}

/* Most hosts have none, and cost nothing. */
static int add_staple(struct tls4217_context *context,
  const struct tls4217_keypair *pair, size_t max, struct tls4217_error *err) {
  if (pair->staple == NULL) {
    return 0;
  }

  if (context->staples == NULL) {
    context->staples = calloc(max, sizeof(*context->staples));
    if (context->staples == NULL) {
      tls4217_error_set(err, ENOMEM, "out of memory");
      return -1;
    }

    (void) SSL_CTX_set_tlsext_status_cb(context->ctx, staple_cb);
  }

  context->staples[context->nstaples].leaf = pair->leaf;
  context->staples[context->nstaples].staple = pair->staple;
  context->nstaples++;
  return 0;
}

static int fill_context(struct tls4217_context *context,
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  const struct tls4217_offering offering = offering_of(
    context, &context->parameters);

  SSL_CTX_set_app_data(context->ctx, context);
  set_behaviour(context->ctx, settings);
  if (install_tickets(context, err) < 0 ||
    tls4217_parameters_set_context(context->ctx, &offering, err) < 0 ||
    set_scope(context, settings->scope, err) < 0 ||
    tls4217_binding_install(context->ctx, err) < 0) {
    return -1;
  }

  /* Backwards: of two pairs with the same type of key the first one stays. */
  for (size_t i = settings->npairs; i > 0; i--) {
    const struct tls4217_keypair *pair = settings->pairs[i - 1];

    if (use_pair(context->ctx, pair, err) < 0 ||
      add_staple(context, pair, settings->npairs, err) < 0) {
      return -1;
    }
  }

  return 0;
}

int tls4217_context_override(const struct tls4217_context *context, SSL *ssl,
  const struct tls4217_parameters *parameters, struct tls4217_error *err) {
  const struct tls4217_offering offering = offering_of(context, parameters);
  struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  if (state != NULL) {
    state->own_parameters = true;
  }

  return tls4217_parameters_set_class(ssl, &offering, err);
}

int tls4217_context_override_connection(const struct tls4217_context *context,
  const struct tls4217_connection *conn,
  const struct tls4217_parameters *parameters, struct tls4217_error *err) {
  return tls4217_context_override(
    context, tls4217_connection_ssl(conn), parameters, err);
}

/* What the new context does not bring with it lies on the connection. */
static int take_parameters(const struct tls4217_context *context,
  const struct tls4217_context *previous, SSL *ssl, struct tls4217_error *err) {
  const struct tls4217_offering offering = offering_of(
    context, &context->parameters);
  struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);
  bool is_own = previous == NULL || state == NULL || state->own_parameters;

  if (is_own == false && previous->no_decryption == context->no_decryption &&
    tls4217_parameters_are_equal(&previous->parameters, &context->parameters)) {
    return tls4217_verify_apply(context->verify, ssl, err);
  }

  if (state != NULL) {
    state->own_parameters = true;
  }

  return tls4217_parameters_set_name(ssl, &offering, err);
}

int tls4217_context_switch(
  const struct tls4217_context *context, SSL *ssl, struct tls4217_error *err) {
  const struct tls4217_context *previous = SSL_CTX_get_app_data(
    SSL_get_SSL_CTX(ssl));

  ERR_clear_error();
  if (SSL_set_SSL_CTX(ssl, context->ctx) != context->ctx ||
    SSL_set_session_id_context(ssl, context->scope, sizeof(context->scope)) !=
      1) {
    tls4217_error_set_openssl(err, "cannot choose another certificate");
    return -1;
  }

  return take_parameters(context, previous, ssl, err);
}

int tls4217_context_switch_connection(const struct tls4217_context *context,
  const struct tls4217_connection *conn, struct tls4217_error *err) {
  return tls4217_context_switch(context, tls4217_connection_ssl(conn), err);
}

struct tls4217_context *tls4217_context_new(
  const struct tls4217_context_settings *settings, struct tls4217_error *err) {
  struct tls4217_context *context;

  context = calloc(1, sizeof(*context));
  if (context == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  context->parameters = settings->parameters;
  context->no_decryption = settings->no_decryption;
  context->verify = settings->verify;
  context->ctx = tls4217_ssl_ctx_new(TLS_server_method(), err);
  if (context->ctx != NULL) {
    context->security_level = SSL_CTX_get_security_level(context->ctx);
  }

  if (context->ctx == NULL || fill_context(context, settings, err) < 0) {
    tls4217_context_free(context);
    return NULL;
  }

  return context;
}

int tls4217_context_use_group(struct tls4217_context *context, const char *path,
  struct tls4217_error *err) {
  EVP_PKEY *group = tls4217_dhparam_read(path, err);

  if (group == NULL) {
    return -1;
  }

  ERR_clear_error();
  if (SSL_CTX_set0_tmp_dh_pkey(context->ctx, group) != 1) {
    tls4217_error_set_openssl(err,
      "OpenSSL refuses the group of %d bits in "
      "'%s'",
      EVP_PKEY_get_bits(group), path);
    EVP_PKEY_free(group);
    return -1;
  }

  (void) SSL_CTX_set_dh_auto(context->ctx, 0);
  return 0;
}

void tls4217_context_free(struct tls4217_context *context) {
  if (context != NULL) {
    if (context->ctx != NULL) {
      SSL_CTX_set_app_data(context->ctx, NULL);
    }

    tls4217_ticketcrypt_free(context->tickets);
    SSL_CTX_free(context->ctx);
    free(context->staples);
    free(context);
  }
}
