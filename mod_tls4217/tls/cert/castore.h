/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - CAs and revocation lists, from files and directories
 *
 * Read whole and once, in the daemon: sessions in a chroot could not look for
 * one later.  Directories need no hash links (c_rehash); their files are read
 * in the order of their names.  PEM_read_bio_X509_CRL(3), d2i_X509_CRL(3).
 */

#ifndef TLS4217_TLS_CERT_CASTORE_H
#define TLS4217_TLS_CERT_CASTORE_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"

/*
 * Appends the certificates of a PEM file, or of all such files in a
 * directory, to certs.  Returns 0, or -1 with err naming the file or the
 * directory; certs may have grown then.
 */
int tls4217_castore_read_file(
  const char *path, STACK_OF(X509) * certs, struct tls4217_error *err);
int tls4217_castore_read_dir(
  const char *path, STACK_OF(X509) * certs, struct tls4217_error *err);

/* Adds the certificates of another list to one.  Returns it, or NULL, and it is
 * freed: out of memory. */
STACK_OF(X509) *
  tls4217_castore_list_add(STACK_OF(X509) * certs, STACK_OF(X509) * more);

/* An empty list for them, or NULL where memory runs out; and its end, with all
 * that is in it (NULL is fine). */
STACK_OF(X509) * tls4217_castore_list_new(void);
void tls4217_castore_list_free(STACK_OF(X509) * certs);

/* The same for CRLs (PEM, several a file, or DER). */
int tls4217_castore_read_crl_file(
  const char *path, STACK_OF(X509_CRL) * crls, struct tls4217_error *err);
int tls4217_castore_read_crl_dir(
  const char *path, STACK_OF(X509_CRL) * crls, struct tls4217_error *err);

/*
 * Writes the SHA-256 of a list of certificates, in hex, into hex, which holds
 * 2 * EVP_MAX_MD_SIZE + 1 bytes.  Returns 0, or -1 with err filled.
 */
int tls4217_castore_digest(
  STACK_OF(X509) * certs, char *hex, struct tls4217_error *err);

#endif
