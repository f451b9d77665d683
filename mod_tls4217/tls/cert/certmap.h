/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which user a client certificate is (TLSClientCertificateMap)
 *
 * A rule is one line of words:
 *
 *   [subject DN] [issuer DN] [san dns:NAME|email:ADDRESS|uri:URI|ip:ADDRESS]
 *   [sha256 FINGERPRINT] user NAME
 *
 * All conditions of a rule must hold, and there must be one.  DNs are written
 * as "openssl x509 -noout -subject -nameopt RFC2253,-esc_msb" prints them and
 * as TLSLog shows them at each login; how names are compared is in
 * identity.h.  A FINGERPRINT is 64 hex digits in any case, with or without
 * colons between the octets.
 */

#ifndef TLS4217_TLS_CERT_CERTMAP_H
#define TLS4217_TLS_CERT_CERTMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "mod_tls4217/tls/error.h"
#include "mod_tls4217/tls/cert/identity.h"

struct tls4217_certmap_rule {
  const char *user;

  /* Conditions; NULL or false: none.  Text belongs to the words. */
  const char *subject;
  const char *issuer;
  const char *alt_name;
  enum tls4217_identity_kind alt_kind;
  bool has_digest;
  unsigned char digest[TLS4217_IDENTITY_DIGEST_SIZE];
};

/*
 * Reads the words of one rule into *rule, which borrows them.  Returns 0, or
 * -1 with err saying which word is wrong.
 */
int tls4217_certmap_parse(struct tls4217_certmap_rule *rule,
  const char *const *words, size_t nwords, struct tls4217_error *err);

/* Whether all conditions of a rule hold. */
bool tls4217_certmap_matches(const struct tls4217_certmap_rule *rule,
  const struct tls4217_identity *identity);

#endif
