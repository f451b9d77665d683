/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what OpenSSL gets when it needs a pass phrase
 *
 * Nothing here may ask anybody: without a pem_password_cb(3) OpenSSL would
 * prompt on the terminal, or read descriptor 0, which is the client's
 * connection in a session.  Every PEM_read of this layer has this one.
 */

#ifndef TLS4217_TLS_CERT_PASSPHRASE_H
#define TLS4217_TLS_CERT_PASSPHRASE_H

#include <stdbool.h>

#include "mod_tls4217/tls/cert/phrasebook.h"
#include "mod_tls4217/tls/error.h"

struct tls4217_passphrase {
  const char *text; /* NULL: there is none, and what needs one is refused */
  bool was_asked;   /* something needed one */
};

/* A pem_password_cb(3), whose user is a struct tls4217_passphrase. */
int tls4217_passphrase_cb(char *buf, int size, int for_writing, void *user);

/*
 * Errors of a file whose key is behind a pass phrase that is not known have one
 * of these as errnum.
 */
#define TLS4217_PASSPHRASE_NEEDED ENOKEY       /* none was on trial */
#define TLS4217_PASSPHRASE_WRONG  EKEYREJECTED /* the one on trial is not it */

/*
 * Fills err with such an error, for what in the file (role and path) did not
 * open with any of the phrases, which may be NULL; detail stays 0.  remedy is
 * the command that removes the pass phrase.
 */
void tls4217_passphrase_refuse(const struct tls4217_phrasebook *phrases,
  const char *what, const char *role, const char *path, const char *remedy,
  struct tls4217_error *err);

/* Whether err is such an error. */
bool tls4217_passphrase_is_missing(const struct tls4217_error *err);

/* detail of such an error, for what is behind the pass phrase; else
 * EVP_PKEY_get_base_id(3)'s. */
#define TLS4217_PASSPHRASE_PKCS12 0xffff
#define TLS4217_PASSPHRASE_PKCS11 0xfffe

/*
 * How mod_tls calls what such an error is about, when it asks for the pass
 * phrase: "RSA", "EC", "PKCS12"; or OpenSSL's name for it; and "PKCS11" where
 * it is the PIN of a token.  Static text.
 */
const char *tls4217_passphrase_kind(const struct tls4217_error *err);

#endif
