/*
 * mod_tls4217 - one PEM file, and the certificates and the key in it
 *
 * open(2), PEM_read_bio_ex(3), d2i_X509(3), PEM_read_bio_PrivateKey(3).
 * Which of them belong together is keypair.c's to find out.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

struct open_advice {
  int errnum;
  const char *text;
};

static const struct open_advice open_advices[] = {
  { ENOENT, "it does not exist; check the path in the configuration" },
  { ENOTDIR,
    "a part of its path is not a directory; check the path in the "
    "configuration" },
  { EACCES,
    "it may not be read; check owner and mode of the file and of the "
    "directories above it" },
  { EISDIR, "it is a directory; name the PEM file itself" },
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
    "it holds a public key only; name the file with the private key" },
  { WANT_KEY, "-----BEGIN CERTIFICATE-----",
    "it holds certificates only; append the private key to it, or name the "
    "file with the key" },
  { WANT_CERT, "-----BEGIN CERTIFICATE REQUEST-----",
    "it holds a signing request; name the certificate that the authority "
    "made of it" },
  { WANT_CERT, "-----BEGIN PKCS7-----",
    "it holds PKCS #7; convert it with 'openssl pkcs7 -print_certs'" },
  { WANT_CERT, "-----BEGIN PUBLIC KEY-----",
    "it holds a public key only; name the certificate that the authority "
    "made of it" },
  { WANT_CERT, "PRIVATE KEY-----",
    "it holds a key only; name the file with the certificate" },
};

static const struct {
  const char *label;
  X509 *(*decode)(X509 **, const unsigned char **, long);
} cert_labels[] = {
  { PEM_STRING_X509, d2i_X509 },
  { PEM_STRING_X509_OLD, d2i_X509 },
  { PEM_STRING_X509_TRUSTED, d2i_X509_AUX },
};

static void set_open_error(
  const struct tls4217_pemfile *file, int errnum, struct tls4217_error *err) {
  size_t i;

  for (i = 0; i < COUNT(open_advices); i++) {
    if (open_advices[i].errnum == errnum) {
      tls4217_error_set(err, errnum, "cannot open %s '%s': %s", file->role,
        file->path, open_advices[i].text);
      return;
    }
  }

  tls4217_error_set_errno(
    err, errnum, "cannot open %s '%s'", file->role, file->path);
}

/* Says why a file is not one that can be read, or returns 0. */
static int check_kind(const struct tls4217_pemfile *file, const struct stat *st,
  struct tls4217_error *err) {
  if (S_ISDIR(st->st_mode)) {
    set_open_error(file, EISDIR, err);
    return -1;
  }

  if (!S_ISREG(st->st_mode)) {
    tls4217_error_set(err, EINVAL,
      "%s '%s' is not a regular file; copy the "
      "PEM text into one",
      file->role, file->path);
    return -1;
  }

  if (st->st_size == 0) {
    tls4217_error_set(err, EINVAL, "%s '%s' is empty", file->role, file->path);
    return -1;
  }

  if (st->st_size > MAX_FILE_SIZE) {
    tls4217_error_set(err, EFBIG,
      "%s '%s' is larger than %d bytes; it is "
      "not a file of PEM certificates",
      file->role, file->path, MAX_FILE_SIZE);
    return -1;
  }

  return 0;
}

static ssize_t read_some(int fd, char *buf, size_t size) {
  ssize_t got;

  do {
    got = read(fd, buf, size);
  } while (got < 0 && errno == EINTR);

  return got;
}

/* Fills a buffer to its end, or to the file's.  Returns bytes, or -1. */
static ssize_t read_all(int fd, char *buf, size_t size) {
  size_t used = 0;
  ssize_t got = 1;

  while (used < size && got > 0) {
    got = read_some(fd, buf + used, size - used);
    if (got > 0) {
      used += (size_t) got;
    }
  }

  return got < 0 ? -1 : (ssize_t) used;
}

/*
 * Reads what fstat(2) promised.  One byte is asked for beyond it: more, or
 * less, means that somebody is writing the file right now.
 */
static int read_bytes(struct tls4217_pemfile *file, int fd, size_t size,
  struct tls4217_error *err) {
  ssize_t got;

  file->size = size;
  file->bytes = OPENSSL_zalloc(size + 2);
  if (file->bytes == NULL) {
    tls4217_error_set_openssl(
      err, "cannot read %s '%s'", file->role, file->path);
    return -1;
  }

  got = read_all(fd, file->bytes, size + 1);
  if (got < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot read %s '%s'", file->role, file->path);
    return -1;
  }

  if ((size_t) got != size) {
    tls4217_error_set(err, EAGAIN,
      "%s '%s' changed while it was read; load "
      "it again when it is complete",
      file->role, file->path);
    return -1;
  }

  return 0;
}

/* O_NONBLOCK: a FIFO in place of the file must not stop the daemon. */
static int open_path(const char *path) {
  return open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

static int open_file(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  int fd = file->source != NULL ?
    file->source->open(file->source->user, file->path) :
    open_path(file->path);

  if (fd < 0) {
    set_open_error(file, errno, err);
  }

  return fd;
}

int tls4217_pemfile_open(
  const char *role, const char *path, struct tls4217_error *err) {
  const struct tls4217_pemfile file = { .role = role, .path = path };

  return open_file(&file, err);
}

int tls4217_pemfile_read(struct tls4217_pemfile *file, const char *role,
  const char *path, struct tls4217_error *err) {
  return tls4217_pemfile_read_from(file, NULL, role, path, err);
}

int tls4217_pemfile_read_from(struct tls4217_pemfile *file,
  const struct tls4217_pemsource *source, const char *role, const char *path,
  struct tls4217_error *err) {
  struct stat st;
  int fd, ret = -1;

  file->source = source;
  file->role = role;
  file->path = path;
  file->bytes = NULL;
  file->size = 0;

  fd = open_file(file, err);
  if (fd < 0) {
    return -1;
  }

  if (fstat(fd, &st) < 0) {
    set_open_error(file, errno, err);
    goto out;
  }

  if (check_kind(file, &st, err) < 0 ||
    read_bytes(file, fd, (size_t) st.st_size, err) < 0) {
    goto out;
  }

  ret = 0;

out:
  close(fd);
  return ret;
}

void tls4217_pemfile_wipe(struct tls4217_pemfile *file) {
  OPENSSL_clear_free(file->bytes, file->size + 2);
  file->bytes = NULL;
}

/* Windows editors write a mark that would hide the first BEGIN line. */
static size_t mark_length(const struct tls4217_pemfile *file) {
  return strncmp(file->bytes, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Reads the file's text in place; the BIO must not outlive the file. */
static BIO *open_bio(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  size_t skipped = mark_length(file);
  BIO *bio = BIO_new_mem_buf(
    file->bytes + skipped, (int) (file->size - skipped));

  if (bio == NULL) {
    tls4217_error_set_openssl(
      err, "cannot read %s '%s'", file->role, file->path);
  }

  return bio;
}

/* By its mark, or by the zero beside each letter. */
static bool is_utf16(const struct tls4217_pemfile *file) {
  return strncmp(file->bytes, "\xff\xfe", 2) == 0 ||
    strncmp(file->bytes, "\xfe\xff", 2) == 0 ||
    (file->size > 3 && memcmp(file->bytes, "-\0-\0", 4) == 0);
}

/* A file without what it should hold: says what it holds instead. */
static void set_content_error(const struct tls4217_pemfile *file,
  enum want want, struct tls4217_error *err) {
  const char *what = want == WANT_KEY ? "private key" : "certificate";
  size_t i;

  for (i = 0; i < COUNT(content_advices); i++) {
    if (content_advices[i].want == want &&
      strstr(file->bytes, content_advices[i].begin) != NULL) {
      tls4217_error_set(err, EINVAL, "no %s in %s '%s': %s", what, file->role,
        file->path, content_advices[i].text);
      return;
    }
  }

  if (is_utf16(file)) {
    tls4217_error_set(err, EINVAL,
      "no %s in %s '%s': it is UTF-16 text, as Windows' editors write it; "
      "convert it with 'iconv -f UTF-16 -t ASCII'",
      what, file->role, file->path);
    return;
  }

  /* DER, and PKCS #12, start with a SEQUENCE. */
  if (file->bytes[0] == 0x30) {
    tls4217_error_set(err, EINVAL,
      "no %s in %s '%s': it is binary, and PEM "
      "is expected; convert it with 'openssl %s -inform DER' (PKCS #12: "
      "'openssl pkcs12 -nodes')",
      what, file->role, file->path, want == WANT_KEY ? "pkey" : "x509");
    return;
  }

  tls4217_error_set(err, EINVAL,
    "no %s in %s '%s': PEM is expected "
    "(-----BEGIN ...-----)",
    what, file->role, file->path);
}

static int add_cert(const struct tls4217_pemfile *file, STACK_OF(X509) * certs,
  X509 *cert, struct tls4217_error *err) {
  if (cert == NULL || sk_X509_push(certs, cert) == 0) {
    tls4217_error_set_openssl(err,
      "certificate %d in %s '%s' is damaged; "
      "copy the file again",
      sk_X509_num(certs) + 1, file->role, file->path);
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

  tls4217_error_set_openssl(err, "cannot read %s '%s' behind certificate %d",
    file->role, file->path, sk_X509_num(certs));

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
  return strstr(file->bytes, text) != NULL;
}

/* Why no key came out of a file. */
static void set_key_error(const struct tls4217_pemfile *file, bool was_asked,
  struct tls4217_error *err) {
  if (was_asked) {
    tls4217_error_set(err, EINVAL,
      "the private key in %s '%s' needs a pass "
      "phrase, and nobody can be asked for one; remove it with 'openssl pkey "
      "-in OLD -out NEW'",
      file->role, file->path);
    return;
  }

  if (has_text(file, "PRIVATE KEY-----") &&
    !has_text(file, "OPENSSH PRIVATE KEY-----")) {
    tls4217_error_set_openssl(err,
      "cannot read the private key in %s '%s'; "
      "it is damaged, or of a kind that OpenSSL does not know",
      file->role, file->path);
    return;
  }

  set_content_error(file, WANT_KEY, err);
}

EVP_PKEY *tls4217_pemfile_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  struct tls4217_passphrase question = {
    file->source != NULL ? file->source->passphrase : NULL, false
  };
  EVP_PKEY *key;
  BIO *bio;

  bio = open_bio(file, err);
  if (bio == NULL) {
    return NULL;
  }

  key = PEM_read_bio_PrivateKey(bio, NULL, tls4217_passphrase_cb, &question);
  BIO_free(bio);
  if (key == NULL) {
    set_key_error(file, question.was_asked, err);
  }

  ERR_clear_error();
  return key;
}
