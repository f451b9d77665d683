/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - CAs and revocation lists, from files and directories
 *
 * See castore.h.  scandir(3).
 */

#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "mod_tls4217/tls/cert/castore.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/cert/pemfile.h"

/* CAs of many millions have lists of dozens of megabytes. */
#define MAX_CRL_SIZE ((size_t) 256 * 1024 * 1024)

#define CA_ROLE      "CA file"
#define CRL_ROLE     "revocation list"

/*
 * Takes what one file holds into user.  Returns 1, 0 where it holds nothing
 * of the kind, -1 with err filled where that is cut or damaged.
 */
typedef int (*take_file)(
  const char *path, void *user, struct tls4217_error *err);

/* Hidden files are none of the administrator's lists. */
static int is_visible(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

/* Takes one entry of a directory, if it is a file that holds something. */
static int take_entry(const char *path, const char *entry, take_file take,
  void *user, struct tls4217_error *err) {
  char name[4096];
  struct stat st;
  int len;

  len = snprintf(name, sizeof(name), "%s/%s", path, entry);
  if (len < 0 || (size_t) len >= sizeof(name) || stat(name, &st) < 0 ||
    !S_ISREG(st.st_mode) || st.st_size == 0) {
    return 0;
  }

  return take(name, user, err);
}

/*
 * Gives every regular file of a directory to take.  Returns how many it took,
 * or -1 with err filled.
 */
static int walk_directory(
  const char *path, take_file take, void *user, struct tls4217_error *err) {
  struct dirent **entries = NULL;
  int count, taken = 0;

  count = scandir(path, &entries, is_visible, alphasort);
  if (count < 0) {
    tls4217_error_set_errno(err, errno, "cannot read directory '%s'", path);
    return -1;
  }

  for (int i = 0; i < count; i++) {
    int res = 0;

    if (taken >= 0) {
      res = take_entry(path, entries[i]->d_name, take, user, err);
      taken = res < 0 ? -1 : taken + res;
    }

    free(entries[i]);
  }

  free(entries);
  return taken;
}

/* Certificates. */

int tls4217_castore_read_file(
  const char *path, STACK_OF(X509) * certs, struct tls4217_error *err) {
  struct tls4217_pemfile file;
  int ret = -1;

  if (tls4217_pemfile_read(&file, CA_ROLE, path, err) == 0 &&
    tls4217_pemfile_certs(&file, certs, err) == 0) {
    ret = 0;
  }

  tls4217_pemfile_wipe(&file);
  return ret;
}

/* A file that is no certificate, a README, is no mistake; and one CA
 * less accepts no client too many. */
static int take_certs(const char *path, void *user, struct tls4217_error *err) {
  (void) err;
  return tls4217_castore_read_file(path, user, NULL) == 0 ? 1 : 0;
}

int tls4217_castore_read_dir(
  const char *path, STACK_OF(X509) * certs, struct tls4217_error *err) {
  int taken;

  taken = walk_directory(path, take_certs, certs, err);
  if (taken == 0) {
    tls4217_error_set(err, ENOENT,
      "directory '%s' contains no PEM file with a certificate: put the "
      "clients' "
      "CAs there",
      path);
  }

  return taken > 0 ? 0 : -1;
}

int tls4217_castore_digest(
  STACK_OF(X509) * certs, char *hex, struct tls4217_error *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_MD_CTX *ctx;
  bool made;

  ctx = EVP_MD_CTX_new();
  made = ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

  for (int i = 0; made && i < sk_X509_num(certs); i++) {
    made = X509_digest(sk_X509_value(certs, i), EVP_sha256(), digest, &size) ==
        1 &&
      EVP_DigestUpdate(ctx, digest, size) == 1;
  }

  made = made && EVP_DigestFinal_ex(ctx, digest, &size) == 1;
  EVP_MD_CTX_free(ctx);

  if (made == false) {
    tls4217_error_set_openssl(err, "cannot make a digest of the CAs");
    return -1;
  }

  for (unsigned int i = 0; i < size; i++) {
    (void) snprintf(hex + 2 * i, 3, "%02x", digest[i]);
  }

  return 0;
}

/* Revocation lists. */

static int add_crl(STACK_OF(X509_CRL) * crls, X509_CRL *crl) {
  if (sk_X509_CRL_push(crls, crl) == 0) {
    X509_CRL_free(crl);
    return -1;
  }

  return 0;
}

/* Adds the lists of a PEM file.  Returns how many, or -1. */
static int add_pem_crls(
  BIO *bio, STACK_OF(X509_CRL) * crls, struct tls4217_passphrase *none) {
  int count = 0;

  for (;;) {
    X509_CRL *crl = PEM_read_bio_X509_CRL(
      bio, NULL, tls4217_passphrase_cb, none);

    if (crl == NULL) {
      /* The end of the file, or a list that is cut or damaged. */
      return ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ?
        count :
        -1;
    }

    if (add_crl(crls, crl) < 0) {
      return -1;
    }

    count++;
  }
}

/* DER begins with a SEQUENCE.  Returns 1, or 0 for no DER at all, or -1. */
static int add_der_crl(BIO *bio, STACK_OF(X509_CRL) * crls) {
  unsigned char first = 0;
  X509_CRL *crl;

  if (BIO_seek(bio, 0) != 0 || BIO_read(bio, &first, 1) != 1 ||
    first != (V_ASN1_SEQUENCE | V_ASN1_CONSTRUCTED)) {
    return 0;
  }

  if (BIO_seek(bio, 0) != 0) {
    return -1;
  }

  crl = d2i_X509_CRL_bio(bio, NULL);
  return crl != NULL && add_crl(crls, crl) == 0 ? 1 : -1;
}

/* Returns how many the file holds, or -1. */
static int add_crls(const struct tls4217_wholefile *file,
  STACK_OF(X509_CRL) * crls, struct tls4217_passphrase *none) {
  BIO *bio = BIO_new_mem_buf(file->bytes, (int) file->size);
  int count = -1;

  ERR_clear_error();
  if (bio != NULL) {
    count = add_pem_crls(bio, crls, none);
  }

  if (count == 0) {
    count = add_der_crl(bio, crls);
  }

  BIO_free(bio);
  ERR_clear_error();
  return count;
}

/* A list that is cut must not pass for none: that might revoke nothing. */
static int take_crls(const char *path, void *user, struct tls4217_error *err) {
  struct tls4217_passphrase none = { NULL, false };
  struct tls4217_wholefile file = {
    .role = CRL_ROLE, .path = path, .content = "CRLs", .limit = MAX_CRL_SIZE
  };
  int fd, count;

  fd = tls4217_wholefile_open(&file, err);
  if (fd < 0) {
    return -1;
  }

  count = tls4217_wholefile_read(&file, fd, err) == 0 ?
    add_crls(&file, user, &none) :
    -1;
  tls4217_wholefile_wipe(&file);

  if (count < 0) {
    tls4217_error_set(err, EINVAL, CRL_ROLE " '%s' is %s: fetch it again", path,
      none.was_asked ?
        "encrypted, and the server cannot ask for a pass phrase" :
        "cut or damaged");
    return -1;
  }

  return count > 0 ? 1 : 0;
}

int tls4217_castore_read_crl_file(
  const char *path, STACK_OF(X509_CRL) * crls, struct tls4217_error *err) {
  int taken;

  taken = take_crls(path, crls, err);
  if (taken == 0) {
    tls4217_error_set(err, EINVAL,
      CRL_ROLE " '%s' is not a CRL, neither in PEM nor in DER", path);
  }

  return taken > 0 ? 0 : -1;
}

int tls4217_castore_read_crl_dir(
  const char *path, STACK_OF(X509_CRL) * crls, struct tls4217_error *err) {
  int taken;

  taken = walk_directory(path, take_crls, crls, err);
  if (taken == 0) {
    tls4217_error_set(err, ENOENT,
      "directory '%s' contains no CRL: put the CAs' lists there", path);
  }

  return taken > 0 ? 0 : -1;
}

STACK_OF(X509) * tls4217_castore_list_new(void) {
  return sk_X509_new_null();
}

void tls4217_castore_list_free(STACK_OF(X509) * certs) {
  sk_X509_pop_free(certs, X509_free);
}

STACK_OF(X509) *
  tls4217_castore_list_add(STACK_OF(X509) * certs, STACK_OF(X509) * more) {
  for (int i = 0; i < sk_X509_num(more); i++) {
    X509 *cert = sk_X509_value(more, i);

    if (X509_up_ref(cert) != 1 || sk_X509_push(certs, cert) == 0) {
      tls4217_castore_list_free(certs);
      return NULL;
    }
  }

  return certs;
}
