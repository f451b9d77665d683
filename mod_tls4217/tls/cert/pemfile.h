/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one PEM file, and the certificates and the key in it
 *
 * Reads a file whole, so that what is checked is what is used, and says in an
 * administrator's words what is wrong with it.  PEM_read_bio_ex(3),
 * PEM_read_bio_PrivateKey(3).
 */

#ifndef TLS4217_TLS_CERT_PEMFILE_H
#define TLS4217_TLS_CERT_PEMFILE_H

#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/phrasebook.h"
#include "mod_tls4217/tls/cert/wholefile.h"

/*
 * Where files come from, when they are not opened here: descriptors that
 * another process has passed; and the pass phrases for their keys.
 */
struct tls4217_pemsource {
  /* A descriptor of the file that path names, for the caller to close; or -1
   * with errno of open(2).  NULL: open(2) itself. */
  int (*open)(void *user, const char *path);
  void *user;
  struct tls4217_phrasebook *phrases; /* NULL: none */
};

/* A file in memory.  It may hold a key: wipe it as soon as may be. */
struct tls4217_pemfile {
  struct tls4217_wholefile whole;
  const struct tls4217_pemsource *source; /* NULL: open(2); borrowed */
};

/*
 * Reads the file at path, with the caller's privileges.  It must be a regular
 * file (after symbolic links) of at most 1 MiB that is not empty; anything
 * else is refused without waiting for it.  role and path must outlive file.
 *
 * Returns 0, or -1 with err naming role and path, and errnum: ENOENT, EACCES
 * and so on as open(2), EISDIR, EFBIG, EAGAIN where the file changed while it
 * was read, EINVAL.  Call tls4217_pemfile_wipe in both cases.
 */
int tls4217_pemfile_read(struct tls4217_pemfile *file, const char *role,
  const char *path, struct tls4217_error *err);

/* The same with a file of source's, which must outlive file; NULL: open(2). */
int tls4217_pemfile_read_from(struct tls4217_pemfile *file,
  const struct tls4217_pemsource *source, const char *role, const char *path,
  struct tls4217_error *err);

/*
 * Opens the file at path as tls4217_pemfile_read does, for another process to
 * read.  Returns a descriptor, close-on-exec; or -1 with err filled.
 */
int tls4217_pemfile_open(
  const char *role, const char *path, struct tls4217_error *err);

/*
 * Appends all certificates of the file to certs, in their order; passes by
 * keys and other blocks.  Returns 0, or -1 with err filled where there is
 * none, or a block is cut or damaged; certs may have grown then.
 */
int tls4217_pemfile_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err);

/*
 * The first private key of the file, of any type that OpenSSL's providers read.
 * There is no prompt for a pass phrase: a key that needs one, and does not open
 * with one of the source's, is an error (passphrase.h).  The one that opens it
 * is confirmed (phrasebook.h).  Returns a new key, or NULL with err filled.
 */
EVP_PKEY *tls4217_pemfile_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err);

/* Wipes and frees what was read. */
void tls4217_pemfile_wipe(struct tls4217_pemfile *file);

#endif
