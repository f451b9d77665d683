/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a binary file with certificates and a key
 *
 * See derfile.h.
 */

#include <errno.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/derfile.h"
#include "mod_tls4217/tls/cert/passphrase.h"

/* What a file is that DER has been found in. */
enum content {
  CONTENT_OTHER, /* or damaged */
  CONTENT_CERTS,
  CONTENT_KEY,
  CONTENT_ENCRYPTED_KEY,
  CONTENT_PKCS12
};

/* A few seconds.  Signatures wait meanwhile. */
#define MAX_ITERATIONS 2000000L

/* SEQUENCE, as all of them begin. */
#define SEQUENCE 0x30

bool tls4217_derfile_is_der(const struct tls4217_pemfile *file) {
  return file->whole.size > 0 &&
    (unsigned char) file->whole.bytes[0] == SEQUENCE;
}

static const unsigned char *bytes_of(
  const struct tls4217_pemfile *file, long *size) {
  *size = (long) file->whole.size;
  return (const unsigned char *) file->whole.bytes;
}

static struct tls4217_phrasebook *phrases_of(
  const struct tls4217_pemfile *file) {
  return file->source != NULL ? file->source->phrases : NULL;
}

/* What it is. */

static PKCS12 *read_pkcs12(const struct tls4217_pemfile *file) {
  long size;
  const unsigned char *at = bytes_of(file, &size);

  return d2i_PKCS12(NULL, &at, size);
}

static X509_SIG *read_encrypted(const struct tls4217_pemfile *file) {
  long size;
  const unsigned char *at = bytes_of(file, &size);

  return d2i_X509_SIG(NULL, &at, size);
}

/* d2i_AutoPrivateKey(3) of some versions takes public keys for keys. */
static bool is_private(const EVP_PKEY *key) {
  return i2d_PrivateKey(key, NULL) > 0;
}

static EVP_PKEY *read_plain_key(const struct tls4217_pemfile *file) {
  long size;
  const unsigned char *at = bytes_of(file, &size);
  EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &at, size);

  if (key != NULL && is_private(key) == false) {
    EVP_PKEY_free(key);
    key = NULL;
  }

  return key;
}

static enum content find_content(const struct tls4217_pemfile *file) {
  enum content content = CONTENT_OTHER;
  PKCS12 *pkcs12 = read_pkcs12(file);
  X509_SIG *encrypted = pkcs12 == NULL ? read_encrypted(file) : NULL;
  EVP_PKEY *key = NULL;
  long size;
  const unsigned char *at = bytes_of(file, &size);
  X509 *cert = d2i_X509(NULL, &at, size);

  /* A damaged certificate can pass for nothing else. */
  if (cert != NULL) {
    content = CONTENT_CERTS;

  } else if (pkcs12 != NULL) {
    content = CONTENT_PKCS12;

  } else if (encrypted != NULL) {
    content = CONTENT_ENCRYPTED_KEY;

  } else if ((key = read_plain_key(file)) != NULL) {
    content = CONTENT_KEY;
  }

  EVP_PKEY_free(key);
  X509_free(cert);
  X509_SIG_free(encrypted);
  PKCS12_free(pkcs12);
  ERR_clear_error();
  return content;
}

static const char *describe_content(enum content content) {
  switch (content) {
    case CONTENT_CERTS:
      return "it contains certificates only; name the file with the private "
             "key";

    case CONTENT_KEY:
    case CONTENT_ENCRYPTED_KEY:
      return "it contains a private key only; name the file with the "
             "certificate";

    default:
      return "it is binary, and neither a certificate nor a private key in DER "
             "nor PKCS #12, or it is damaged; copy the file again, or convert "
             "it to PEM (PKCS #7: 'openssl pkcs7 -inform DER -print_certs')";
  }
}

static void refuse_content(const struct tls4217_pemfile *file, const char *what,
  enum content content, struct tls4217_error *err) {
  tls4217_error_set(err, EINVAL, "no %s in %s '%s': %s", what, file->whole.role,
    file->whole.path, describe_content(content));
}

/* PKCS #12. */

/* What it holds: the certificate of the key, the key, other certificates. */
struct opened {
  X509 *leaf;
  EVP_PKEY *key;
  STACK_OF(X509) * others;
};

static void close_opened(struct opened *opened) {
  X509_free(opened->leaf);
  EVP_PKEY_free(opened->key);
  sk_X509_pop_free(opened->others, X509_free);
}

/* One that is not protected at all can only be tried. */
static bool has_phrase(PKCS12 *pkcs12, const char *phrase) {
  bool has = PKCS12_mac_present(pkcs12) == 0 ||
    PKCS12_verify_mac(pkcs12, phrase, -1) == 1;

  ERR_clear_error();
  return has;
}

/* Returns 1; 0 where this is not the pass phrase; -1 with OpenSSL's queue
 * filled where it is, and what is inside cannot be read. */
static int open_with(
  PKCS12 *pkcs12, const char *phrase, struct opened *opened) {
  if (has_phrase(pkcs12, phrase) == false) {
    return 0;
  }

  if (PKCS12_parse(
        pkcs12, phrase, &opened->key, &opened->leaf, &opened->others) == 1) {
    return 1;
  }

  return PKCS12_mac_present(pkcs12) == 1 ? -1 : 0;
}

/* Without a pass phrase, with an empty one (which is another thing), with those
 * that there are. */
static int open_with_any(
  PKCS12 *pkcs12, struct tls4217_phrasebook *phrases, struct opened *opened) {
  int res = open_with(pkcs12, NULL, opened);
  const char *phrase;

  if (res == 0) {
    res = open_with(pkcs12, "", opened);
  }

  for (size_t at = 0; res == 0 && phrases != NULL &&
       (phrase = tls4217_phrasebook_get(phrases, at)) != NULL;
       at++) {
    res = open_with(pkcs12, phrase, opened);
    if (res != 0) {
      tls4217_phrasebook_confirm(phrases, at);
    }
  }

  return res;
}

/* Whether to find out about one pass phrase would take no end of time. */
static bool is_too_costly(PKCS12 *pkcs12) {
  const ASN1_INTEGER *iterations = NULL;

  PKCS12_get0_mac(NULL, NULL, NULL, &iterations, pkcs12);
  return iterations != NULL &&
    (ASN1_INTEGER_get(iterations) < 0 ||
      ASN1_INTEGER_get(iterations) > MAX_ITERATIONS);
}

/* Its pass phrase holds, and what is inside cannot be read.  OpenSSL 3 has RC2,
 * as Windows and OpenSSL 1 have encrypted with it, in a provider that is not
 * loaded. */
static void refuse_unreadable(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  if (ERR_GET_REASON(ERR_peek_error()) == ERR_R_UNSUPPORTED ||
    ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_UNSUPPORTED) {
    tls4217_error_set(err, EINVAL,
      "the PKCS #12 in %s '%s' is encrypted with an old algorithm (RC2), which "
      "OpenSSL 3 reads no more: 'openssl pkcs12 -legacy -in OLD -nodes -out "
      "TMP' and 'openssl pkcs12 -export -in TMP -out NEW' make one with AES; "
      "TMP has the key in clear, so remove it",
      file->whole.role, file->whole.path);
    return;
  }

  tls4217_error_set_openssl(err,
    "cannot read the PKCS #12 in %s '%s'; it is damaged, so export it again",
    file->whole.role, file->whole.path);
}

/* Returns 0 with opened filled, or -1 with err filled. */
static int open_pkcs12(const struct tls4217_pemfile *file,
  struct opened *opened, struct tls4217_error *err) {
  PKCS12 *pkcs12 = read_pkcs12(file);
  int res = 0;

  if (pkcs12 != NULL && is_too_costly(pkcs12)) {
    tls4217_error_set(err, EINVAL,
      "the PKCS #12 in %s '%s' is damaged: it wants more than %ld iterations "
      "for its pass phrase",
      file->whole.role, file->whole.path, MAX_ITERATIONS);
    res = -1;

  } else if (pkcs12 != NULL) {
    res = open_with_any(pkcs12, phrases_of(file), opened);
  }

  PKCS12_free(pkcs12);
  if (res < 0) {
    refuse_unreadable(file, err);

  } else if (res == 0) {
    tls4217_passphrase_refuse(phrases_of(file), "the PKCS #12 in",
      file->whole.role, file->whole.path,
      "openssl pkcs12 -in OLD -nodes -out NEW", err);
    if (err != NULL) {
      err->detail = TLS4217_PASSPHRASE_PKCS12;
    }
  }

  ERR_clear_error();
  return res > 0 ? 0 : -1;
}

static bool push(STACK_OF(X509) * certs, X509 *cert) {
  if (X509_up_ref(cert) != 1) {
    return false;
  }

  if (sk_X509_push(certs, cert) == 0) {
    X509_free(cert);
    return false;
  }

  return true;
}

/* The one that has issued cert, unless it is a root. */
static X509 *find_issuer(const struct opened *opened, X509 *cert) {
  for (int i = 0; i < sk_X509_num(opened->others); i++) {
    X509 *other = sk_X509_value(opened->others, i);

    if (X509_check_issued(other, cert) == X509_V_OK &&
      X509_self_signed(other, 0) != 1) {
      return other;
    }
  }

  return NULL;
}

/* Without a key they come as they are. */
static bool push_all(const struct opened *opened, STACK_OF(X509) * certs) {
  for (int i = 0; i < sk_X509_num(opened->others); i++) {
    if (push(certs, sk_X509_value(opened->others, i)) == false) {
      return false;
    }
  }

  return true;
}

static bool push_chain(const struct opened *opened, STACK_OF(X509) * certs) {
  X509 *cert = opened->leaf;

  if (cert == NULL) {
    return push_all(opened, certs);
  }

  /* No more than there are: two can have issued each other. */
  for (int i = 0; i <= sk_X509_num(opened->others) && cert != NULL; i++) {
    if (push(certs, cert) == false) {
      return false;
    }

    cert = find_issuer(opened, cert);
  }

  return true;
}

static int add_pkcs12_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  struct opened opened = { .leaf = NULL };
  const int before = sk_X509_num(certs);
  int res = open_pkcs12(file, &opened, err);

  if (res == 0 && opened.leaf == NULL && opened.key != NULL) {
    tls4217_error_set(err, EINVAL,
      "no certificate in %s '%s' belongs to the key in its PKCS #12: export "
      "both together",
      file->whole.role, file->whole.path);
    res = -1;
  }

  if (res == 0 && push_chain(&opened, certs) == false) {
    tls4217_error_set_openssl(err, "no memory for certificates");
    res = -1;
  }

  if (res == 0 && sk_X509_num(certs) == before) {
    tls4217_error_set(err, EINVAL,
      "no certificate in %s '%s': its PKCS #12 contains none", file->whole.role,
      file->whole.path);
    res = -1;
  }

  close_opened(&opened);
  ERR_clear_error();
  return res;
}

static EVP_PKEY *get_pkcs12_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  struct opened opened = { .leaf = NULL };
  EVP_PKEY *key = NULL;

  if (open_pkcs12(file, &opened, err) == 0) {
    key = opened.key;
    opened.key = NULL;
    if (key == NULL) {
      tls4217_error_set(err, EINVAL,
        "no private key in %s '%s': its PKCS #12 contains certificates only",
        file->whole.role, file->whole.path);
    }
  }

  close_opened(&opened);
  return key;
}

/* Certificates. */

static int add_certs(const struct tls4217_pemfile *file, STACK_OF(X509) * certs,
  struct tls4217_error *err) {
  long size;
  const unsigned char *at = bytes_of(file, &size);
  const unsigned char *const end = at + size;

  while (at < end) {
    X509 *cert = d2i_X509(NULL, &at, end - at);

    if (cert == NULL || sk_X509_push(certs, cert) == 0) {
      tls4217_error_set_openssl(err,
        "certificate %d in %s '%s' is damaged; copy the file again",
        sk_X509_num(certs) + 1, file->whole.role, file->whole.path);
      X509_free(cert);
      return -1;
    }
  }

  return 0;
}

int tls4217_derfile_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  const enum content content = find_content(file);

  switch (content) {
    case CONTENT_CERTS:
      return add_certs(file, certs, err);

    case CONTENT_PKCS12:
      return add_pkcs12_certs(file, certs, err);

    default:
      refuse_content(file, "certificate", content, err);
      return -1;
  }
}

/* Keys. */

static EVP_PKEY *decrypt_with(const X509_SIG *encrypted, const char *phrase) {
  PKCS8_PRIV_KEY_INFO *info = PKCS8_decrypt(
    encrypted, phrase, (int) strlen(phrase));
  EVP_PKEY *key = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

  PKCS8_PRIV_KEY_INFO_free(info);
  return key;
}

static EVP_PKEY *get_encrypted_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  struct tls4217_phrasebook *phrases = phrases_of(file);
  X509_SIG *encrypted = read_encrypted(file);
  EVP_PKEY *key = NULL;
  const char *phrase;

  for (size_t at = 0; key == NULL && encrypted != NULL && phrases != NULL &&
       (phrase = tls4217_phrasebook_get(phrases, at)) != NULL;
       at++) {
    key = decrypt_with(encrypted, phrase);
    if (key != NULL) {
      tls4217_phrasebook_confirm(phrases, at);
    }
  }

  X509_SIG_free(encrypted);
  if (key == NULL) {
    tls4217_passphrase_refuse(phrases, "the private key in", file->whole.role,
      file->whole.path,
      "openssl pkey -inform DER -in OLD -outform DER -out NEW", err);
  }

  return key;
}

EVP_PKEY *tls4217_derfile_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  const enum content content = find_content(file);
  EVP_PKEY *key = NULL;

  switch (content) {
    case CONTENT_KEY:
      key = read_plain_key(file);
      break;

    case CONTENT_ENCRYPTED_KEY:
      key = get_encrypted_key(file, err);
      break;

    case CONTENT_PKCS12:
      key = get_pkcs12_key(file, err);
      break;

    default:
      break;
  }

  if (key == NULL) {
    refuse_content(file, "private key", content, err);
  }

  ERR_clear_error();
  return key;
}
