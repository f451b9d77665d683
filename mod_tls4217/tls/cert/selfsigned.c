/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate made on the spot (TLSSelfSignedCertificate)
 *
 * EVP_EC_gen(3), X509_sign(3), X509V3_EXT_conf_nid(3), mkstemp(3), link(2).
 * Leaves to others: reading the file again (keypair.c), and telling the
 * administrator its fingerprint.
 *
 * The certificate is CA:FALSE although it stands for itself.  Clients accept it
 * as a trust anchor all the same (curl --cacert, lftp ssl:ca-file, OpenSSL also
 * with -x509_strict), and whoever puts it into a system's trust store does not
 * thereby let this server vouch for other names.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/selfsigned.h"

#define FALLBACK_NAME "localhost"

/* RFC 5280, 4.1.2.2: positive, at most 20 octets. */
#define SERIAL_BITS 159

/* RFC 5280, appendix A.1: ub-common-name. */
#define MAX_COMMON_NAME 64

/* RFC 1035, 2.3.4, as text without the final dot. */
#define MAX_DNS_NAME  253
#define MAX_DNS_LABEL 63

#define LABEL_CHARS \
 "abcdefghijklmnopqrstuvwxyz" \
 "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"

/* Clients' clocks are slow now and then. */
#define AGE_SECONDS  (-24L * 60L * 60L)
#define VALID_DAYS   3650

#define TEMP_SUFFIX  ".XXXXXX"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
  int nid;
  const char *value;
} extensions[] = {
  { NID_basic_constraints, "critical,CA:FALSE" },
  { NID_key_usage, "critical,digitalSignature" },
  { NID_ext_key_usage, "serverAuth" },
  { NID_subject_key_identifier, "hash" },
};

static bool is_label(const char *text, size_t size) {
  return size > 0 && size <= MAX_DNS_LABEL &&
    strspn(text, LABEL_CHARS) >= size && text[0] != '-' &&
    text[size - 1] != '-';
}

/*
 * Whether text can stand as dNSName in a subjectAltName.  Behind its size
 * bytes there is a dot or the end.
 */
static bool is_dns_name(const char *text, size_t size) {
  size_t used, label = 0;

  if (size > MAX_DNS_NAME) {
    return false;
  }

  for (used = 0; used <= size; used += label + 1) {
    label = strcspn(text + used, ".");
    if (!is_label(text + used, label)) {
      return false;
    }
  }

  /* A last label of digits is a mistyped address, not a name. */
  return strspn(text + size - label, "0123456789") < label;
}

/* Takes over value.  Returns a new name, or NULL. */
static GENERAL_NAME *make_general_name(int type, ASN1_STRING *value) {
  GENERAL_NAME *name = GENERAL_NAME_new();

  if (name == NULL || value == NULL) {
    GENERAL_NAME_free(name);
    ASN1_STRING_free(value);
    return NULL;
  }

  GENERAL_NAME_set0_value(name, type, value);
  return name;
}

static GENERAL_NAME *make_dns_name(const char *text, size_t size) {
  ASN1_STRING *value = ASN1_STRING_type_new(V_ASN1_IA5STRING);

  if (value != NULL && ASN1_STRING_set(value, text, (int) size) != 1) {
    ASN1_STRING_free(value);
    value = NULL;
  }

  return make_general_name(GEN_DNS, value);
}

/* An address or a host name as subjectAltName. */
static GENERAL_NAME *make_alt_name(const char *name, size_t size) {
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

  ERR_clear_error();
  if (address != NULL) {
    return make_general_name(GEN_IPADD, address);
  }

  return make_dns_name(name, size);
}

static int add_alt_name(X509 *cert, const char *name, size_t size) {
  GENERAL_NAMES *names = GENERAL_NAMES_new();
  GENERAL_NAME *alt = make_alt_name(name, size);
  int ret = -1;

  if (names == NULL || alt == NULL || sk_GENERAL_NAME_push(names, alt) == 0) {
    GENERAL_NAME_free(alt);
    goto out;
  }

  if (X509_add1_ext_i2d(cert, NID_subject_alt_name, names, 0, 0) != 1) {
    goto out;
  }

  ret = 0;

out:
  GENERAL_NAMES_free(names);
  return ret;
}

static int set_names(X509 *cert, const char *name, size_t size) {
  size_t used = size > MAX_COMMON_NAME ? MAX_COMMON_NAME : size;
  X509_NAME *subject;
  int ret = -1;

  subject = X509_NAME_new();
  if (subject != NULL &&
    X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
      (const unsigned char *) name, (int) used, -1, 0) == 1 &&
    X509_set_subject_name(cert, subject) == 1 &&
    X509_set_issuer_name(cert, subject) == 1) {
    ret = add_alt_name(cert, name, size);
  }

  X509_NAME_free(subject);
  return ret;
}

static int add_extensions(X509 *cert) {
  X509_EXTENSION *extension;
  X509V3_CTX ctx;
  size_t i;
  int added;

  X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
  for (i = 0; i < COUNT(extensions); i++) {
    extension = X509V3_EXT_conf_nid(
      NULL, &ctx, extensions[i].nid, extensions[i].value);
    added = extension == NULL ? 0 : X509_add_ext(cert, extension, -1);
    X509_EXTENSION_free(extension);
    if (added != 1) {
      return -1;
    }
  }

  return 0;
}

static int set_serial(X509 *cert) {
  BIGNUM *number = BN_new();
  int ret = -1;

  if (number != NULL &&
    BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
    BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert)) != NULL) {
    ret = 0;
  }

  BN_free(number);
  return ret;
}

static int set_validity(X509 *cert) {
  if (X509_gmtime_adj(X509_getm_notBefore(cert), AGE_SECONDS) == NULL ||
    X509_time_adj_ex(X509_getm_notAfter(cert), VALID_DAYS, 0, NULL) == NULL) {
    return -1;
  }

  return 0;
}

/* Returns a new certificate, or NULL with OpenSSL's error queue filled. */
static X509 *make_cert(EVP_PKEY *key, const char *name, size_t size) {
  X509 *cert = X509_new();

  if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1 ||
    X509_set_pubkey(cert, key) != 1 || set_serial(cert) < 0 ||
    set_validity(cert) < 0 || set_names(cert, name, size) < 0 ||
    add_extensions(cert) < 0 || X509_sign(cert, key, EVP_sha256()) <= 0) {
    X509_free(cert);
    return NULL;
  }

  return cert;
}

static bool is_address(const char *name) {
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(name);

  ERR_clear_error();
  ASN1_OCTET_STRING_free(address);
  return address != NULL;
}

/*
 * What the certificate is for: name where a client could ever compare it with
 * a host, without the dot that ends an absolute name; else the fallback.
 */
static const char *choose_name(const char *name, size_t *size) {
  *size = name == NULL ? 0 : strlen(name);
  if (*size > 0 && is_address(name)) {
    return name;
  }

  if (*size > 1 && name[*size - 1] == '.') {
    (*size)--;
  }

  if (*size > 0 && is_dns_name(name, *size)) {
    return name;
  }

  *size = strlen(FALLBACK_NAME);
  return FALLBACK_NAME;
}

/*
 * Certificate and key as PEM text.  BIO_s_secmem(3) wipes its memory, also
 * where OpenSSL has no secure heap.  Returns a new BIO, or NULL with err
 * filled.
 */
static BIO *make_pem(const char *name, struct tls4217_error *err) {
  const char *chosen;
  EVP_PKEY *key;
  X509 *cert = NULL;
  BIO *bio;
  size_t size;

  chosen = choose_name(name, &size);
  bio = BIO_new(BIO_s_secmem());
  key = EVP_EC_gen("P-256");
  if (key != NULL) {
    cert = make_cert(key, chosen, size);
  }

  if (bio == NULL || cert == NULL || PEM_write_bio_X509(bio, cert) != 1 ||
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
    tls4217_error_set_openssl(err, "cannot make a self-signed certificate");
    BIO_free(bio);
    bio = NULL;
  }

  X509_free(cert);
  EVP_PKEY_free(key);
  return bio;
}

static int write_all(int fd, const char *bytes, size_t size) {
  ssize_t done;

  while (size > 0) {
    done = write(fd, bytes, size);
    if (done < 0 && errno != EINTR) {
      return -1;
    }

    if (done > 0) {
      bytes += done;
      size -= (size_t) done;
    }
  }

  return 0;
}

/* fchmod(2), because a strange umask could take bits from mkstemp's 0600. */
static int write_file(int fd, BIO *pem) {
  char *bytes = NULL;
  long size = BIO_get_mem_data(pem, &bytes);

  if (fchmod(fd, S_IRUSR | S_IWUSR) < 0 ||
    write_all(fd, bytes, (size_t) size) < 0 || fsync(fd) < 0) {
    return -1;
  }

  return 0;
}

/*
 * Gives the finished file its name.  link(2), because unlike rename(2) it never
 * replaces a file that was made meanwhile.
 */
static int publish(
  const char *temp, const char *file, struct tls4217_error *err) {
  if (link(temp, file) == 0) {
    return 1;
  }

  if (errno == EEXIST) {
    return 0;
  }

  tls4217_error_set_errno(err, errno,
    "cannot create certificate file '%s'; its file system must support "
    "hard links",
    file);
  return -1;
}

static int open_temp(char *temp, const char *file, struct tls4217_error *err) {
  int fd = mkstemp(temp);

  if (fd < 0) {
    tls4217_error_set_errno(err, errno,
      "cannot create certificate file '%s'; its directory must exist and "
      "be writable",
      file);
    return -1;
  }

  (void) fcntl(fd, F_SETFD, FD_CLOEXEC);
  return fd;
}

/* Writes the text to temp, a template of mkstemp(3), and publishes it. */
static int store_pem(
  BIO *pem, char *temp, const char *file, struct tls4217_error *err) {
  int fd, written, ret = -1;

  fd = open_temp(temp, file, err);
  if (fd < 0) {
    return -1;
  }

  written = write_file(fd, pem);
  if (written < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot write certificate file '%s'", file);
  }

  /* Some network file systems report a full disk only here. */
  if (close(fd) < 0) {
    tls4217_error_set_errno(
      err, errno, "cannot write certificate file '%s'", file);
    written = -1;
  }

  if (written == 0) {
    ret = publish(temp, file, err);
  }

  (void) unlink(temp);
  return ret;
}

static char *make_template(const char *file) {
  size_t size = strlen(file) + sizeof(TEMP_SUFFIX);
  char *temp = OPENSSL_malloc(size);

  if (temp != NULL) {
    snprintf(temp, size, "%s" TEMP_SUFFIX, file);
  }

  return temp;
}

/* Whether the name is taken, be it by a link that leads nowhere. */
static bool is_there(const char *file) {
  struct stat st;

  return lstat(file, &st) == 0;
}

int tls4217_selfsigned_create(
  const char *file, const char *name, struct tls4217_error *err) {
  char *temp = NULL;
  BIO *pem = NULL;
  int ret = -1;

  if (is_there(file)) {
    return 0;
  }

  ERR_clear_error();
  temp = make_template(file);
  if (temp == NULL) {
    tls4217_error_set_openssl(err, "no memory for certificate file '%s'", file);
    goto out;
  }

  pem = make_pem(name, err);
  if (pem == NULL) {
    goto out;
  }

  ret = store_pem(pem, temp, file, err);

out:
  BIO_free(pem);
  OPENSSL_free(temp);
  return ret;
}
