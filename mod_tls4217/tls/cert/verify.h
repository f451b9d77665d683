/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which client certificates hold: CAs, CRLs, depth
 *
 * The CAs and revocation lists are read once, in the daemon, into one
 * object that is put into a context.  A verification that fails does not end
 * the handshake: its first error is kept beside the connection
 * (struct tls4217_sslstate), so that the caller can refuse the client with a
 * protected reply that says why (RFC 4217, section 10.1).  Such a handshake
 * yields no session that could be resumed (binding.c).
 * SSL_CTX_set_verify(3), X509_STORE_CTX_set_verify_cb(3),
 * X509_VERIFY_PARAM_set_flags(3), RFC 5280.
 */

#ifndef TLS4217_TLS_CERT_VERIFY_H
#define TLS4217_TLS_CERT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/cert/trust.h"
#include "mod_tls4217/tls/error.h"

/* Whether clients are asked for a certificate (TLSVerifyClient). */
enum tls4217_verify_mode {
  TLS4217_VERIFY_OFF,
  TLS4217_VERIFY_OPTIONAL, /* asked for; if given, it must hold */
  TLS4217_VERIFY_REQUIRED  /* without one the handshake fails */
};

/* Certificates of a chain that OpenSSL lets stand between leaf and root. */
#define TLS4217_VERIFY_DEFAULT_DEPTH 9

struct tls4217_verify_settings {
  enum tls4217_verify_mode mode; /* not TLS4217_VERIFY_OFF */
  int depth;

  /* CAs, and lists of what they revoked; each may be NULL, but not
   * both of the first two.  A directory is read whole: no hash links. */
  const char *ca_file, *ca_path;
  const char *crl_file, *crl_path;

  bool crl_leaf_only;     /* the client's own certificate only, not its chain */
  bool crl_missing_is_ok; /* a CA without a list revokes nothing */
};

/* CAs and lists in memory.  Immutable. */
struct tls4217_verify;

/*
 * Reads the files, with the caller's privileges.  Certificates are PEM; CRLs
 * are PEM or DER.  Files of a directory that hold nothing of the kind are
 * passed by, but a directory without any is an error.
 *
 * Returns a new object (free it with tls4217_verify_free), or NULL with err
 * naming the file, what is wrong with it, and the directive where it is not
 * about a file.
 */
struct tls4217_verify *tls4217_verify_new(
  const struct tls4217_verify_settings *settings, struct tls4217_error *err);

/*
 * The same of what was read before from the same files: size bytes of
 * tls4217_trust_write.  No file is read, and a revocation list that has
 * expired since refuses as any other does.
 */
struct tls4217_verify *tls4217_verify_recall(
  const struct tls4217_verify_settings *settings, const void *bytes,
  size_t size, struct tls4217_error *err);

/* Its CAs and lists; they stay its. */
const struct tls4217_trust *tls4217_verify_trust(
  const struct tls4217_verify *verify);

/* Frees it; contexts that it was installed in stay valid.  NULL is fine. */
void tls4217_verify_free(struct tls4217_verify *verify);

/* The size that the buffer of tls4217_verify_describe needs, in bytes. */
#define TLS4217_VERIFY_DESCRIPTION_SIZE 128

/*
 * Writes mode, depth and a digest of the CAs into buf, of
 * TLS4217_VERIFY_DESCRIPTION_SIZE bytes, for the context's scope: a session
 * is not resumed where other CAs count.  verify may be NULL: off.
 */
void tls4217_verify_describe(const struct tls4217_verify *verify, char *buf);

/*
 * Has the handshakes of a context ask for a certificate and verify it.
 * Returns 0, or -1 with err filled.
 */
int tls4217_verify_install(
  const struct tls4217_verify *verify, SSL_CTX *ctx, struct tls4217_error *err);

/*
 * The same for one connection whose context it is installed in by now
 * (SSL_set_SSL_CTX(3) leaves the mode as it was).  verify may be NULL: the
 * client is asked for none.  On a data connection one that has none gets the
 * reason in the reply, not by an alert (connection.c).
 */
int tls4217_verify_apply(
  const struct tls4217_verify *verify, SSL *ssl, struct tls4217_error *err);

/*
 * Whether a certificate whose session a client wants to resume would pass a
 * full handshake at ssl's context now: chain, CRL, validity.  cert may be
 * NULL: none was given.  Where the chain needs certificates that only the
 * client has, it does not hold; the caller then does a full handshake.
 */
bool tls4217_verify_still_holds(SSL *ssl, X509 *cert);

/* What an X509_V_ERR_... means.  Static texts. */
struct tls4217_verify_reason {
  const char *text;   /* for the client: "the certificate has expired" */
  const char *advice; /* for the administrator: what to look at */
};

struct tls4217_verify_reason tls4217_verify_reason_for(int error);

#endif
