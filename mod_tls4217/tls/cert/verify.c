/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which client certificates hold: CAs, CRLs, depth
 *
 * See verify.h.  Reading files is castore.c's.  What a certificate says about
 * its owner is in identity.c; whether that suits this server is decided in
 * ftp/.
 */

#include <errno.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/sslstate.h"

/* More names than this say nothing to a client, and make its handshake
 * longer: none are sent then (RFC 8446, section 4.2.4, lets us). */
#define MAX_CA_NAMES 100

struct tls4217_verify {
  enum tls4217_verify_mode mode;
  int depth;
  unsigned long flags; /* X509_V_FLAG_... */
  bool crl_missing_is_ok;
  struct tls4217_trust trust; /* what is in the store */
  X509_STORE *store;
  STACK_OF(X509_NAME) * names;
  char digest[2 * EVP_MAX_MD_SIZE + 1]; /* of the CAs, in hex */
};

/* Errors, in the words of a client's user and of an administrator. */
struct explanation {
  int error;
  struct tls4217_verify_reason reason;
};

#define CHAIN_ADVICE \
 "TLSCACertificateFile or TLSCACertificatePath must contain the client's " \
 "CA, up to its root"

#define CRL_ADVICE \
 "TLSCARevocationFile and TLSCARevocationPath must contain a list of each " \
 "CA, or say missing=allow"

#define CRL_TIME_ADVICE \
 "get a new list from the CA into TLSCARevocationFile or " \
 "TLSCARevocationPath, and have ProFTPD read it (SIGHUP)"

static const struct explanation explanations[] = {
  { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
    { "the certificate was not issued by a CA that this server "
      "accepts",
      CHAIN_ADVICE } },
  { X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
    { "the certificate was not issued by a CA that this server "
      "accepts",
      CHAIN_ADVICE } },
  { X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
    { "the certificate was not issued by a CA that this server "
      "accepts",
      CHAIN_ADVICE } },
  { X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
    { "the certificate is self-signed", CHAIN_ADVICE } },
  { X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
    { "the root of the certificate's chain is not one that this server "
      "accepts",
      CHAIN_ADVICE } },
  { X509_V_ERR_CERT_HAS_EXPIRED,
    { "a certificate of the chain has expired",
      "the client needs a new one" } },
  { X509_V_ERR_CERT_NOT_YET_VALID,
    { "a certificate of the chain is not valid yet",
      "check this machine's clock" } },
  { X509_V_ERR_CERT_REVOKED,
    { "a certificate of the chain has been revoked",
      "TLSCARevocationFile or TLSCARevocationPath lists it" } },
  { X509_V_ERR_CERT_CHAIN_TOO_LONG,
    { "the certificate's chain is too long", "see TLSVerifyDepth" } },
  { X509_V_ERR_CERT_SIGNATURE_FAILURE,
    { "a signature in the certificate's chain is wrong",
      "the certificate was forged or damaged" } },
  { X509_V_ERR_INVALID_CA,
    { "the certificate was issued by one that is not a CA certificate",
      "the client needs another certificate" } },
  { X509_V_ERR_INVALID_PURPOSE,
    { "the certificate is not meant for clients",
      "it needs the extended key usage clientAuth" } },
  { X509_V_ERR_EE_KEY_TOO_SMALL,
    { "the certificate's key is too small",
      "TLSOptions AllowWeakSecurity lifts this" } },
  { X509_V_ERR_CA_KEY_TOO_SMALL,
    { "a CA's key is too small", "TLSOptions AllowWeakSecurity lifts this" } },
  { X509_V_ERR_CA_MD_TOO_WEAK,
    { "a certificate of the chain is signed with too weak a digest",
      "TLSOptions AllowWeakSecurity lifts this" } },
  { X509_V_ERR_UNABLE_TO_GET_CRL,
    { "this server has no revocation list for the certificate's CA",
      CRL_ADVICE } },
  { X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER,
    { "this server cannot tell who issued the revocation list", CRL_ADVICE } },
  { X509_V_ERR_CRL_HAS_EXPIRED,
    { "the revocation list of the certificate's CA has expired",
      CRL_TIME_ADVICE } },
  { X509_V_ERR_CRL_NOT_YET_VALID,
    { "the revocation list of the certificate's CA is not valid yet",
      CRL_TIME_ADVICE } },
  { X509_V_ERR_CRL_SIGNATURE_FAILURE,
    { "the revocation list of the certificate's CA has a wrong "
      "signature",
      CRL_TIME_ADVICE } },
};

#define NEXPLANATIONS (sizeof(explanations) / sizeof(explanations[0]))

struct tls4217_verify_reason tls4217_verify_reason_for(int error) {
  struct tls4217_verify_reason reason = { NULL, "see verify(1) of OpenSSL" };

  for (size_t i = 0; i < NEXPLANATIONS; i++) {
    if (explanations[i].error == error) {
      return explanations[i].reason;
    }
  }

  reason.text = X509_verify_cert_error_string(error);
  return reason;
}

/* Verifying. */

static struct tls4217_sslstate *find_state(X509_STORE_CTX *store_ctx) {
  const SSL *ssl;

  ssl = X509_STORE_CTX_get_ex_data(
    store_ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
  return ssl != NULL ? tls4217_sslstate_find(ssl) : NULL;
}

/*
 * Keeps the first error and goes on, so that the handshake completes and the
 * client can get the reason.  Outside of a handshake an error is an error.
 */
static int keep_error_cb(int holds, X509_STORE_CTX *store_ctx) {
  struct tls4217_sslstate *state = find_state(store_ctx);

  if (holds == 1 || state == NULL) {
    return holds;
  }

  if (state->verify_error == X509_V_OK) {
    state->verify_error = X509_STORE_CTX_get_error(store_ctx);
  }

  return 1;
}

/* The same for missing=allow: a list that is not there revokes nothing. */
static int keep_error_lenient_cb(int holds, X509_STORE_CTX *store_ctx) {
  if (holds != 1 &&
    X509_STORE_CTX_get_error(store_ctx) == X509_V_ERR_UNABLE_TO_GET_CRL) {
    X509_STORE_CTX_set_error(store_ctx, X509_V_OK);
    return 1;
  }

  return keep_error_cb(holds, store_ctx);
}

/* As OpenSSL verifies in a handshake, without the client's own chain. */
static bool verify_alone(SSL *ssl, X509_STORE *store, X509 *cert) {
  X509_STORE_CTX *store_ctx;
  X509_VERIFY_PARAM *param;
  bool holds = false;

  store_ctx = X509_STORE_CTX_new();
  if (store_ctx == NULL ||
    X509_STORE_CTX_init(store_ctx, store, cert, NULL) != 1 ||
    X509_STORE_CTX_set_default(store_ctx, "ssl_client") != 1) {
    goto out;
  }

  param = X509_STORE_CTX_get0_param(store_ctx);
  X509_VERIFY_PARAM_set_auth_level(param, SSL_get_security_level(ssl));
  X509_STORE_CTX_set_verify_cb(store_ctx, SSL_get_verify_callback(ssl));

  holds = X509_VERIFY_PARAM_set1(param, SSL_get0_param(ssl)) == 1 &&
    X509_verify_cert(store_ctx) == 1;

out:
  X509_STORE_CTX_free(store_ctx);
  ERR_clear_error();
  return holds;
}

bool tls4217_verify_still_holds(SSL *ssl, X509 *cert) {
  X509_STORE *store = NULL;
  int mode = SSL_get_verify_mode(ssl);

  if ((mode & SSL_VERIFY_PEER) == 0) {
    return true;
  }

  if (cert == NULL) {
    return (mode & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) == 0;
  }

  (void) SSL_CTX_get0_verify_cert_store(SSL_get_SSL_CTX(ssl), &store);
  return store != NULL && verify_alone(ssl, store, cert);
}

/* Building. */

static int read_cas(struct tls4217_trust *trust,
  const struct tls4217_verify_settings *settings, struct tls4217_error *err) {
  if (settings->ca_file == NULL && settings->ca_path == NULL) {
    tls4217_error_set(err, EINVAL,
      "TLSVerifyClient is on or optional, but no CA is configured: add "
      "'TLSCACertificateFile /path/ca.pem' or 'TLSCACertificatePath "
      "/path/directory' with the clients' CAs");
    return -1;
  }

  if (settings->ca_file != NULL &&
    tls4217_castore_read_file(settings->ca_file, trust->certs, err) < 0) {
    tls4217_error_about(err, "TLSCACertificateFile");
    return -1;
  }

  if (settings->ca_path != NULL &&
    tls4217_castore_read_dir(settings->ca_path, trust->certs, err) < 0) {
    tls4217_error_about(err, "TLSCACertificatePath");
    return -1;
  }

  return 0;
}

static int read_crls(struct tls4217_trust *trust,
  const struct tls4217_verify_settings *settings, struct tls4217_error *err) {
  if (settings->crl_file != NULL &&
    tls4217_castore_read_crl_file(settings->crl_file, trust->crls, err) < 0) {
    tls4217_error_about(err, "TLSCARevocationFile");
    return -1;
  }

  if (settings->crl_path != NULL &&
    tls4217_castore_read_crl_dir(settings->crl_path, trust->crls, err) < 0) {
    tls4217_error_about(err, "TLSCARevocationPath");
    return -1;
  }

  return 0;
}

/* Into the store, and as names for clients. */
static int use_cas(struct tls4217_verify *verify, struct tls4217_error *err) {
  STACK_OF(X509) *certs = verify->trust.certs;

  if (tls4217_castore_digest(certs, verify->digest, err) < 0) {
    return -1;
  }

  for (int i = 0; i < sk_X509_num(certs); i++) {
    X509 *cert = sk_X509_value(certs, i);
    X509_NAME *name = X509_NAME_dup(X509_get_subject_name(cert));

    if (name == NULL || sk_X509_NAME_push(verify->names, name) == 0) {
      X509_NAME_free(name);
      tls4217_error_set_openssl(err, "no memory for CAs");
      return -1;
    }

    if (X509_STORE_add_cert(verify->store, cert) != 1) {
      tls4217_error_set_openssl(err, "a CA cannot be used");
      return -1;
    }
  }

  return 0;
}

static int use_crls(struct tls4217_verify *verify,
  const struct tls4217_verify_settings *settings, struct tls4217_error *err) {
  STACK_OF(X509_CRL) *crls = verify->trust.crls;

  if (settings->crl_file == NULL && settings->crl_path == NULL) {
    return 0;
  }

  verify->flags = X509_V_FLAG_CRL_CHECK;
  if (settings->crl_leaf_only == false) {
    verify->flags |= X509_V_FLAG_CRL_CHECK_ALL;
  }

  for (int i = 0; i < sk_X509_CRL_num(crls); i++) {
    if (X509_STORE_add_crl(verify->store, sk_X509_CRL_value(crls, i)) != 1) {
      tls4217_error_set_openssl(err, "a revocation list cannot be used");
      return -1;
    }
  }

  return 0;
}

static struct tls4217_verify *make(
  const struct tls4217_verify_settings *settings, struct tls4217_error *err) {
  struct tls4217_verify *verify = OPENSSL_zalloc(sizeof(*verify));

  if (verify == NULL) {
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  verify->mode = settings->mode;
  verify->depth = settings->depth;
  verify->crl_missing_is_ok = settings->crl_missing_is_ok;
  verify->store = X509_STORE_new();
  verify->names = sk_X509_NAME_new_null();

  if (tls4217_trust_init(&verify->trust, err) < 0 || verify->store == NULL ||
    verify->names == NULL) {
    tls4217_error_set_openssl(err, "no memory for CAs");
    tls4217_verify_free(verify);
    return NULL;
  }

  return verify;
}

struct tls4217_verify *tls4217_verify_new(
  const struct tls4217_verify_settings *settings, struct tls4217_error *err) {
  struct tls4217_verify *verify;

  ERR_clear_error();
  verify = make(settings, err);
  if (verify != NULL &&
    (read_cas(&verify->trust, settings, err) < 0 ||
      read_crls(&verify->trust, settings, err) < 0 ||
      use_cas(verify, err) < 0 || use_crls(verify, settings, err) < 0)) {
    tls4217_verify_free(verify);
    verify = NULL;
  }

  return verify;
}

struct tls4217_verify *tls4217_verify_recall(
  const struct tls4217_verify_settings *settings, const void *bytes,
  size_t size, struct tls4217_error *err) {
  struct tls4217_verify *verify;

  ERR_clear_error();
  verify = make(settings, err);
  if (verify != NULL &&
    (tls4217_trust_read(&verify->trust, bytes, size, err) < 0 ||
      use_cas(verify, err) < 0 || use_crls(verify, settings, err) < 0)) {
    tls4217_verify_free(verify);
    verify = NULL;
  }

  return verify;
}

const struct tls4217_trust *tls4217_verify_trust(
  const struct tls4217_verify *verify) {
  return &verify->trust;
}

void tls4217_verify_free(struct tls4217_verify *verify) {
  if (verify == NULL) {
    return;
  }

  X509_STORE_free(verify->store);
  tls4217_trust_clear(&verify->trust);
  sk_X509_NAME_pop_free(verify->names, X509_NAME_free);
  OPENSSL_free(verify);
}

void tls4217_verify_describe(const struct tls4217_verify *verify, char *buf) {
  if (verify == NULL) {
    (void) snprintf(buf, TLS4217_VERIFY_DESCRIPTION_SIZE, "verify off");
    return;
  }

  (void) snprintf(buf, TLS4217_VERIFY_DESCRIPTION_SIZE,
    "verify %s depth %d CAs %.64s",
    verify->mode == TLS4217_VERIFY_REQUIRED ? "on" : "optional", verify->depth,
    verify->digest);
}

/* Who we accept, so that a client with several certificates can choose. */
static int set_names(const struct tls4217_verify *verify, SSL_CTX *ctx) {
  STACK_OF(X509_NAME) * names;

  if (sk_X509_NAME_num(verify->names) > MAX_CA_NAMES) {
    return 0;
  }

  names = SSL_dup_CA_list(verify->names);
  if (names == NULL) {
    return -1;
  }

  SSL_CTX_set_client_CA_list(ctx, names);
  return 0;
}

static int mode_of(const struct tls4217_verify *verify) {
  return verify->mode == TLS4217_VERIFY_REQUIRED ?
    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT :
    SSL_VERIFY_PEER;
}

static SSL_verify_cb callback_of(const struct tls4217_verify *verify) {
  return verify->crl_missing_is_ok ? keep_error_lenient_cb : keep_error_cb;
}

int tls4217_verify_install(const struct tls4217_verify *verify, SSL_CTX *ctx,
  struct tls4217_error *err) {
  /* A store beside the context's own, which builds our chain. */
  if (SSL_CTX_set1_verify_cert_store(ctx, verify->store) != 1 ||
    set_names(verify, ctx) < 0 ||
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ctx), verify->flags) != 1) {
    tls4217_error_set_openssl(err, "cannot set up client verification");
    return -1;
  }

  SSL_CTX_set_verify_depth(ctx, verify->depth);
  SSL_CTX_set_verify(ctx, mode_of(verify), callback_of(verify));
  return 0;
}

/* The store and the names come with the context. */
int tls4217_verify_apply(
  const struct tls4217_verify *verify, SSL *ssl, struct tls4217_error *err) {
  const struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  if (verify == NULL) {
    SSL_set_verify(ssl, SSL_VERIFY_NONE, NULL);
    return 0;
  }

  if (X509_VERIFY_PARAM_set_flags(SSL_get0_param(ssl), verify->flags) != 1) {
    tls4217_error_set_openssl(err, "cannot set up client verification");
    return -1;
  }

  SSL_set_verify_depth(ssl, verify->depth);
  SSL_set_verify(ssl,
    state != NULL && state->data ?
      mode_of(verify) & ~SSL_VERIFY_FAIL_IF_NO_PEER_CERT :
      mode_of(verify),
    callback_of(verify));
  return 0;
}
