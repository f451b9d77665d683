/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate as a list of names and values
 *
 * See certinfo.h.  X509_NAME_print_ex(3), X509V3_EXT_print(3).
 */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/certinfo.h"
#include "mod_tls4217/tls/scrub.h"

#define NAME_SIZE 128

/* Whom the values are for. */
struct reader {
  void (*put)(void *user, const char *name, const char *value);
  void *user;
};

/* Hands over what was printed, on one line. */
static void put_bio(const struct reader *reader, const char *name, BIO *bio) {
  char *text = NULL, *value;
  long len;

  len = BIO_get_mem_data(bio, &text);
  if (len <= 0) {
    return;
  }

  value = OPENSSL_strndup(text, (size_t) len);
  if (value != NULL) {
    tls4217_scrub(value, ' ');
    tls4217_scrub_cut(value, TLS4217_SCRUB_MAX);
    reader->put(reader->user, name, value);
  }

  OPENSSL_free(value);
  (void) BIO_reset(bio);
}

/* The attributes of a name that have a short word. */
static const struct {
  int nid;
  const char *word;
} attributes[] = {
  { NID_countryName, "C" },
  { NID_stateOrProvinceName, "ST" },
  { NID_localityName, "L" },
  { NID_organizationName, "O" },
  { NID_organizationalUnitName, "OU" },
  { NID_commonName, "CN" },
  { NID_title, "T" },
  { NID_initials, "I" },
  { NID_givenName, "G" },
  { NID_surname, "S" },
  { NID_description, "D" },
  { NID_userId, "UID" },
  { NID_pkcs9_emailAddress, "Email" },
};

static void put_attribute(
  const struct reader *reader, const char *name, const ASN1_STRING *string) {
  unsigned char *utf8 = NULL;
  int len;

  len = ASN1_STRING_to_UTF8(&utf8, string);
  if (len < 0) {
    ERR_clear_error();
    return;
  }

  /* Scripts compare it: half of a name would be another one. */
  if (len <= TLS4217_SCRUB_MAX &&
    tls4217_scrub_is_clean((const char *) utf8, (size_t) len)) {
    reader->put(reader->user, name, (const char *) utf8);
  }

  OPENSSL_free(utf8);
}

static void list_name(const struct reader *reader, const char *prefix,
  const X509_NAME *name, BIO *bio) {
  char word[NAME_SIZE];

  if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE) >= 0) {
    put_bio(reader, prefix, bio);
  }

  for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
    int at = X509_NAME_get_index_by_NID(name, attributes[i].nid, -1);

    if (at >= 0) {
      (void) snprintf(word, sizeof(word), "%s_%s", prefix, attributes[i].word);
      put_attribute(
        reader, word, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    }
  }
}

static void list_extensions(const struct reader *reader, X509 *cert, BIO *bio) {
  for (int i = 0; i < X509_get_ext_count(cert); i++) {
    int nid = OBJ_obj2nid(X509_EXTENSION_get_object(X509_get_ext(cert, i)));
    char word[NAME_SIZE];

    if (nid != NID_undef &&
      X509V3_EXT_print(bio, X509_get_ext(cert, i), 0, 0) == 1) {
      (void) snprintf(word, sizeof(word), "EXT_%s", OBJ_nid2sn(nid));
      put_bio(reader, word, bio);
    }

    (void) BIO_reset(bio);
  }
}

static void put_algorithm(
  const struct reader *reader, const char *name, int nid) {
  const char *text = OBJ_nid2ln(nid);

  if (text != NULL) {
    reader->put(reader->user, name, text);
  }
}

void tls4217_certinfo_list(X509 *cert,
  void (*put)(void *user, const char *name, const char *value), void *user) {
  const struct reader reader = { put, user };
  ASN1_OBJECT *algorithm = NULL;
  char version[32];
  BIO *bio;

  bio = BIO_new(BIO_s_mem());
  if (bio == NULL) {
    return;
  }

  (void) snprintf(version, sizeof(version), "%ld", X509_get_version(cert) + 1);
  put(user, "M_VERSION", version);

  if (i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(cert)) > 0) {
    put_bio(&reader, "M_SERIAL", bio);
  }

  list_name(&reader, "S_DN", X509_get_subject_name(cert), bio);
  list_name(&reader, "I_DN", X509_get_issuer_name(cert), bio);

  if (ASN1_TIME_print(bio, X509_get0_notBefore(cert)) == 1) {
    put_bio(&reader, "V_START", bio);
  }

  if (ASN1_TIME_print(bio, X509_get0_notAfter(cert)) == 1) {
    put_bio(&reader, "V_END", bio);
  }

  put_algorithm(&reader, "A_SIG", X509_get_signature_nid(cert));
  if (X509_PUBKEY_get0_param(
        &algorithm, NULL, NULL, NULL, X509_get_X509_PUBKEY(cert)) == 1) {
    put_algorithm(&reader, "A_KEY", OBJ_obj2nid(algorithm));
  }

  list_extensions(&reader, cert, bio);
  BIO_free(bio);
  ERR_clear_error();
}

static void put_pem(const struct reader *reader, const char *name, X509 *cert) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL;

  /* What is there is a NUL-terminated text then. */
  if (bio != NULL && PEM_write_bio_X509(bio, cert) == 1 &&
    BIO_write(bio, "", 1) == 1) {
    (void) BIO_get_mem_data(bio, &text);
    reader->put(reader->user, name, text);
  }

  BIO_free(bio);
  ERR_clear_error();
}

void tls4217_certinfo_pem(X509 *cert,
  void (*put)(void *user, const char *name, const char *value), void *user) {
  const struct reader reader = { put, user };

  if (cert != NULL) {
    put_pem(&reader, "CERT", cert);
  }
}

void tls4217_certinfo_chain(const STACK_OF(X509) * chain,
  void (*put)(void *user, const char *name, const char *value), void *user) {
  const struct reader reader = { put, user };
  char name[NAME_SIZE];

  for (int i = 1; i < sk_X509_num(chain); i++) {
    (void) snprintf(name, sizeof(name), "CERT_CHAIN%d", i);
    put_pem(&reader, name, sk_X509_value(chain, i));
  }
}

time_t tls4217_certinfo_end(const X509 *cert) {
  struct tm end;

  return ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) == 1 ? timegm(&end) :
                                                                -1;
}
