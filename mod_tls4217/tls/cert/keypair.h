/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate, its chain and its key, loaded as one unit
 *
 * Any key type that OpenSSL reads; PEM, DER or PKCS #12, whatever the file's
 * name.  The chain is whatever follows the leaf in the certificate file (a
 * certbot fullchain.pem just works), or a file of its own.  A pair whose parts
 * do not belong together never leaves this file.  X509_check_private_key(3),
 * pemfile.h, derfile.h.
 */

#ifndef TLS4217_TLS_CERT_KEYPAIR_H
#define TLS4217_TLS_CERT_KEYPAIR_H

#include <stddef.h>
#include <time.h>

#include <stdbool.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/pemfile.h"

struct tls4217_staple;

/* Owns its three objects; immutable when a context has been made of it. */
struct tls4217_keypair {
  X509 *leaf;
  EVP_PKEY *key;
  STACK_OF(X509) * chain; /* without the leaf; never NULL, may be empty */
  const char *label;      /* what messages call it: the caller's, or NULL */
  const struct tls4217_staple *staple; /* the caller's, or NULL */
};

/*
 * Loads a pair.  cert_file holds the leaf first and may hold its chain and
 * its key; key_file may be NULL (the key is then in cert_file); chain_file
 * may be NULL, and is read only where cert_file brings no chain.  Copies of
 * the leaf in the chain are left out; its order is that of the file.  The
 * files are opened with the caller's privileges.  Validity is not checked here.
 *
 * Returns a new pair (free it with tls4217_keypair_free), or NULL with err
 * naming the file and what is wrong with it: missing, not readable, no PEM
 * certificate in it, no key in it, cut or damaged, a key that needs a pass
 * phrase, a key that does not match the certificate.  errnum is open(2)'s for a
 * file that could not be had, EAGAIN for one that changed meanwhile, EINVAL
 * for most of what is wrong inside.
 */
struct tls4217_keypair *tls4217_keypair_load(const char *cert_file,
  const char *key_file, const char *chain_file, struct tls4217_error *err);

/* The same with files of source's (pemfile.h); NULL: open(2). */
struct tls4217_keypair *tls4217_keypair_load_from(
  const struct tls4217_pemsource *source, const char *cert_file,
  const char *key_file, const char *chain_file, struct tls4217_error *err);

/* The same without the key, which is elsewhere: the pair has none. */
struct tls4217_keypair *tls4217_keypair_load_public(
  const struct tls4217_pemsource *source, const char *cert_file,
  const char *chain_file, struct tls4217_error *err);

/*
 * Another pair of the same certificates and the same key, whose chain can be
 * completed without the first one's being touched; it has no label.  Returns a
 * new pair, or NULL with err filled.
 */
struct tls4217_keypair *tls4217_keypair_copy(
  const struct tls4217_keypair *pair, struct tls4217_error *err);

/* Frees a pair and all it owns.  NULL is fine. */
void tls4217_keypair_free(struct tls4217_keypair *pair);

/*
 * Whether the leaf is valid at now (seconds since the epoch): 0, or -1 with
 * err saying since when it is expired, or from when on it will be valid.
 */
int tls4217_keypair_check_time(
  const struct tls4217_keypair *pair, time_t now, struct tls4217_error *err);

/* The size that the buffer of tls4217_keypair_fingerprint needs, in bytes. */
#define TLS4217_FINGERPRINT_SIZE 96

/*
 * Writes the leaf's SHA-256 fingerprint as "AB:CD:..." and a NUL into buf, of
 * TLS4217_FINGERPRINT_SIZE bytes.  Returns 0, or -1 with err filled.
 */
int tls4217_keypair_fingerprint(
  const struct tls4217_keypair *pair, char *buf, struct tls4217_error *err);

/* The same of its public key (SubjectPublicKeyInfo), which outlives a renewal
 * that keeps the key. */
int tls4217_keypair_key_fingerprint(
  const struct tls4217_keypair *pair, char *buf, struct tls4217_error *err);

/*
 * Whether the keys of two pairs are of one type, so that a context has room
 * for one of them only (SSL_CTX_use_PrivateKey(3)).
 */
bool tls4217_keypair_same_type(
  const struct tls4217_keypair *first, const struct tls4217_keypair *second);

#endif
