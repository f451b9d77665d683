/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a group for DHE, from a file
 *
 * See dhparam.h.
 */

#include <errno.h>
#include <stdbool.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/wholefile.h"
#include "mod_tls4217/tls/dhparam.h"

#define LIMIT (64 * 1024)

/* Primes are not tested for being prime: that may take seconds, and whoever
 * writes here writes the keys, too. */
static bool is_group(EVP_PKEY *group) {
  EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, group, NULL);
  const bool is = ctx != NULL &&
    (EVP_PKEY_is_a(group, "DH") || EVP_PKEY_is_a(group, "DHX")) &&
    EVP_PKEY_param_check_quick(ctx) == 1;

  EVP_PKEY_CTX_free(ctx);
  return is;
}

static EVP_PKEY *parse(
  const struct tls4217_wholefile *file, struct tls4217_error *err) {
  BIO *bio = BIO_new_mem_buf(file->bytes, (int) file->size);
  EVP_PKEY *group = bio != NULL ? PEM_read_bio_Parameters(bio, NULL) : NULL;

  BIO_free(bio);
  ERR_clear_error();
  if (group == NULL || is_group(group) == false) {
    tls4217_error_set(err, EINVAL,
      "'%s' contains no Diffie-Hellman group: make one with 'openssl dhparam "
      "-out %s 2048'",
      file->path, file->path);

  } else if (EVP_PKEY_get_bits(group) < TLS4217_DHPARAM_MIN_BITS) {
    tls4217_error_set(err, EINVAL,
      "the group in '%s' has %d bits, which anyone can break: make one with "
      "'openssl dhparam -out %s 2048'",
      file->path, EVP_PKEY_get_bits(group), file->path);

  } else {
    return group;
  }

  ERR_clear_error();
  EVP_PKEY_free(group);
  return NULL;
}

EVP_PKEY *tls4217_dhparam_read(const char *path, struct tls4217_error *err) {
  struct tls4217_wholefile file = {
    .role = "DH group file",
    .path = path,
    .content = "PEM text",
    .limit = LIMIT,
  };
  const int fd = tls4217_wholefile_open(&file, err);
  EVP_PKEY *group = NULL;

  ERR_clear_error();
  if (fd >= 0 && tls4217_wholefile_read(&file, fd, err) == 0) {
    group = parse(&file, err);
  }

  tls4217_wholefile_wipe(&file);
  return group;
}
