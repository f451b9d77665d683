/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes tls/identity.c, certmap.c and certinfo.c
 *
 * The input is a client's certificate, in DER, as a CA that is too
 * obliging would sign it.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "mod_tls4217/tls/cert/certinfo.h"
#include "mod_tls4217/tls/cert/certmap.h"
#include "mod_tls4217/tls/cert/identity.h"
#include "t/fuzz/fuzz.h"

/* Values go to the environment and to logs: one line of text each. */
static void check_value(void *user, const char *name, const char *value) {
  (void) user;

  fuzz_insist(*name != '\0');
  for (; *value != '\0'; value++) {
    fuzz_insist((unsigned char) *value >= 0x20 && *value != 0x7f);
  }
}

static void check_user_name(const struct tls4217_identity *identity) {
  const char *name = identity->common_name;

  fuzz_insist(!tls4217_identity_has_common_name(identity, ""));
  if (name != NULL) {
    fuzz_insist(*name != '\0' && strlen(name) <= TLS4217_IDENTITY_MAX_CN);
    fuzz_insist(strchr(name, '/') == NULL);
    check_value(NULL, "CN", name);
    fuzz_insist(tls4217_identity_has_common_name(identity, name));
  }
}

static void compare(const struct tls4217_identity *identity) {
  const char *words[] = { "subject", identity->subject, "user", "alice" };
  struct tls4217_certmap_rule rule;

  for (int kind = TLS4217_IDENTITY_DNS; kind <= TLS4217_IDENTITY_IP; kind++) {
    (void) tls4217_identity_has_alt_name(
      identity, (enum tls4217_identity_kind) kind, "127.0.0.1");
    fuzz_insist(!tls4217_identity_has_alt_name(
      identity, (enum tls4217_identity_kind) kind, ""));
  }

  fuzz_insist(!tls4217_identity_has_value(identity, "2.5.4.3", ""));
  fuzz_insist(!tls4217_identity_has_value(identity, "1.2.3", "a/b"));
  (void) tls4217_identity_has_value(identity, "1.3.6.1.4.1.311.20.2.3", "x");

  if (tls4217_certmap_parse(&rule, words, 4, NULL) == 0) {
    fuzz_insist(
      tls4217_certmap_matches(&rule, identity) == identity->subject_counts);
  }
}

static void check_pem(void *user, const char *name, const char *value) {
  (void) user;
  fuzz_insist(strcmp(name, "CERT") == 0 && strncmp(value, "-----", 5) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_identity *identity;
  const unsigned char *at = data;
  X509 *cert;

  cert = d2i_X509(NULL, &at, (long) size);
  if (cert == NULL) {
    return 0;
  }

  identity = tls4217_identity_new(cert, &err);
  fuzz_insist((identity != NULL) != tls4217_error_is_set(&err));

  if (identity != NULL) {
    check_value(NULL, "subject", identity->subject);
    check_value(NULL, "issuer", identity->issuer);
    check_user_name(identity);
    compare(identity);
    fuzz_insist(tls4217_identity_is(identity, cert));
  }

  tls4217_certinfo_list(cert, check_value, NULL);
  tls4217_certinfo_pem(cert, check_pem, NULL);
  tls4217_identity_free(identity);
  X509_free(cert);
  return 0;
}
