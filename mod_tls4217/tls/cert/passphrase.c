/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what OpenSSL gets when it needs a pass phrase
 *
 * See passphrase.h.
 */

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "mod_tls4217/tls/cert/passphrase.h"

int tls4217_passphrase_cb(char *buf, int size, int for_writing, void *user) {
  struct tls4217_passphrase *passphrase = user;
  size_t len;

  (void) for_writing;

  passphrase->was_asked = true;
  len = passphrase->text != NULL ? strlen(passphrase->text) : 0;
  if (passphrase->text == NULL || len > (size_t) size) {
    return -1;
  }

  memcpy(buf, passphrase->text, len);
  return (int) len;
}

void tls4217_passphrase_refuse(const struct tls4217_phrasebook *phrases,
  const char *what, const char *role, const char *path, const char *remedy,
  struct tls4217_error *err) {
  if (phrases != NULL && tls4217_phrasebook_has_trial(phrases)) {
    tls4217_error_set(err, TLS4217_PASSPHRASE_WRONG,
      "the pass phrase does not open %s %s '%s'", what, role, path);
    return;
  }

  tls4217_error_set(err, TLS4217_PASSPHRASE_NEEDED,
    "%s %s '%s' needs a pass phrase: name a program that prints it in "
    "TLSPassPhraseProvider, start the server from a terminal, which asks for "
    "it, or remove it with '%s'",
    what, role, path, remedy);
}

bool tls4217_passphrase_is_missing(const struct tls4217_error *err) {
  return err->errnum == TLS4217_PASSPHRASE_NEEDED ||
    err->errnum == TLS4217_PASSPHRASE_WRONG;
}

const char *tls4217_passphrase_kind(const struct tls4217_error *err) {
  const char *name;

  switch (err->detail) {
    case TLS4217_PASSPHRASE_PKCS12:
      return "PKCS12";

    case TLS4217_PASSPHRASE_PKCS11:
      return "PKCS11";

    case EVP_PKEY_RSA:
    case EVP_PKEY_RSA_PSS:
      return "RSA";

    case EVP_PKEY_EC:
      return "EC";

    default:
      name = err->detail > 0 ? OBJ_nid2sn(err->detail) : NULL;
      return name != NULL ? name : "KEY";
  }
}
