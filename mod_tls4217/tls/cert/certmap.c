/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which user a client certificate is (TLSClientCertificateMap)
 *
 * See certmap.h.  That the first rule that matches decides is the caller's
 * business.
 */

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "mod_tls4217/tls/cert/certmap.h"

static int set_text(const char **field, const char *word, const char *value,
  struct tls4217_error *err) {
  if (*field != NULL) {
    tls4217_error_set(err, EINVAL, "'%s' is given twice", word);
    return -1;
  }

  if (*value == '\0') {
    tls4217_error_set(err, EINVAL, "'%s' has an empty value", word);
    return -1;
  }

  *field = value;
  return 0;
}

static int read_user(struct tls4217_certmap_rule *rule, const char *value,
  struct tls4217_error *err) {
  if (strchr(value, '/') != NULL) {
    tls4217_error_set(err, EINVAL, "'%s' is not a valid user name", value);
    return -1;
  }

  return set_text(&rule->user, "user", value, err);
}

/* Whether OpenSSL writes a type of attribute so, by its short name or number:
 * "CN" of "CN=Alice". */
static bool is_type(const char *text, size_t size) {
  char name[64];

  if (size == 0 || size >= sizeof(name)) {
    return false;
  }

  (void) snprintf(name, sizeof(name), "%.*s", (int) size, text);
  return isdigit((unsigned char) name[0]) || OBJ_sn2nid(name) != NID_undef;
}

/* The comma or plus that ends a part of a name, or the end of the text; what
 * is behind a backslash is none. */
static const char *skip_part(const char *text) {
  for (; *text != '\0' && *text != ',' && *text != '+'; text++) {
    if (text[0] == '\\' && text[1] != '\0') {
      text++;
    }
  }

  return text;
}

/*
 * Names are compared as text, in the form of RFC 2253.  OpenSSL's other forms
 * ("C = XX, CN = Alice" and "/C=XX/CN=Alice") would never match.
 */
static int check_name(
  const char *word, const char *value, struct tls4217_error *err) {
  const char *part = value;

  while (is_type(part, strcspn(part, "=")) && strchr(part, '=') != NULL &&
    part[strcspn(part, "=") + 1] != ' ') {
    part = skip_part(part);
    if (*part == '\0') {
      return 0;
    }

    part++;
  }

  tls4217_error_set(err, EINVAL,
    "%s '%s' can never match: write what 'openssl x509 -noout -%s -nameopt "
    "RFC2253,-esc_msb' prints, such as CN=Alice,OU=Staff,O=Example",
    word, value, word);
  return -1;
}

static int read_subject(struct tls4217_certmap_rule *rule, const char *value,
  struct tls4217_error *err) {
  if (*value != '\0' && check_name("subject", value, err) < 0) {
    return -1;
  }

  return set_text(&rule->subject, "subject", value, err);
}

static int read_issuer(struct tls4217_certmap_rule *rule, const char *value,
  struct tls4217_error *err) {
  if (*value != '\0' && check_name("issuer", value, err) < 0) {
    return -1;
  }

  return set_text(&rule->issuer, "issuer", value, err);
}

static bool is_ip_address(const char *text) {
  ASN1_OCTET_STRING *address = a2i_IPADDRESS(text);
  bool valid = address != NULL;

  ASN1_OCTET_STRING_free(address);
  ERR_clear_error();
  return valid;
}

static int read_alt_name(struct tls4217_certmap_rule *rule, const char *value,
  struct tls4217_error *err) {
  static const struct {
    const char *prefix;
    enum tls4217_identity_kind kind;
  } kinds[] = {
    { "dns:", TLS4217_IDENTITY_DNS },
    { "email:", TLS4217_IDENTITY_EMAIL },
    { "uri:", TLS4217_IDENTITY_URI },
    { "ip:", TLS4217_IDENTITY_IP },
  };

  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    size_t len = strlen(kinds[i].prefix);

    if (strncasecmp(value, kinds[i].prefix, len) == 0) {
      if (kinds[i].kind == TLS4217_IDENTITY_IP &&
        is_ip_address(value + len) == false) {
        tls4217_error_set(
          err, EINVAL, "san '%s' is not an IPv4 or IPv6 address", value);
        return -1;
      }

      rule->alt_kind = kinds[i].kind;
      return set_text(&rule->alt_name, "san", value + len, err);
    }
  }

  tls4217_error_set(err, EINVAL,
    "san '%s' does not begin with dns:, email:, uri: or ip:", value);
  return -1;
}

static int hex_digit(char digit) {
  static const char digits[] = "0123456789abcdef0123456789ABCDEF";
  const char *at = digit != '\0' ? strchr(digits, digit) : NULL;

  return at != NULL ? (int) ((at - digits) % 16) : -1;
}

static int read_digest(struct tls4217_certmap_rule *rule, const char *value,
  struct tls4217_error *err) {
  const char *at = value;

  if (rule->has_digest) {
    tls4217_error_set(err, EINVAL, "'sha256' is given twice");
    return -1;
  }

  for (size_t i = 0; i < sizeof(rule->digest); i++) {
    int high, low;

    if (i > 0 && *at == ':') {
      at++;
    }

    high = hex_digit(at[0]);
    low = high >= 0 ? hex_digit(at[1]) : -1;
    if (low < 0) {
      break;
    }

    rule->digest[i] = (unsigned char) (high << 4 | low);
    rule->has_digest = (i + 1 == sizeof(rule->digest));
    at += 2;
  }

  if (rule->has_digest == false || *at != '\0') {
    rule->has_digest = false;
    tls4217_error_set(err, EINVAL,
      "sha256 '%s' is not a SHA-256 fingerprint: write what 'openssl x509 "
      "-noout -fingerprint -sha256' prints",
      value);
    return -1;
  }

  return 0;
}

static const struct {
  const char *word;
  int (*read)(struct tls4217_certmap_rule *rule, const char *value,
    struct tls4217_error *err);
} readers[] = {
  { "subject", read_subject },
  { "issuer", read_issuer },
  { "san", read_alt_name },
  { "sha256", read_digest },
  { "user", read_user },
};

static int read_pair(struct tls4217_certmap_rule *rule, const char *word,
  const char *value, struct tls4217_error *err) {
  for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
    if (strcasecmp(readers[i].word, word) == 0) {
      return readers[i].read(rule, value, err);
    }
  }

  tls4217_error_set(
    err, EINVAL, "'%s' is not one of subject, issuer, san, sha256, user", word);
  return -1;
}

int tls4217_certmap_parse(struct tls4217_certmap_rule *rule,
  const char *const *words, size_t nwords, struct tls4217_error *err) {
  memset(rule, 0, sizeof(*rule));

  if (nwords % 2 != 0) {
    tls4217_error_set(
      err, EINVAL, "'%s' is not followed by a value", words[nwords - 1]);
    return -1;
  }

  for (size_t i = 0; i < nwords; i += 2) {
    if (read_pair(rule, words[i], words[i + 1], err) < 0) {
      return -1;
    }
  }

  if (rule->user == NULL) {
    tls4217_error_set(err, EINVAL, "'user NAME' is missing");
    return -1;
  }

  if (rule->subject == NULL && rule->issuer == NULL && rule->alt_name == NULL &&
    rule->has_digest == false) {
    tls4217_error_set(
      err, EINVAL, "a condition is missing: subject, issuer, san or sha256");
    return -1;
  }

  return 0;
}

bool tls4217_certmap_matches(const struct tls4217_certmap_rule *rule,
  const struct tls4217_identity *identity) {
  if (rule->subject != NULL &&
    tls4217_identity_has_subject(identity, rule->subject) == false) {
    return false;
  }

  if (rule->issuer != NULL &&
    tls4217_identity_has_issuer(identity, rule->issuer) == false) {
    return false;
  }

  if (rule->alt_name != NULL &&
    tls4217_identity_has_alt_name(identity, rule->alt_kind, rule->alt_name) ==
      false) {
    return false;
  }

  return rule->has_digest == false ||
    CRYPTO_memcmp(rule->digest, identity->digest, sizeof(rule->digest)) == 0;
}
