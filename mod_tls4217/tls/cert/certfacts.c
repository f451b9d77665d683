/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what an administrator wants to know of a certificate
 *
 * See certfacts.h.  EVP_PKEY_is_a(3), EVP_PKEY_get_group_name(3).
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/err.h>
#include <openssl/evp.h>

#include "mod_tls4217/tls/cert/certfacts.h"
#include "mod_tls4217/tls/cert/certnames.h"
#include "mod_tls4217/tls/scrub.h"

#define SHA256_SIZE 32

/* The names that people write. */
static const struct {
  const char *openssl, *word;
} curves[] = {
  { "prime256v1", "P-256" },
  { "secp384r1", "P-384" },
  { "secp521r1", "P-521" },
};

static const char *const edwards[] = { "Ed25519", "Ed448" };

static void describe_curve(const EVP_PKEY *key, char *text, size_t size) {
  char name[48] = "?";
  const char *word = name;

  (void) EVP_PKEY_get_group_name(key, name, sizeof(name), NULL);
  for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++) {
    if (strcmp(name, curves[i].openssl) == 0) {
      word = curves[i].word;
    }
  }

  (void) snprintf(text, size, "EC %s", word);
}

static void describe_key(X509 *cert, char *text, size_t size) {
  const EVP_PKEY *key = X509_get0_pubkey(cert);
  const char *name = key != NULL ? EVP_PKEY_get0_type_name(key) : NULL;

  if (name == NULL) {
    (void) snprintf(text, size, "?");
    return;
  }

  if (EVP_PKEY_is_a(key, "EC")) {
    describe_curve(key, text, size);
    return;
  }

  if (EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) {
    (void) snprintf(text, size, "%s %d", name, EVP_PKEY_get_bits(key));
    return;
  }

  for (size_t i = 0; i < sizeof(edwards) / sizeof(edwards[0]); i++) {
    if (EVP_PKEY_is_a(key, edwards[i])) {
      name = edwards[i];
    }
  }

  (void) snprintf(text, size, "%s", name);
}

static void write_address(
  struct tls4217_certfacts *facts, const unsigned char *bytes, size_t size) {
  const int family = size == sizeof(struct in_addr) ? AF_INET : AF_INET6;

  if ((size != sizeof(struct in_addr) && size != sizeof(struct in6_addr)) ||
    inet_ntop(family, bytes, facts->name, sizeof(facts->name)) == NULL) {
    (void) snprintf(facts->name, sizeof(facts->name), "?");
  }
}

static void take_name(
  void *user, bool is_address, const unsigned char *bytes, size_t size) {
  struct tls4217_certfacts *facts = user;

  if (facts->names++ > 0) {
    return;
  }

  if (is_address) {
    write_address(facts, bytes, size);
    return;
  }

  (void) snprintf(facts->name, sizeof(facts->name), "%.*s",
    size < sizeof(facts->name) ? (int) size : (int) sizeof(facts->name) - 1,
    (const char *) bytes);
}

static void find_names(X509 *cert, struct tls4217_certfacts *facts) {
  tls4217_certnames_list(cert, take_name, facts);
  if (facts->names == 0) {
    (void) X509_NAME_oneline(
      X509_get_subject_name(cert), facts->name, sizeof(facts->name));
    facts->names = 1;
  }

  if (facts->name[0] == '\0') {
    (void) snprintf(facts->name, sizeof(facts->name), "?");
  }

  tls4217_scrub_to_utf8(facts->name, '?');
}

static int64_t read_time(const ASN1_TIME *when) {
  struct tm tm;

  return ASN1_TIME_to_tm(when, &tm) == 1 ? (int64_t) timegm(&tm) : INT64_MIN;
}

static uint64_t find_id(const X509 *cert) {
  unsigned char digest[SHA256_SIZE];
  uint64_t id = 0;

  if (X509_digest(cert, EVP_sha256(), digest, NULL) == 1) {
    memcpy(&id, digest, sizeof(id));
  }

  return id;
}

void tls4217_certfacts_get(X509 *cert, struct tls4217_certfacts *facts) {
  memset(facts, 0, sizeof(*facts));
  find_names(cert, facts);
  describe_key(cert, facts->key, sizeof(facts->key));
  facts->start = read_time(X509_get0_notBefore(cert));
  facts->end = read_time(X509_get0_notAfter(cert));
  facts->id = find_id(cert);
  ERR_clear_error();
}
