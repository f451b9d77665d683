/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - one PEM file, and the certificates and the key in it
 *
 * PEM_read_bio_ex(3), d2i_X509(3), PEM_read_bio_PrivateKey(3).
 * Which of them belong together is keypair.c's to find out.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/pemerr.h>

#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/cert/pemfile.h"

/* Far above any chain; what is bigger is not a certificate file. */
#define MAX_FILE_SIZE 1048576

#define COUNT(array)  (sizeof(array) / sizeof((array)[0]))

enum want {
  WANT_CERT,
  WANT_KEY
};

/* What people put into such files by mistake, and the way out. */
struct content_advice {
  enum want want;
  const char *begin;
  const char *text;
};

static const struct content_advice content_advices[] = {
  { WANT_KEY, "-----BEGIN OPENSSH PRIVATE KEY-----",
    "its key is in OpenSSH's own form; convert it with "
    "'ssh-keygen -p -m PEM -f FILE'" },
  { WANT_KEY, "-----BEGIN PUBLIC KEY-----",
    "it contains a public key only; name the file with the private key" },
  { WANT_KEY, "-----BEGIN CERTIFICATE-----",
    "it contains certificates only; append the private key to it, or name the "
    "file with the key" },
  { WANT_CERT, "-----BEGIN CERTIFICATE REQUEST-----",
    "it contains a signing request; name the certificate that the CA issued "
    "for it" },
  { WANT_CERT, "-----BEGIN PKCS7-----",
    "it contains PKCS #7; convert it with 'openssl pkcs7 -print_certs'" },
  { WANT_CERT, "-----BEGIN PUBLIC KEY-----",
    "it contains a public key only; name the certificate that the CA issued "
    "for it" },
  { WANT_CERT, "PRIVATE KEY-----",
    "it contains a key only; name the file with the certificate" },
};

static const struct {
  const char *label;
  X509 *(*decode)(X509 **, const unsigned char **, long);
} cert_labels[] = {
  { PEM_STRING_X509, d2i_X509 },
  { PEM_STRING_X509_OLD, d2i_X509 },
  { PEM_STRING_X509_TRUSTED, d2i_X509_AUX },
};

static int open_file(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  int fd;

  if (file->source == NULL || file->source->open == NULL) {
    return tls4217_wholefile_open(&file->whole, err);
  }

  fd = file->source->open(file->source->user, file->whole.path);
  if (fd < 0) {
    tls4217_wholefile_refuse(&file->whole, errno, err);
  }

  return fd;
}

static struct tls4217_wholefile describe(const char *role, const char *path) {
  const struct tls4217_wholefile whole = {
    .role = role, .path = path, .content = "PEM text", .limit = MAX_FILE_SIZE
  };

  return whole;
}

int tls4217_pemfile_open(
  const char *role, const char *path, struct tls4217_error *err) {
  const struct tls4217_wholefile whole = describe(role, path);

  return tls4217_wholefile_open(&whole, err);
}

int tls4217_pemfile_read(struct tls4217_pemfile *file, const char *role,
  const char *path, struct tls4217_error *err) {
  return tls4217_pemfile_read_from(file, NULL, role, path, err);
}

int tls4217_pemfile_read_from(struct tls4217_pemfile *file,
  const struct tls4217_pemsource *source, const char *role, const char *path,
  struct tls4217_error *err) {
  int fd;

  file->source = source;
  file->whole = describe(role, path);
  fd = open_file(file, err);
  return fd < 0 ? -1 : tls4217_wholefile_read(&file->whole, fd, err);
}

void tls4217_pemfile_wipe(struct tls4217_pemfile *file) {
  tls4217_wholefile_wipe(&file->whole);
}

/* Windows editors write a mark that would hide the first BEGIN line. */
static size_t mark_length(const struct tls4217_pemfile *file) {
  return strncmp(file->whole.bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Reads the file's text in place; the BIO must not outlive the file. */
static BIO *open_bio(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  size_t skipped = mark_length(file);
  BIO *bio = BIO_new_mem_buf(
    file->whole.bytes + skipped, (int) (file->whole.size - skipped));

  if (bio == NULL) {
    tls4217_error_set_openssl(
      err, "cannot read %s '%s'", file->whole.role, file->whole.path);
  }

  return bio;
}

/* By its mark, or by the zero beside each letter. */
static bool is_utf16(const struct tls4217_pemfile *file) {
  return strncmp(file->whole.bytes, "\xff\xfe", 2) == 0 ||
    strncmp(file->whole.bytes, "\xfe\xff", 2) == 0 ||
    (file->whole.size > 3 && memcmp(file->whole.bytes, "-\0-\0", 4) == 0);
}

/* A file without what it should hold: says what it holds instead. */
static void set_content_error(const struct tls4217_pemfile *file,
  enum want want, struct tls4217_error *err) {
  const char *what = want == WANT_KEY ? "private key" : "certificate";
  size_t i;

  for (i = 0; i < COUNT(content_advices); i++) {
    if (content_advices[i].want == want &&
      strstr(file->whole.bytes, content_advices[i].begin) != NULL) {
      tls4217_error_set(err, EINVAL, "no %s in %s '%s': %s", what,
        file->whole.role, file->whole.path, content_advices[i].text);
      return;
    }
  }

  if (is_utf16(file)) {
    tls4217_error_set(err, EINVAL,
      "no %s in %s '%s': it is UTF-16 text, as Windows' editors write it; "
      "convert it with 'iconv -f UTF-16 -t ASCII'",
      what, file->whole.role, file->whole.path);
    return;
  }

  /* DER, and PKCS #12, start with a SEQUENCE. */
  if (file->whole.bytes[0] == 0x30) {
    tls4217_error_set(err, EINVAL,
      "no %s in %s '%s': it is binary, and PEM "
      "is expected; convert it with 'openssl %s -inform DER' (PKCS #12: "
      "'openssl pkcs12 -nodes')",
      what, file->whole.role, file->whole.path,
      want == WANT_KEY ? "pkey" : "x509");
    return;
  }

  tls4217_error_set(err, EINVAL,
    "no %s in %s '%s': PEM is expected "
    "(-----BEGIN ...-----)",
    what, file->whole.role, file->whole.path);
}

static int add_cert(const struct tls4217_pemfile *file, STACK_OF(X509) * certs,
  X509 *cert, struct tls4217_error *err) {
  if (cert == NULL || sk_X509_push(certs, cert) == 0) {
    tls4217_error_set_openssl(err,
      "certificate %d in %s '%s' is damaged; "
      "copy the file again",
      sk_X509_num(certs) + 1, file->whole.role, file->whole.path);
    X509_free(cert);
    return -1;
  }

  return 0;
}

/* Takes a PEM block where it is a certificate, and passes by all others. */
static int take_block(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, const char *label, const unsigned char *der,
  long size, struct tls4217_error *err) {
  size_t i;

  for (i = 0; i < COUNT(cert_labels); i++) {
    if (strcmp(label, cert_labels[i].label) == 0) {
      return add_cert(
        file, certs, cert_labels[i].decode(NULL, &der, size), err);
    }
  }

  return 0;
}

/*
 * Reads one block.  Returns 1, or 0 at the end of the file, or -1 with err
 * filled.  PEM_FLAG_SECURE has what is passed by wiped: it may be a key.
 */
static int read_block(const struct tls4217_pemfile *file, BIO *bio,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  char *label = NULL, *header = NULL;
  unsigned char *der = NULL;
  unsigned long code;
  long size = 0;
  int ret = -1;

  if (PEM_read_bio_ex(bio, &label, &header, &der, &size, PEM_FLAG_SECURE) ==
    1) {
    ret = take_block(file, certs, label, der, size, err) < 0 ? -1 : 1;
    goto out;
  }

  code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) == ERR_LIB_PEM &&
    ERR_GET_REASON(code) == PEM_R_NO_START_LINE) {
    ERR_clear_error();
    ret = 0;
    goto out;
  }

  tls4217_error_set_openssl(err, "cannot read %s '%s' after certificate %d",
    file->whole.role, file->whole.path, sk_X509_num(certs));

out:
  OPENSSL_secure_free(label);
  OPENSSL_secure_free(header);
  OPENSSL_secure_clear_free(der, (size_t) size);
  return ret;
}

int tls4217_pemfile_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  int found, before = sk_X509_num(certs);
  BIO *bio;

  bio = open_bio(file, err);
  if (bio == NULL) {
    return -1;
  }

  do {
    found = read_block(file, bio, certs, err);
  } while (found > 0);
  BIO_free(bio);

  if (found < 0) {
    return -1;
  }

  if (sk_X509_num(certs) == before) {
    set_content_error(file, WANT_CERT, err);
    return -1;
  }

  return 0;
}

static bool has_text(const struct tls4217_pemfile *file, const char *text) {
  return strstr(file->whole.bytes, text) != NULL;
}

/* Why no key came out of a file. */
static void set_key_error(const struct tls4217_pemfile *file, bool was_asked,
  struct tls4217_error *err) {
  if (was_asked) {
    tls4217_passphrase_refuse(
      file->source != NULL ? file->source->phrases : NULL, "the private key in",
      file->whole.role, file->whole.path, "openssl pkey -in OLD -out NEW", err);
    return;
  }

  if (has_text(file, "PRIVATE KEY-----") &&
    !has_text(file, "OPENSSH PRIVATE KEY-----")) {
    tls4217_error_set_openssl(err,
      "cannot read the private key in %s '%s'; "
      "it is damaged, or of a kind that OpenSSL does not support",
      file->whole.role, file->whole.path);
    return;
  }

  set_content_error(file, WANT_KEY, err);
}

/* With this pass phrase, or without one.  Returns a new key, or NULL. */
static EVP_PKEY *read_key(
  const struct tls4217_pemfile *file, const char *phrase, bool *was_asked) {
  struct tls4217_passphrase question = { phrase, false };
  BIO *bio = open_bio(file, NULL);
  EVP_PKEY *key = NULL;

  if (bio != NULL) {
    ERR_clear_error();
    key = PEM_read_bio_PrivateKey(bio, NULL, tls4217_passphrase_cb, &question);
  }

  BIO_free(bio);
  *was_asked = question.was_asked;
  return key;
}

/* With one of those that there are. */
static EVP_PKEY *try_phrases(const struct tls4217_pemfile *file) {
  struct tls4217_phrasebook *phrases = file->source != NULL ?
    file->source->phrases :
    NULL;
  const char *phrase;
  bool was_asked;

  for (size_t at = 0; phrases != NULL &&
       (phrase = tls4217_phrasebook_get(phrases, at)) != NULL;
       at++) {
    EVP_PKEY *key = read_key(file, phrase, &was_asked);

    if (key != NULL) {
      tls4217_phrasebook_confirm(phrases, at);
      return key;
    }
  }

  return NULL;
}

EVP_PKEY *tls4217_pemfile_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  bool was_asked;
  EVP_PKEY *key = read_key(file, NULL, &was_asked);

  if (key == NULL && was_asked) {
    key = try_phrases(file);
  }

  if (key == NULL) {
    set_key_error(file, was_asked, err);
  }

  ERR_clear_error();
  return key;
}
