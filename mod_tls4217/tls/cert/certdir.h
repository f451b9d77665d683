/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the certificate files of a directory
 *
 * NAME.pem, with certificate, chain and key; and NAME/fullchain.pem with
 * NAME/privkey.pem, as certbot's live/ has them.  What begins with a dot, and
 * all else, is passed by.
 */

#ifndef TLS4217_TLS_CERT_CERTDIR_H
#define TLS4217_TLS_CERT_CERTDIR_H

#include <stddef.h>

#include "mod_tls4217/tls/error.h"

struct tls4217_certdir_entry {
  char *cert_file;
  char *key_file; /* or NULL: it is in cert_file */
};

struct tls4217_certdir {
  struct tls4217_certdir_entry *entries; /* by cert_file, in strcmp's order */
  size_t count;
};

/*
 * Lists a directory, with the caller's privileges; no file is opened.  Returns
 * 0 (tls4217_certdir_clear), or -1 with err naming the directory.
 */
int tls4217_certdir_read(
  const char *path, struct tls4217_certdir *dir, struct tls4217_error *err);

/* Frees the list. */
void tls4217_certdir_clear(struct tls4217_certdir *dir);

#endif
