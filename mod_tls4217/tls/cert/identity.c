/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a client certificate says about its owner
 *
 * See identity.h.  X509_NAME_print_ex(3), ASN1_STRING_to_UTF8(3),
 * X509_get_ext_d2i(3), a2i_IPADDRESS(3).
 */

#include <errno.h>
#include <string.h>
#include <strings.h>

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/identity.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/scrub.h"

/* RFC 2253 with UTF-8 as it is; control characters stay escaped. */
#define DN_FLAGS (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB)

/* Characters that may stand in a name. */
enum alphabet {
  USER_NAME, /* no control characters, no '/' */
  ANY_TEXT   /* no control characters */
};

static bool counts(
  const unsigned char *text, size_t len, enum alphabet alphabet, size_t max) {
  if (len == 0 || len > max) {
    return false;
  }

  return tls4217_scrub_is_clean((const char *) text, len) &&
    (alphabet != USER_NAME || memchr(text, '/', len) == NULL);
}

/* A string that counts as text of its own (OPENSSL_free it), or NULL. */
static char *copy_name(
  const ASN1_STRING *string, enum alphabet alphabet, size_t max) {
  unsigned char *utf8 = NULL;
  char *copy = NULL;
  int len;

  /* A lone string type with a length that is no text fails here. */
  len = ASN1_STRING_to_UTF8(&utf8, string);
  if (len > 0 && counts(utf8, (size_t) len, alphabet, max)) {
    copy = OPENSSL_strndup((const char *) utf8, (size_t) len);
  }

  if (len >= 0) {
    OPENSSL_free(utf8);
  }

  ERR_clear_error();
  return copy;
}

static bool is_name(
  const ASN1_STRING *string, const char *text, enum alphabet alphabet) {
  char *name = copy_name(string, alphabet, TLS4217_IDENTITY_MAX_NAME);
  bool same = name != NULL && strcmp(name, text) == 0;

  OPENSSL_free(name);
  return same;
}

/* Making one. */

static char *print_name(const X509_NAME *name) {
  BIO *bio = BIO_new(BIO_s_mem());
  char *text = NULL, *copy = NULL;
  long len;

  if (bio != NULL && X509_NAME_print_ex(bio, name, 0, DN_FLAGS) >= 0) {
    len = BIO_get_mem_data(bio, &text);
    copy = len > 0 ? OPENSSL_strndup(text, (size_t) len) : OPENSSL_strdup("");
  }

  BIO_free(bio);
  return copy;
}

/* Whether every part of a name counts. */
static bool name_counts(const X509_NAME *name, const char *printed) {
  if (X509_NAME_entry_count(name) == 0 ||
    strlen(printed) > TLS4217_IDENTITY_MAX_DN) {
    return false;
  }

  for (int i = 0; i < X509_NAME_entry_count(name); i++) {
    const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
    char *value = copy_name(
      X509_NAME_ENTRY_get_data(entry), ANY_TEXT, TLS4217_IDENTITY_MAX_NAME);

    OPENSSL_free(value);
    if (value == NULL) {
      return false;
    }
  }

  return true;
}

/* Of several common names none is the one. */
static char *copy_common_name(const X509_NAME *subject) {
  int first, second;

  first = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (first < 0) {
    return NULL;
  }

  second = X509_NAME_get_index_by_NID(subject, NID_commonName, first);
  if (second >= 0) {
    return NULL;
  }

  return copy_name(
    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, first)), USER_NAME,
    TLS4217_IDENTITY_MAX_CN);
}

static char *print_serial(const X509 *cert) {
  BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(cert), NULL);
  char *text = number != NULL ? BN_bn2hex(number) : NULL;

  BN_free(number);
  return text;
}

static int make_digest(struct tls4217_identity *identity) {
  static const char hex[] = "0123456789ABCDEF";
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  char *out = identity->fingerprint;

  if (X509_digest(identity->cert, EVP_sha256(), digest, &size) != 1 ||
    size != sizeof(identity->digest)) {
    return -1;
  }

  memcpy(identity->digest, digest, size);
  for (unsigned int i = 0; i < size; i++) {
    *out++ = hex[digest[i] >> 4];
    *out++ = hex[digest[i] & 0x0f];
    *out++ = ':';
  }

  out[-1] = '\0';
  return 0;
}

struct tls4217_identity *tls4217_identity_new(
  X509 *cert, struct tls4217_error *err) {
  const X509_NAME *subject = X509_get_subject_name(cert);
  const X509_NAME *issuer = X509_get_issuer_name(cert);
  struct tls4217_identity *identity;

  ERR_clear_error();
  identity = OPENSSL_zalloc(sizeof(*identity));
  if (identity == NULL || X509_up_ref(cert) != 1) {
    OPENSSL_free(identity);
    tls4217_error_set(err, ENOMEM, "out of memory");
    return NULL;
  }

  identity->cert = cert;
  identity->subject = print_name(subject);
  identity->issuer = print_name(issuer);
  identity->serial = print_serial(cert);

  if (identity->subject == NULL || identity->issuer == NULL ||
    identity->serial == NULL || make_digest(identity) < 0) {
    tls4217_error_set_openssl(err, "the certificate cannot be read");
    tls4217_identity_free(identity);
    return NULL;
  }

  identity->subject_counts = name_counts(subject, identity->subject);
  identity->issuer_counts = name_counts(issuer, identity->issuer);
  identity->owned_common_name = copy_common_name(subject);
  identity->common_name = identity->owned_common_name;
  return identity;
}

void tls4217_identity_free(struct tls4217_identity *identity) {
  if (identity == NULL) {
    return;
  }

  X509_free(identity->cert);
  OPENSSL_free(identity->subject);
  OPENSSL_free(identity->issuer);
  OPENSSL_free(identity->serial);
  OPENSSL_free(identity->owned_common_name);
  OPENSSL_free(identity);
}

/* Comparing. */

bool tls4217_identity_is(const struct tls4217_identity *identity, X509 *cert) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;

  return cert != NULL && X509_digest(cert, EVP_sha256(), digest, &size) == 1 &&
    size == sizeof(identity->digest) &&
    CRYPTO_memcmp(digest, identity->digest, size) == 0;
}

bool tls4217_identity_has_subject(
  const struct tls4217_identity *identity, const char *text) {
  return identity->subject_counts && strcmp(identity->subject, text) == 0;
}

bool tls4217_identity_has_issuer(
  const struct tls4217_identity *identity, const char *text) {
  return identity->issuer_counts && strcmp(identity->issuer, text) == 0;
}

bool tls4217_identity_has_common_name(
  const struct tls4217_identity *identity, const char *text) {
  return identity->common_name != NULL &&
    strcmp(identity->common_name, text) == 0;
}

/* An address without the prefix of an IPv4 address in IPv6 (RFC 4291, section
 * 2.5.5.2), and its size: a socket may show either for the same client. */
static const unsigned char *bare_address(
  const ASN1_OCTET_STRING *address, size_t *size) {
  static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
  const unsigned char *bytes = ASN1_STRING_get0_data(address);

  *size = (size_t) ASN1_STRING_length(address);
  if (*size == 16 && memcmp(bytes, mapped, sizeof(mapped)) == 0) {
    *size -= sizeof(mapped);
    bytes += sizeof(mapped);
  }

  return bytes;
}

static bool are_same_address(
  const ASN1_OCTET_STRING *one, const ASN1_OCTET_STRING *other) {
  size_t one_size, other_size;
  const unsigned char *one_bytes = bare_address(one, &one_size);
  const unsigned char *other_bytes = bare_address(other, &other_size);

  return one_size == other_size &&
    memcmp(one_bytes, other_bytes, one_size) == 0;
}

static bool is_address(const ASN1_OCTET_STRING *address, const char *text) {
  ASN1_OCTET_STRING *wanted = a2i_IPADDRESS(text);
  bool same = wanted != NULL && are_same_address(wanted, address);

  ASN1_OCTET_STRING_free(wanted);
  ERR_clear_error();
  return same;
}

static bool is_text_name(const ASN1_STRING *string,
  enum tls4217_identity_kind kind, const char *text) {
  char *name = copy_name(string,
    kind == TLS4217_IDENTITY_URI ? ANY_TEXT : USER_NAME,
    TLS4217_IDENTITY_MAX_NAME);
  bool same;

  if (name == NULL) {
    return false;
  }

  same = kind == TLS4217_IDENTITY_DNS ? strcasecmp(name, text) == 0 :
                                        strcmp(name, text) == 0;
  OPENSSL_free(name);
  return same;
}

static bool is_alt_name(
  const GENERAL_NAME *alt, enum tls4217_identity_kind kind, const char *text) {
  static const int types[] = {
    [TLS4217_IDENTITY_DNS] = GEN_DNS,
    [TLS4217_IDENTITY_EMAIL] = GEN_EMAIL,
    [TLS4217_IDENTITY_URI] = GEN_URI,
    [TLS4217_IDENTITY_IP] = GEN_IPADD,
  };
  const void *value;
  int type = -1;

  value = GENERAL_NAME_get0_value(alt, &type);
  if (type != types[kind]) {
    return false;
  }

  return kind == TLS4217_IDENTITY_IP ? is_address(value, text) :
                                       is_text_name(value, kind, text);
}

bool tls4217_identity_has_alt_name(const struct tls4217_identity *identity,
  enum tls4217_identity_kind kind, const char *text) {
  GENERAL_NAMES *names;
  bool found = false;

  /* NULL for several such extensions too: then none counts. */
  names = X509_get_ext_d2i(identity->cert, NID_subject_alt_name, NULL, NULL);
  for (int i = 0; found == false && i < sk_GENERAL_NAME_num(names); i++) {
    found = is_alt_name(sk_GENERAL_NAME_value(names, i), kind, text);
  }

  GENERAL_NAMES_free(names);
  ERR_clear_error();
  return found;
}

/* Values of an OID. */

static bool has_attribute(
  const X509_NAME *subject, const ASN1_OBJECT *oid, const char *text) {
  int at = X509_NAME_get_index_by_OBJ(subject, oid, -1);

  return at >= 0 &&
    is_name(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), text,
      USER_NAME);
}

/* The string types that an OID's value may have. */
static bool is_string_value(const ASN1_TYPE *value, const char *text) {
  static const int types[] = { V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING,
    V_ASN1_IA5STRING, V_ASN1_VISIBLESTRING, V_ASN1_BMPSTRING };
  int type = value != NULL ? ASN1_TYPE_get(value) : -1;

  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
    if (types[i] == type) {
      return is_name(value->value.asn1_string, text, USER_NAME);
    }
  }

  return false;
}

/* How many otherNames have the OID, and the value of the last one. */
static size_t count_other_names(
  GENERAL_NAMES *names, const ASN1_OBJECT *oid, ASN1_TYPE **last) {
  size_t count = 0;

  for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
    ASN1_OBJECT *type = NULL;
    ASN1_TYPE *value = NULL;

    if (GENERAL_NAME_get0_otherName(
          sk_GENERAL_NAME_value(names, i), &type, &value) == 1 &&
      OBJ_cmp(type, oid) == 0) {
      *last = value;
      count++;
    }
  }

  return count;
}

/* The octets of an extension: one DER string and no more, or the text. */
static bool is_extension_value(
  const ASN1_OCTET_STRING *octets, const char *text) {
  const unsigned char *bytes = ASN1_STRING_get0_data(octets), *rest = bytes;
  size_t len = (size_t) ASN1_STRING_length(octets);
  ASN1_TYPE *value;
  bool same;

  value = d2i_ASN1_TYPE(NULL, &rest, (long) len);
  if (value != NULL && rest == bytes + len) {
    same = is_string_value(value, text);

  } else {
    same = counts(bytes, len, USER_NAME, TLS4217_IDENTITY_MAX_NAME) &&
      strlen(text) == len && memcmp(bytes, text, len) == 0;
  }

  ASN1_TYPE_free(value);
  return same;
}

bool tls4217_identity_is_oid(const char *word) {
  ASN1_OBJECT *object = OBJ_txt2obj(word, 1);
  bool valid = object != NULL;

  ASN1_OBJECT_free(object);
  ERR_clear_error();
  return valid;
}

static bool has_extension(
  const X509 *cert, const ASN1_OBJECT *oid, const char *text) {
  int at = X509_get_ext_by_OBJ(cert, oid, -1);

  return at >= 0 &&
    is_extension_value(X509_EXTENSION_get_data(X509_get_ext(cert, at)), text);
}

/* How often the OID stands in the subject and among the extensions. */
static size_t count_elsewhere(const X509 *cert, const ASN1_OBJECT *oid) {
  const X509_NAME *subject = X509_get_subject_name(cert);
  size_t count = 0;

  for (int at = X509_NAME_get_index_by_OBJ(subject, oid, -1); at >= 0;
       at = X509_NAME_get_index_by_OBJ(subject, oid, at)) {
    count++;
  }

  for (int at = X509_get_ext_by_OBJ(cert, oid, -1); at >= 0;
       at = X509_get_ext_by_OBJ(cert, oid, at)) {
    count++;
  }

  return count;
}

bool tls4217_identity_has_value(
  const struct tls4217_identity *identity, const char *oid, const char *text) {
  ASN1_OBJECT *object = OBJ_txt2obj(oid, 1);
  const X509 *cert = identity->cert;
  ASN1_TYPE *other_name = NULL;
  GENERAL_NAMES *names;
  bool found = false;

  names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
  if (object != NULL &&
    count_elsewhere(cert, object) +
        count_other_names(names, object, &other_name) ==
      1) {
    found = has_attribute(X509_get_subject_name(cert), object, text) ||
      is_string_value(other_name, text) || has_extension(cert, object, text);
  }

  GENERAL_NAMES_free(names);
  ASN1_OBJECT_free(object);
  ERR_clear_error();
  return found;
}

/* Lists of certificates. */

bool tls4217_identity_is_listed(
  const struct tls4217_identity *identity, const void *pem, size_t size) {
  BIO *bio = BIO_new_mem_buf(pem, (int) size);
  struct tls4217_passphrase none = { NULL, false };
  bool found = false;

  while (bio != NULL && found == false) {
    X509 *cert = PEM_read_bio_X509(bio, NULL, tls4217_passphrase_cb, &none);

    if (cert == NULL) {
      break;
    }

    found = tls4217_identity_is(identity, cert);
    X509_free(cert);
  }

  BIO_free(bio);
  ERR_clear_error();
  return found;
}
