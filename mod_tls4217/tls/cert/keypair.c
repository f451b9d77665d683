/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a certificate, its chain and its key, loaded as one unit
 *
 * X509_check_private_key(3), ASN1_TIME_cmp_time_t(3), X509_digest(3).  How a
 * file is read is pemfile.c's and derfile.c's; whether the security level
 * accepts the pair shows in context.c, and whether clients trust the chain is
 * theirs to say.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "mod_tls4217/tls/cert/derfile.h"
#include "mod_tls4217/tls/cert/keypair.h"
#include "mod_tls4217/tls/cert/passphrase.h"
#include "mod_tls4217/tls/cert/pemfile.h"

static bool fits(X509 *cert, const EVP_PKEY *key) {
  bool holds = X509_check_private_key(cert, key) == 1;

  ERR_clear_error();
  return holds;
}

static bool fits_chain(const struct tls4217_keypair *pair) {
  int i;

  for (i = 0; i < sk_X509_num(pair->chain); i++) {
    if (fits(sk_X509_value(pair->chain, i), pair->key)) {
      return true;
    }
  }

  return false;
}

static int check_fit(const struct tls4217_keypair *pair, const char *cert_file,
  const char *key_file, struct tls4217_error *err) {
  if (fits(pair->leaf, pair->key)) {
    return 0;
  }

  if (fits_chain(pair)) {
    tls4217_error_set(err, EINVAL,
      "key file '%s' belongs to a certificate "
      "that is not the first one in '%s'; put the server's own certificate "
      "first, its issuer next",
      key_file, cert_file);
    return -1;
  }

  tls4217_error_set(err, EINVAL,
    "key file '%s' does not match certificate file '%s'; a renewal "
    "replaces both, so name the two that were made together",
    key_file, cert_file);
  return -1;
}

/*
 * Where the chain came from a fullchain.pem, the leaf is in it too; sent
 * twice it breaks clients that insist on the order of RFC 5246, 7.4.2.
 */
static void drop_leaf(const struct tls4217_keypair *pair) {
  int i = sk_X509_num(pair->chain);

  while (i-- > 0) {
    if (X509_cmp(sk_X509_value(pair->chain, i), pair->leaf) == 0) {
      X509_free(sk_X509_delete(pair->chain, i));
    }
  }
}

static int read_certs(const struct tls4217_pemfile *file,
  STACK_OF(X509) * certs, struct tls4217_error *err) {
  return tls4217_derfile_is_der(file) ?
    tls4217_derfile_certs(file, certs, err) :
    tls4217_pemfile_certs(file, certs, err);
}

static EVP_PKEY *read_key(
  const struct tls4217_pemfile *file, struct tls4217_error *err) {
  return tls4217_derfile_is_der(file) ? tls4217_derfile_key(file, err) :
                                        tls4217_pemfile_key(file, err);
}

static int load_chain_file(struct tls4217_keypair *pair,
  const struct tls4217_pemsource *source, const char *path,
  struct tls4217_error *err) {
  struct tls4217_pemfile file;
  int ret = -1;

  if (tls4217_pemfile_read_from(&file, source, "chain file", path, err) == 0 &&
    read_certs(&file, pair->chain, err) == 0) {
    ret = 0;
  }

  tls4217_pemfile_wipe(&file);
  return ret;
}

static int load_key_file(struct tls4217_keypair *pair,
  const struct tls4217_pemsource *source, const char *path,
  struct tls4217_error *err) {
  struct tls4217_pemfile file;

  if (tls4217_pemfile_read_from(&file, source, "key file", path, err) == 0) {
    pair->key = read_key(&file, err);
  }

  tls4217_pemfile_wipe(&file);
  return pair->key == NULL ? -1 : 0;
}

/* Leaf and chain, and the key where it has no file of its own. */
static int load_cert_file(struct tls4217_keypair *pair,
  const struct tls4217_pemsource *source, const char *path, bool has_key,
  struct tls4217_error *err) {
  struct tls4217_pemfile file;
  int ret = -1;

  if (tls4217_pemfile_read_from(&file, source, "certificate file", path, err) <
      0 ||
    read_certs(&file, pair->chain, err) < 0) {
    goto out;
  }

  pair->leaf = sk_X509_shift(pair->chain);
  if (has_key) {
    pair->key = read_key(&file, err);
    if (pair->key == NULL) {
      goto out;
    }
  }

  ret = 0;

out:
  tls4217_pemfile_wipe(&file);
  return ret;
}

/* What is behind a pass phrase that is missing, for whoever asks for it. */
static void say_kind(
  const struct tls4217_keypair *pair, struct tls4217_error *err) {
  const EVP_PKEY *key = pair->leaf != NULL ? X509_get0_pubkey(pair->leaf) :
                                             NULL;

  if (err != NULL && key != NULL && err->detail == 0 &&
    tls4217_passphrase_is_missing(err)) {
    const int id = EVP_PKEY_get_base_id(key);

    err->detail = id > 0 ? id : OBJ_sn2nid(EVP_PKEY_get0_type_name(key));
  }
}

static struct tls4217_keypair *make_pair(struct tls4217_error *err) {
  struct tls4217_keypair *pair = OPENSSL_zalloc(sizeof(*pair));

  if (pair != NULL) {
    pair->chain = sk_X509_new_null();
  }

  if (pair == NULL || pair->chain == NULL) {
    tls4217_error_set_openssl(err, "no memory for a certificate");
    OPENSSL_free(pair);
    return NULL;
  }

  return pair;
}

struct tls4217_keypair *tls4217_keypair_load(const char *cert_file,
  const char *key_file, const char *chain_file, struct tls4217_error *err) {
  return tls4217_keypair_load_from(NULL, cert_file, key_file, chain_file, err);
}

/* Leaf and chain. */
static int load_certs(struct tls4217_keypair *pair,
  const struct tls4217_pemsource *source, const char *cert_file,
  const char *chain_file, bool has_key, struct tls4217_error *err) {
  if (load_cert_file(pair, source, cert_file, has_key, err) < 0) {
    return -1;
  }

  return chain_file != NULL && sk_X509_num(pair->chain) == 0 ?
    load_chain_file(pair, source, chain_file, err) :
    0;
}

struct tls4217_keypair *tls4217_keypair_load_public(
  const struct tls4217_pemsource *source, const char *cert_file,
  const char *chain_file, struct tls4217_error *err) {
  struct tls4217_keypair *pair;

  ERR_clear_error();
  pair = make_pair(err);
  if (pair != NULL &&
    load_certs(pair, source, cert_file, chain_file, false, err) < 0) {
    tls4217_keypair_free(pair);
    return NULL;
  }

  if (pair != NULL) {
    drop_leaf(pair);
  }

  return pair;
}

struct tls4217_keypair *tls4217_keypair_load_from(
  const struct tls4217_pemsource *source, const char *cert_file,
  const char *key_file, const char *chain_file, struct tls4217_error *err) {
  struct tls4217_keypair *pair;
  bool is_good = false;

  ERR_clear_error();
  pair = make_pair(err);
  if (pair == NULL) {
    return NULL;
  }

  if (load_certs(pair, source, cert_file, chain_file, key_file == NULL, err) <
    0) {
    goto out;
  }

  if (key_file != NULL && load_key_file(pair, source, key_file, err) < 0) {
    goto out;
  }

  if (check_fit(pair, cert_file, key_file == NULL ? cert_file : key_file, err) <
    0) {
    goto out;
  }

  drop_leaf(pair);
  is_good = true;

out:
  if (!is_good) {
    say_kind(pair, err);
    tls4217_keypair_free(pair);
    pair = NULL;
  }
  return pair;
}

struct tls4217_keypair *tls4217_keypair_copy(
  const struct tls4217_keypair *pair, struct tls4217_error *err) {
  struct tls4217_keypair *copy = OPENSSL_zalloc(sizeof(*copy));

  if (copy != NULL) {
    copy->chain = X509_chain_up_ref(pair->chain);
  }

  if (copy == NULL || copy->chain == NULL || X509_up_ref(pair->leaf) != 1) {
    goto fail;
  }

  copy->leaf = pair->leaf;
  if (EVP_PKEY_up_ref(pair->key) != 1) {
    goto fail;
  }

  copy->key = pair->key;
  return copy;

fail:
  tls4217_error_set_openssl(err, "no memory for a certificate");
  tls4217_keypair_free(copy);
  return NULL;
}

void tls4217_keypair_free(struct tls4217_keypair *pair) {
  if (pair == NULL) {
    return;
  }

  X509_free(pair->leaf);
  EVP_PKEY_free(pair->key);
  sk_X509_pop_free(pair->chain, X509_free);
  OPENSSL_free(pair);
}

static const char *format_time(const ASN1_TIME *when, char *buf, size_t size) {
  struct tm tm;

  if (ASN1_TIME_to_tm(when, &tm) != 1 ||
    strftime(buf, size, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0) {
    snprintf(buf, size, "a date that cannot be read");
  }

  ERR_clear_error();
  return buf;
}

int tls4217_keypair_check_time(
  const struct tls4217_keypair *pair, time_t now, struct tls4217_error *err) {
  const ASN1_TIME *from = X509_get0_notBefore(pair->leaf);
  const ASN1_TIME *to = X509_get0_notAfter(pair->leaf);
  char text[64];

  /* Both compare to -2 where they cannot be read; such a one has expired. */
  if (ASN1_TIME_cmp_time_t(to, now) < 0) {
    tls4217_error_set(err, 0, "the certificate expired on %s; renew it",
      format_time(to, text, sizeof(text)));
    return -1;
  }

  if (ASN1_TIME_cmp_time_t(from, now) > 0) {
    tls4217_error_set(err, 0,
      "the certificate is not valid before %s; check "
      "this machine's clock",
      format_time(from, text, sizeof(text)));
    return -1;
  }

  return 0;
}

static int write_digest(char *buf, const unsigned char *digest, size_t size) {
  for (size_t i = 0; i < size && i < TLS4217_FINGERPRINT_SIZE / 3; i++) {
    snprintf(buf + 3 * i, TLS4217_FINGERPRINT_SIZE - 3 * i, "%02X%s", digest[i],
      i + 1 < size ? ":" : "");
  }

  return 0;
}

int tls4217_keypair_fingerprint(
  const struct tls4217_keypair *pair, char *buf, struct tls4217_error *err) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;

  buf[0] = '\0';
  if (X509_digest(pair->leaf, EVP_sha256(), digest, &size) != 1) {
    tls4217_error_set_openssl(err,
      "cannot make the certificate's "
      "fingerprint");
    return -1;
  }

  return write_digest(buf, digest, size);
}

int tls4217_keypair_key_fingerprint(
  const struct tls4217_keypair *pair, char *buf, struct tls4217_error *err) {
  unsigned char digest[EVP_MAX_MD_SIZE], *der = NULL;
  unsigned int size = 0;
  const int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(pair->leaf), &der);
  const bool made = len > 0 &&
    EVP_Digest(der, (size_t) len, digest, &size, EVP_sha256(), NULL) == 1;

  buf[0] = '\0';
  OPENSSL_free(der);
  if (made == false) {
    tls4217_error_set_openssl(err, "cannot make the key's fingerprint");
    return -1;
  }

  return write_digest(buf, digest, size);
}

/* OpenSSL has one place for each of these. */
static const char *const key_types[] = { "RSA", "RSA-PSS", "EC", "ED25519",
  "ED448" };

bool tls4217_keypair_same_type(
  const struct tls4217_keypair *first, const struct tls4217_keypair *second) {
  for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
    if (EVP_PKEY_is_a(first->key, key_types[i])) {
      return EVP_PKEY_is_a(second->key, key_types[i]) == 1;
    }
  }

  return false;
}
