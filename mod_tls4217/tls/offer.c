/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a context can really negotiate
 *
 * See offer.h.
 */

#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/version.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define MAX_WORD     128

#define OLD_VERSIONS (TLS4217_VERSION_TLS1_0 | TLS4217_VERSION_TLS1_1)

/* What a set of versions with gaps may have set. */
#define NO_VERSIONS \
 (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3)

/* Words of ciphers(1) that stand for nothing any more. */
static const char *const past_words[] = { "3DES", "aDH", "aDSS", "aECDH",
  "aFZA", "aGOST", "aGOST01", "aKRB5", "CAMELLIA", "CAMELLIA128", "CAMELLIA256",
  "DES", "DSS", "ECDH", "eFZA", "EXP", "EXPORT", "EXPORT40", "EXPORT56", "FZA",
  "GOST89MAC", "GOST94", "IDEA", "kDHd", "kDHr", "kECDHe", "kECDHr", "kFZA",
  "kKRB5", "KRB5", "LOW", "MD5", "MEDIUM", "RC2", "RC4", "SEED", "SSLv2",
  "SSLv3" };

static bool is_past(const char *word) {
  for (size_t i = 0; i < COUNT(past_words); i++) {
    if (strcasecmp(past_words[i], word) == 0) {
      return true;
    }
  }

  return false;
}

/* One word by itself. */
static bool is_known(
  SSL_CTX *ctx, enum tls4217_offer_list kind, const char *word) {
  int res = 0;

  switch (kind) {
    case TLS4217_OFFER_CIPHERS:
      res = SSL_CTX_set_cipher_list(ctx, word);
      break;

    case TLS4217_OFFER_SUITES:
      res = SSL_CTX_set_ciphersuites(ctx, word);
      break;

    case TLS4217_OFFER_GROUPS:
      res = SSL_CTX_set1_groups_list(ctx, word);
      break;
  }

  ERR_clear_error();
  return res == 1;
}

/* What a kind of list is cut at, and what may stand in front of a word. */
static const struct {
  const char *separators, *signs;
} grammars[] = {
  [TLS4217_OFFER_CIPHERS] = { ": ,;+", "!-" },
  [TLS4217_OFFER_SUITES] = { ":", "" },
  [TLS4217_OFFER_GROUPS] = { ":/", "?*-" },
};

/* Whether leaving a word out leaves out nothing: commands, what is excluded
 * although no library has it, empty words. */
static bool is_harmless(
  enum tls4217_offer_list kind, const char *text, const char *word) {
  if (*word == '\0' || *word == '@') {
    return true;
  }

  return kind == TLS4217_OFFER_CIPHERS &&
    (is_past(word) || (text != word && strchr(word, '-') != NULL));
}

/* Adds a word to "'a', 'b'", as far as there is room. */
static void add_word(char *words, size_t size, const char *word) {
  size_t used = strlen(words);

  (void) snprintf(
    words + used, size - used, "%s'%s'", used > 0 ? ", " : "", word);
}

int tls4217_offer_check_words(
  enum tls4217_offer_list kind, const char *list, struct tls4217_error *err) {
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
  char words[256] = "";

  while (ctx != NULL && *list != '\0') {
    size_t size = strcspn(list, grammars[kind].separators);
    char text[MAX_WORD];
    const char *word;

    (void) snprintf(text, sizeof(text), "%.*s", (int) size, list);
    word = text + strspn(text, grammars[kind].signs);
    if (is_harmless(kind, text, word) == false &&
      is_known(ctx, kind, word) == false) {
      add_word(words, sizeof(words), word);
    }

    list += size;
    list += strspn(list, grammars[kind].separators);
  }

  SSL_CTX_free(ctx);
  if (words[0] == '\0') {
    return 0;
  }

  tls4217_error_set(err, EINVAL, "OpenSSL does not recognize %s%s", words,
    kind == TLS4217_OFFER_GROUPS ? ": write groups such as X25519:P-256" :
                                   ", and leaves that out");
  return -1;
}

/* Whether a word stands for suites of TLS 1.2 and below that all have static
 * RSA key exchange. */
static bool is_static_rsa(SSL_CTX *ctx, const char *word) {
  STACK_OF(SSL_CIPHER) * ciphers;
  bool found = false;

  if (is_known(ctx, TLS4217_OFFER_CIPHERS, word) == false) {
    return false;
  }

  ciphers = SSL_CTX_get_ciphers(ctx);
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);
    const int exchange = SSL_CIPHER_get_kx_nid(cipher);

    if (exchange == NID_kx_rsa || exchange == NID_kx_rsa_psk) {
      found = true;

    } else if (exchange != NID_kx_any) {
      return false;
    }
  }

  return found;
}

bool tls4217_offer_names_static_rsa(
  const char *list, char *words, size_t size) {
  const char *separators = grammars[TLS4217_OFFER_CIPHERS].separators;
  SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

  words[0] = '\0';
  while (ctx != NULL && *list != '\0') {
    size_t len = strcspn(list, separators);
    char word[MAX_WORD];

    (void) snprintf(word, sizeof(word), "%.*s", (int) len, list);
    if (strchr("!-@", word[0]) == NULL && is_static_rsa(ctx, word)) {
      add_word(words, size, word);
    }

    list += len;
    list += strspn(list, separators);
  }

  SSL_CTX_free(ctx);
  return words[0] != '\0';
}

/* Whether a suite of TLS 1.2 or below can be used with a key. */
static bool suits(const SSL_CIPHER *cipher, const EVP_PKEY *key) {
  const int auth = SSL_CIPHER_get_auth_nid(cipher);

  if (auth == NID_auth_rsa) {
    return EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS");
  }

  if (auth == NID_auth_ecdsa) {
    return EVP_PKEY_is_a(key, "EC") || EVP_PKEY_is_a(key, "ED25519") ||
      EVP_PKEY_is_a(key, "ED448");
  }

  return true;
}

static bool suits_any(const SSL_CIPHER *cipher,
  struct tls4217_keypair *const *pairs, size_t npairs) {
  for (size_t i = 0; i < npairs; i++) {
    if (suits(cipher, pairs[i]->key)) {
      return true;
    }
  }

  return false;
}

/* Whether a server that speaks one version alone has a suite for it. */
static bool has_suite(
  SSL *ssl, int version, struct tls4217_keypair *const *pairs, size_t npairs) {
  STACK_OF(SSL_CIPHER) *ciphers = NULL;
  bool found = false;

  if (SSL_set_min_proto_version(ssl, version) == 1 &&
    SSL_set_max_proto_version(ssl, version) == 1) {
    ciphers = SSL_get1_supported_ciphers(ssl);
  }

  for (int i = 0; found == false && i < sk_SSL_CIPHER_num(ciphers); i++) {
    const SSL_CIPHER *cipher = sk_SSL_CIPHER_value(ciphers, i);

    found = version == TLS1_3_VERSION || suits_any(cipher, pairs, npairs);
  }

  sk_SSL_CIPHER_free(ciphers);
  ERR_clear_error();
  return found;
}

bool tls4217_offer_has_dhe(const struct tls4217_context *context) {
  STACK_OF(SSL_CIPHER) *ciphers = SSL_CTX_get_ciphers(context->ctx);
  bool has = false;

  for (int i = 0; has == false && i < sk_SSL_CIPHER_num(ciphers); i++) {
    has = SSL_CIPHER_get_kx_nid(sk_SSL_CIPHER_value(ciphers, i)) == NID_kx_dhe;
  }

  return has;
}

static const struct {
  unsigned int bit;
  int number;
  const char *name;
} all_versions[] = {
  { TLS4217_VERSION_TLS1_0, TLS1_VERSION, "TLSv1" },
  { TLS4217_VERSION_TLS1_1, TLS1_1_VERSION, "TLSv1.1" },
  { TLS4217_VERSION_TLS1_2, TLS1_2_VERSION, "TLSv1.2" },
  { TLS4217_VERSION_TLS1_3, TLS1_3_VERSION, "TLSv1.3" },
};

/* Those that cannot be negotiated; their names go into names. */
static unsigned int find_idle(SSL *ssl, unsigned int versions,
  struct tls4217_keypair *const *pairs, size_t npairs, char *names,
  size_t size) {
  unsigned int idle = 0;

  names[0] = '\0';
  for (size_t i = 0; i < COUNT(all_versions); i++) {
    if ((versions & all_versions[i].bit) != 0 &&
      has_suite(ssl, all_versions[i].number, pairs, npairs) == false) {
      idle |= all_versions[i].bit;
      add_word(names, size, all_versions[i].name);
    }
  }

  return idle;
}

static const char *remedy(unsigned int idle, int level) {
  return (idle & ~OLD_VERSIONS) == 0 && level > 0 ?
    "OpenSSL's security level refuses them: write 'TLSProtocol TLSv1.2 "
    "TLSv1.3', or add 'TLSOptions AllowWeakSecurity'" :
    "TLSCipherSuite leaves no suite for it and the keys of the "
    "certificates: remove the line, or add suites to it";
}

int tls4217_offer_check(const struct tls4217_context *context,
  unsigned int versions, struct tls4217_keypair *const *pairs, size_t npairs,
  struct tls4217_error *err) {
  const int level = SSL_CTX_get_security_level(context->ctx);
  unsigned int idle;
  char names[64];
  SSL *ssl;

  ERR_clear_error();
  ssl = SSL_new(context->ctx);
  if (ssl == NULL) {
    tls4217_error_set_openssl(err, "no memory to try TLS versions");
    return -1;
  }

  (void) SSL_clear_options(ssl, NO_VERSIONS);
  idle = find_idle(ssl, versions, pairs, npairs, names, sizeof(names));
  SSL_free(ssl);

  if (idle == 0) {
    return 0;
  }

  tls4217_error_set(err, EINVAL, "%s of TLSProtocol cannot be negotiated%s: %s",
    names, idle == versions ? ", so that no client can connect" : "",
    remedy(idle, level));
  return idle == versions ? -1 : 1;
}
