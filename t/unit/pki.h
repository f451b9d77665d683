/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates, keys and their files, for tests
 *
 * A small CA: makes certificates of any key type and
 * validity, and PEM files of them in a directory that disappears after the
 * test.  Nothing here fails softly: what cannot be made aborts the driver
 * with a message, so that a test needs no checks of its own.
 *
 *   struct pki_cert *root = pki_ca("Root", NULL);
 *   struct pki_cert *leaf = pki_leaf("ftp.example.org", PKI_EC, root);
 *   struct pki_dir *dir = pki_dir_new();
 *   const char *file = pki_path(dir, "fullchain.pem");
 *
 *   pki_add_cert(file, leaf);
 *   pki_add_cert(file, root);
 *   pki_add_key(file, leaf, NULL);
 *   ...
 *   pki_dir_free(dir);
 *   pki_free(leaf);
 *   pki_free(root);
 */

#ifndef TLS4217_UNIT_PKI_H
#define TLS4217_UNIT_PKI_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

enum pki_key {
  PKI_EC,  /* ECDSA P-256 */
  PKI_RSA, /* RSA 2048 */
  PKI_ED25519
};

/* A certificate and its key.  Owns both; read them freely. */
struct pki_cert {
  X509 *cert;
  EVP_PKEY *key;
};

/* Days, for the validity below. */
#define PKI_YEAR 365L

/*
 * What a certificate shall be.  What is left at zero has a sensible meaning:
 * an EC leaf, signed by itself, valid from yesterday for a year.
 */
struct pki_spec {
  const char *name;                /* subject CN; must be given */
  const char *alt_names;           /* "DNS:a,IP:127.0.0.1"; NULL: DNS:name */
  const struct pki_cert *issuer;   /* NULL: signed by itself */
  const struct pki_cert *same_key; /* a renewal that keeps this one's key */
  enum pki_key key;
  bool is_ca;     /* CA:TRUE, and no alt_names */
  bool is_client; /* extendedKeyUsage clientAuth instead of
                                     * serverAuth; alt_names only if given */
  long from_days; /* valid from now plus these; 0: -1 */
  long to_days;   /* valid to now plus these; 0: a year */
};

/* Makes one.  Free it with pki_free. */
struct pki_cert *pki_make(const struct pki_spec *spec);

/* An EC CA: a root where issuer is NULL, else an intermediate. */
struct pki_cert *pki_ca(const char *name, const struct pki_cert *issuer);

/* A valid server certificate for name; signed by itself if issuer is NULL. */
struct pki_cert *pki_leaf(
  const char *name, enum pki_key key, const struct pki_cert *issuer);

/* A certificate is not needed any more.  NULL is fine. */
void pki_free(struct pki_cert *cert);

/* A temporary directory, with mode 0700. */
struct pki_dir;

/* Makes one below TMPDIR or /tmp. */
struct pki_dir *pki_dir_new(void);

/* Removes the directory with everything in it.  NULL is fine. */
void pki_dir_free(struct pki_dir *dir);

/* The directory's own path. */
const char *pki_dir_path(const struct pki_dir *dir);

/*
 * The path of name in the directory; the file itself is not made.  Valid
 * until the directory is freed.
 */
const char *pki_path(struct pki_dir *dir, const char *name);

/* How many entries the directory has: no temporary file was left behind. */
size_t pki_dir_count(const struct pki_dir *dir);

/*
 * These append to file, which is made with mode 0600 if it is missing: a
 * certificate; a key as PKCS #8, encrypted (AES-256) where passphrase is not
 * NULL; an RSA or EC key in its older form of its own; bytes as they are.
 */
void pki_add_cert(const char *file, const struct pki_cert *cert);
void pki_add_key(
  const char *file, const struct pki_cert *cert, const char *passphrase);
void pki_add_traditional_key(
  const char *file, const struct pki_cert *cert, const char *passphrase);
void pki_add_bytes(const char *file, const void *bytes, size_t size);
void pki_add_text(const char *file, const char *text);

/* Cuts file to size bytes, as a writer that was interrupted leaves it. */
void pki_truncate(const char *file, long size);

#endif
