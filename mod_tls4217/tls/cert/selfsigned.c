/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate made on the spot (TLSSelfSignedCertificate)
 *
 * EVP_EC_gen(3), X509_sign(3), X509V3_EXT_conf_nid(3).  Leaves to others: how
 * the file appears (newfile.c), reading it again (keypair.c), and telling the
 * administrator its fingerprint.
 *
 * The certificate is CA:FALSE although it stands for itself.  Clients accept it
 * as a trust anchor all the same (curl --cacert, lftp ssl:ca-file, OpenSSL also
 * with -x509_strict), and whoever puts it into a system's trust store does not
 * thereby let this server vouch for other names.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/newfile.h"
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

#define DAY          (24L * 60L * 60L)

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
 * where OpenSSL has no secure heap.  Returns a new BIO, or NULL with OpenSSL's
 * error queue filled.
 */
static BIO *write_pem(X509 *cert, const EVP_PKEY *key) {
  BIO *bio = BIO_new(BIO_s_secmem());

  if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1 ||
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
    BIO_free(bio);
    bio = NULL;
  }

  return bio;
}

/* A new key and its certificate.  Returns a new BIO, or NULL with err set. */
static BIO *make_pem(const char *name, struct tls4217_error *err) {
  EVP_PKEY *key = EVP_EC_gen("P-256");
  X509 *cert = NULL;
  BIO *bio = NULL;
  size_t size;
  const char *chosen = choose_name(name, &size);

  if (key != NULL) {
    cert = make_cert(key, chosen, size);
  }

  if (cert != NULL) {
    bio = write_pem(cert, key);
  }

  if (bio == NULL) {
    tls4217_error_set_openssl(err, "cannot make a self-signed certificate");
  }

  X509_free(cert);
  EVP_PKEY_free(key);
  return bio;
}

/* Whether the name is taken, be it by a link that leads nowhere. */
static bool is_there(const char *file) {
  struct stat st;

  return lstat(file, &st) == 0;
}

/* Writes the text to a new file, or in place of the old one. */
static int store_pem(
  BIO *pem, const char *file, bool replaces, struct tls4217_error *err) {
  char *bytes = NULL;
  long size = BIO_get_mem_data(pem, &bytes);
  const struct tls4217_newfile wanted = {
    .role = "certificate file",
    .path = file,
    .bytes = bytes,
    .size = (size_t) size,
    .replaces = replaces,
  };

  return tls4217_newfile_write(&wanted, err);
}

int tls4217_selfsigned_create(
  const char *file, const char *name, struct tls4217_error *err) {
  BIO *pem;
  int ret;

  if (is_there(file)) {
    return 0;
  }

  ERR_clear_error();
  pem = make_pem(name, err);
  if (pem == NULL) {
    return -1;
  }

  ret = store_pem(pem, file, false, err);
  BIO_free(pem);
  return ret;
}

/* Renewing. */

/* Seconds between two times; 0 where one cannot be read. */
static int64_t seconds_between(const ASN1_TIME *from, const ASN1_TIME *to) {
  int days = 0, seconds = 0;

  if (ASN1_TIME_diff(&days, &seconds, from, to) != 1) {
    days = seconds = 0;
  }

  ERR_clear_error();
  return days * DAY + seconds;
}

bool tls4217_selfsigned_is_due(const struct tls4217_keypair *pair, time_t now) {
  const ASN1_TIME *end = X509_get0_notAfter(pair->leaf);
  const int64_t life = seconds_between(
    X509_get0_notBefore(pair->leaf), end);
  ASN1_TIME *at = ASN1_TIME_set(NULL, now);
  bool due = at != NULL && life > 0 && sk_X509_num(pair->chain) == 0 &&
    X509_self_signed(pair->leaf, 1) == 1 &&
    seconds_between(at, end) <= life / 10;

  ASN1_TIME_free(at);
  ERR_clear_error();
  return due;
}

/* From a day ago, as long as the one before was. */
static int prolong(X509 *cert) {
  const int64_t life = seconds_between(
    X509_get0_notBefore(cert), X509_get0_notAfter(cert));
  const long ago = life > -10 * AGE_SECONDS ? AGE_SECONDS : 0;

  return X509_gmtime_adj(X509_getm_notBefore(cert), ago) == NULL ||
      X509_time_adj_ex(X509_getm_notAfter(cert), (int) (life / DAY),
        (long) (life % DAY) + ago, NULL) == NULL ?
    -1 :
    0;
}

/* EdDSA and ML-DSA take none: EVP_DigestSign(3). */
static const EVP_MD *choose_digest(const EVP_PKEY *key) {
  return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS") ||
      EVP_PKEY_is_a(key, "EC") ?
    EVP_sha256() :
    NULL;
}

/* The same names and extensions, the same key.  Returns a new certificate, or
 * NULL with OpenSSL's error queue filled. */
static X509 *make_next(const struct tls4217_keypair *pair) {
  X509 *cert = X509_dup(pair->leaf);

  if (cert == NULL || set_serial(cert) < 0 || prolong(cert) < 0 ||
    X509_sign(cert, pair->key, choose_digest(pair->key)) <= 0) {
    X509_free(cert);
    return NULL;
  }

  return cert;
}

/* Whether it is the file itself, which a rename(2) would replace. */
static int check_kind(const char *file, struct tls4217_error *err) {
  struct stat st;

  if (lstat(file, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1) {
    return 0;
  }

  tls4217_error_set(err, EINVAL,
    "'%s' is a link, and is not renewed: name the file itself, or remove it, "
    "and another one is made",
    file);
  return -1;
}

int tls4217_selfsigned_renew(
  const char *file, time_t now, struct tls4217_error *err) {
  struct tls4217_keypair *pair = tls4217_keypair_load(file, NULL, NULL, err);
  X509 *next = NULL;
  BIO *bio = NULL;
  int ret = -1;

  if (pair == NULL || check_kind(file, err) < 0) {
    goto out;
  }

  if (tls4217_selfsigned_is_due(pair, now) == false) {
    ret = 0;
    goto out;
  }

  next = make_next(pair);
  bio = next != NULL ? write_pem(next, pair->key) : NULL;
  if (bio == NULL) {
    tls4217_error_set_openssl(err, "cannot renew certificate file '%s'", file);
    goto out;
  }

  ret = store_pem(bio, file, true, err);

out:
  BIO_free(bio);
  X509_free(next);
  tls4217_keypair_free(pair);
  return ret;
}
