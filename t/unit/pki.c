/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - certificates, keys and their files, for tests
 *
 * X509_sign(3), EVP_PKEY_Q_keygen(3), PEM_write_bio_PrivateKey(3), nftw(3).
 * Knows nothing of the module; a driver that needs bad files composes them of
 * the parts that this file offers.
 */

#define _XOPEN_SOURCE 700

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "t/unit/pki.h"

#define DAY_SECONDS (24L * 60L * 60L)

struct path {
  struct path *next;
  char text[];
};

struct pki_dir {
  struct path *paths;
  char path[256];
};

static void insist(bool holds, const char *what) {
  if (!holds) {
    perror(what);
    ERR_print_errors_fp(stderr);
    abort();
  }
}

static EVP_PKEY *make_key(enum pki_key type) {
  EVP_PKEY *key = NULL;

  switch (type) {
    case PKI_EC:
      key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
      break;
    case PKI_RSA:
      key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t) 2048);
      break;
    case PKI_ED25519:
      key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
      break;
  }

  insist(key != NULL, "pki: key");
  return key;
}

static EVP_PKEY *take_key(const struct pki_spec *spec) {
  if (spec->same_key == NULL) {
    return make_key(spec->key);
  }

  insist(EVP_PKEY_up_ref(spec->same_key->key) == 1, "pki: key");
  return spec->same_key->key;
}

static void set_serial(X509 *cert) {
  BIGNUM *number = BN_new();

  insist(number != NULL &&
      BN_rand(number, 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
      BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL,
    "pki: serial number");
  BN_free(number);
}

static void set_validity(X509 *cert, const struct pki_spec *spec) {
  long from = spec->from_days == 0 ? -1 : spec->from_days;
  long to = spec->to_days == 0 ? PKI_YEAR : spec->to_days;

  insist(
    X509_gmtime_adj(X509_getm_notBefore(cert), from * DAY_SECONDS) != NULL &&
      X509_gmtime_adj(X509_getm_notAfter(cert), to * DAY_SECONDS) != NULL,
    "pki: validity");
}

static void set_names(X509 *cert, const struct pki_spec *spec) {
  X509_NAME *subject = X509_NAME_new();

  insist(subject != NULL &&
      X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
        (const unsigned char *) spec->name, -1, -1, 0) == 1 &&
      X509_set_subject_name(cert, subject) == 1,
    "pki: subject");
  insist(
    X509_set_issuer_name(cert,
      spec->issuer == NULL ? subject :
                             X509_get_subject_name(spec->issuer->cert)) == 1,
    "pki: issuer");
  X509_NAME_free(subject);
}

static void add_extension(
  X509 *cert, const struct pki_spec *spec, int nid, const char *value) {
  X509V3_CTX ctx;
  X509_EXTENSION *extension;

  X509V3_set_ctx(&ctx, spec->issuer == NULL ? cert : spec->issuer->cert, cert,
    NULL, NULL, 0);
  extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
  insist(extension != NULL && X509_add_ext(cert, extension, -1) == 1, value);
  X509_EXTENSION_free(extension);
}

static void add_alt_names(X509 *cert, const struct pki_spec *spec) {
  char text[256];

  if (spec->alt_names != NULL) {
    add_extension(cert, spec, NID_subject_alt_name, spec->alt_names);

  } else if (!spec->is_client) {
    snprintf(text, sizeof(text), "DNS:%s", spec->name);
    add_extension(cert, spec, NID_subject_alt_name, text);
  }
}

static void add_extensions(X509 *cert, const struct pki_spec *spec) {
  add_extension(cert, spec, NID_subject_key_identifier, "hash");
  if (spec->issuer != NULL) {
    add_extension(cert, spec, NID_authority_key_identifier, "keyid:always");
  }

  if (spec->is_ca) {
    add_extension(cert, spec, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(cert, spec, NID_key_usage, "critical,keyCertSign,cRLSign");
    return;
  }

  add_extension(cert, spec, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(cert, spec, NID_key_usage, "critical,digitalSignature");
  add_extension(cert, spec, NID_ext_key_usage,
    spec->is_client ? "clientAuth" : "serverAuth");
  add_alt_names(cert, spec);
}

/* Ed25519 has its digest built in; X509_sign(3) wants NULL then. */
static const EVP_MD *signing_digest(const EVP_PKEY *key) {
  return EVP_PKEY_is_a(key, "ED25519") == 1 ? NULL : EVP_sha256();
}

struct pki_cert *pki_make(const struct pki_spec *spec) {
  struct pki_cert *made = calloc(1, sizeof(*made));
  EVP_PKEY *signer;

  insist(made != NULL, "pki: memory");
  made->key = take_key(spec);
  made->cert = X509_new();
  insist(made->cert != NULL &&
      X509_set_version(made->cert, X509_VERSION_3) == 1 &&
      X509_set_pubkey(made->cert, made->key) == 1,
    "pki: certificate");

  set_serial(made->cert);
  set_validity(made->cert, spec);
  set_names(made->cert, spec);
  add_extensions(made->cert, spec);

  signer = spec->issuer == NULL ? made->key : spec->issuer->key;
  insist(X509_sign(made->cert, signer, signing_digest(signer)) > 0,
    "pki: signature");
  return made;
}

struct pki_cert *pki_ca(const char *name, const struct pki_cert *issuer) {
  const struct pki_spec spec = {
    .name = name, .issuer = issuer, .is_ca = true
  };

  return pki_make(&spec);
}

struct pki_cert *pki_leaf(
  const char *name, enum pki_key key, const struct pki_cert *issuer) {
  const struct pki_spec spec = { .name = name, .key = key, .issuer = issuer };

  return pki_make(&spec);
}

void pki_free(struct pki_cert *cert) {
  if (cert == NULL) {
    return;
  }

  X509_free(cert->cert);
  EVP_PKEY_free(cert->key);
  free(cert);
}

struct pki_dir *pki_dir_new(void) {
  struct pki_dir *dir = calloc(1, sizeof(*dir));
  const char *parent = getenv("TMPDIR");

  insist(dir != NULL, "pki: memory");
  snprintf(dir->path, sizeof(dir->path), "%s/tls4217-test-XXXXXX",
    parent == NULL ? "/tmp" : parent);
  insist(mkdtemp(dir->path) != NULL, dir->path);
  return dir;
}

static int remove_entry_cb(
  const char *path, const struct stat *st, int type, struct FTW *where) {
  (void) st;
  (void) type;
  (void) where;

  return remove(path);
}

void pki_dir_free(struct pki_dir *dir) {
  struct path *path, *next;

  if (dir == NULL) {
    return;
  }

  insist(
    nftw(dir->path, remove_entry_cb, 8, FTW_DEPTH | FTW_PHYS) == 0, dir->path);
  for (path = dir->paths; path != NULL; path = next) {
    next = path->next;
    free(path);
  }
  free(dir);
}

const char *pki_dir_path(const struct pki_dir *dir) {
  return dir->path;
}

const char *pki_path(struct pki_dir *dir, const char *name) {
  size_t size = strlen(dir->path) + strlen(name) + 2;
  struct path *path = malloc(sizeof(*path) + size);

  insist(path != NULL, "pki: memory");
  snprintf(path->text, size, "%s/%s", dir->path, name);
  path->next = dir->paths;
  dir->paths = path;
  return path->text;
}

size_t pki_dir_count(const struct pki_dir *dir) {
  DIR *handle = opendir(dir->path);
  const struct dirent *entry;
  size_t count = 0;

  insist(handle != NULL, dir->path);
  while ((entry = readdir(handle)) != NULL) {
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      count++;
    }
  }
  closedir(handle);
  return count;
}

static FILE *open_to_append(const char *file) {
  int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  FILE *stream = fd < 0 ? NULL : fdopen(fd, "a");

  insist(stream != NULL, file);
  return stream;
}

void pki_add_bytes(const char *file, const void *bytes, size_t size) {
  FILE *stream = open_to_append(file);

  insist(fwrite(bytes, 1, size, stream) == size, file);
  insist(fclose(stream) == 0, file);
}

void pki_add_text(const char *file, const char *text) {
  pki_add_bytes(file, text, strlen(text));
}

static void add_bio(const char *file, BIO *bio) {
  char *bytes = NULL;
  long size = BIO_get_mem_data(bio, &bytes);

  pki_add_bytes(file, bytes, (size_t) size);
  BIO_free(bio);
}

void pki_add_cert(const char *file, const struct pki_cert *cert) {
  BIO *bio = BIO_new(BIO_s_mem());

  insist(bio != NULL && PEM_write_bio_X509(bio, cert->cert) == 1, file);
  add_bio(file, bio);
}

void pki_add_key(
  const char *file, const struct pki_cert *cert, const char *passphrase) {
  BIO *bio = BIO_new(BIO_s_mem());

  insist(bio != NULL &&
      PEM_write_bio_PKCS8PrivateKey(bio, cert->key,
        passphrase == NULL ? NULL : EVP_aes_256_cbc(), passphrase,
        passphrase == NULL ? 0 : (int) strlen(passphrase), NULL, NULL) == 1,
    file);
  add_bio(file, bio);
}

void pki_add_traditional_key(
  const char *file, const struct pki_cert *cert, const char *passphrase) {
  BIO *bio = BIO_new(BIO_s_mem());

  insist(bio != NULL &&
      PEM_write_bio_PrivateKey_traditional(bio, cert->key,
        passphrase == NULL ? NULL : EVP_aes_256_cbc(),
        (const unsigned char *) passphrase,
        passphrase == NULL ? 0 : (int) strlen(passphrase), NULL, NULL) == 1,
    file);
  add_bio(file, bio);
}

void pki_truncate(const char *file, long size) {
  insist(truncate(file, size) == 0, file);
}
