/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, and how it is set in OpenSSL
 *
 * See parameters.h.  OpenSSL has each function twice, SSL_CTX_...(3) and
 * SSL_...(3); a setter gets a target, and takes the one that it is for.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/err.h>

#include "mod_tls4217/tls/parameters.h"
#include "mod_tls4217/tls/ssl_ctx.h"
#include "mod_tls4217/tls/version.h"

/* For old devices, where AllowWeakSecurity says so: what the library knows,
 * but nothing anonymous and nothing broken. */
#define WEAK_CIPHERS "DEFAULT:!aNULL:!eNULL:!PSK:!SRP:!aDSS:!3DES:!RC4:!MD5"

/* Longer than any list of cipher suites that anybody has written. */
#define LIST_SIZE 4096
#define LIST_MAX  (LIST_SIZE - 32)

/* What a set of versions with gaps may have set. */
#define VERSION_OPTIONS \
 (SSL_OP_NO_TLSv1 | SSL_OP_NO_TLSv1_1 | SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3)

/* What OpenSSL has where no groups are set: a word for it from 3.5 on,
 * and what can be used of it before. */
#define DEFAULT_GROUPS "DEFAULT"
#define OLDER_GROUPS   "X25519:P-256:X448:P-521:P-384"

/* One of the two is NULL. */
struct target {
  SSL_CTX *ctx;
  SSL *ssl;
  bool renamed; /* another context's lists may lie on the SSL */
};

static void set_options(const struct target *target, uint64_t options) {
  if (target->ctx != NULL) {
    (void) SSL_CTX_set_options(target->ctx, options);

  } else {
    (void) SSL_set_options(target->ssl, options);
  }
}

static void clear_options(const struct target *target, uint64_t options) {
  if (target->ctx != NULL) {
    (void) SSL_CTX_clear_options(target->ctx, options);

  } else {
    (void) SSL_clear_options(target->ssl, options);
  }
}

static int set_versions(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const struct tls4217_version_range range = tls4217_version_range(
    offering->parameters->versions);
  bool taken;

  clear_options(target, VERSION_OPTIONS);
  set_options(target, range.options);
  taken = target->ctx != NULL ?
    SSL_CTX_set_min_proto_version(target->ctx, range.min) == 1 &&
      SSL_CTX_set_max_proto_version(target->ctx, range.max) == 1 :
    SSL_set_min_proto_version(target->ssl, range.min) == 1 &&
      SSL_set_max_proto_version(target->ssl, range.max) == 1;
  if (taken == false) {
    tls4217_error_set_openssl(err, "OpenSSL refuses these TLS versions");
    return -1;
  }

  return 0;
}

static const struct tls4217_profile *profile_of(
  const struct tls4217_offering *offering) {
  return tls4217_profile_get(offering->parameters->profile);
}

/* OpenSSL takes TLS 1.0 and 1.1 at level 0 only. */
static bool has_old_versions(const struct tls4217_offering *offering) {
  return profile_of(offering)->old_versions &&
    (offering->parameters->versions &
      (TLS4217_VERSION_TLS1_0 | TLS4217_VERSION_TLS1_1)) != 0;
}

/* Otherwise the level is the system's: openssl.cnf(5) says what is strong
 * enough.  Old versions ask no less of client certificates. */
static int set_security_level(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const bool weak = offering->parameters->weak_security;
  const bool old = has_old_versions(offering);
  const int level = weak || old ? 0 : offering->security_level;
  const int of_clients = old && weak == false ? offering->security_level :
                                                -1; /* as level */

  (void) err;
  if (target->ctx != NULL) {
    SSL_CTX_set_security_level(target->ctx, level);
    X509_VERIFY_PARAM_set_auth_level(
      SSL_CTX_get0_param(target->ctx), of_clients);

  } else {
    SSL_set_security_level(target->ssl, level);
    X509_VERIFY_PARAM_set_auth_level(SSL_get0_param(target->ssl), of_clients);
  }

  return 0;
}

static int set_cipher_list(
  const struct target *target, const char *list, struct tls4217_error *err) {
  const int res = target->ctx != NULL ?
    SSL_CTX_set_cipher_list(target->ctx, list) :
    SSL_set_cipher_list(target->ssl, list);

  if (res != 1) {
    tls4217_error_set_openssl(err, "no cipher is left of '%s'", list);
    return -1;
  }

  return 0;
}

static int set_suite_list(
  const struct target *target, const char *list, struct tls4217_error *err) {
  const int res = target->ctx != NULL ?
    SSL_CTX_set_ciphersuites(target->ctx, list) :
    SSL_set_ciphersuites(target->ssl, list);

  if (res != 1) {
    tls4217_error_set_openssl(err, "no cipher is left of '%s'", list);
    return -1;
  }

  return 0;
}

static int set_group_list(
  const struct target *target, const char *list, struct tls4217_error *err) {
  const long res = target->ctx != NULL ?
    SSL_CTX_set1_groups_list(target->ctx, list) :
    SSL_set1_groups_list(target->ssl, list);

  if (res != 1) {
    ERR_clear_error();
    tls4217_error_set(err, EINVAL,
      "'%s' is not a list of key exchange groups known to OpenSSL, such as "
      "X25519:P-256",
      list);
    return -1;
  }

  return 0;
}

static int set_signature_list(
  const struct target *target, const char *list, struct tls4217_error *err) {
  const long res = target->ctx != NULL ?
    SSL_CTX_set1_sigalgs_list(target->ctx, list) :
    SSL_set1_sigalgs_list(target->ssl, list);

  if (res != 1) {
    tls4217_error_set_openssl(
      err, "OpenSSL refuses the signature algorithms of this TLSPolicy");
    return -1;
  }

  return 0;
}

/* Sets the first list that the library takes; lists may be NULL: none. */
static int try_lists(const struct target *target, const char *const *lists,
  int (*set)(
    const struct target *target, const char *list, struct tls4217_error *err),
  struct tls4217_error *err) {
  struct tls4217_error last;
  int res = 0;

  for (; lists != NULL && *lists != NULL; lists++) {
    tls4217_error_clear(&last);
    res = set(target, *lists, &last);
    ERR_clear_error();
    if (res == 0) {
      return 0;
    }
  }

  if (res < 0) {
    *err = last;
  }

  return res;
}

static int set_ciphers(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const struct tls4217_parameters *parameters = offering->parameters;
  const char *list = parameters->ciphers;
  char buf[LIST_SIZE];

  if (list == NULL) {
    list = parameters->weak_security ? WEAK_CIPHERS :
                                       profile_of(offering)->ciphers;
  }

  if (offering->no_decryption) {
    /* libssl offers it for every RSA certificate.  Behind the list: DEFAULT is
     * a word at its beginning alone (openssl-ciphers(1)). */
    int len = snprintf(buf, sizeof(buf), "%s:!kRSA:!kRSAPSK", list);

    if (len < 0 || (size_t) len >= sizeof(buf)) {
      tls4217_error_set(err, EINVAL,
        "a list of ciphers has at most %d characters here", LIST_MAX);
      return -1;
    }

    list = buf;
  }

  return set_cipher_list(target, list, err);
}

static int set_suites(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const char *list = offering->parameters->ciphersuites;

  if (list == NULL) {
    list = profile_of(offering)->ciphersuites;
  }

  if (list == NULL && target->renamed) {
    list = OSSL_default_ciphersuites();
  }

  return list != NULL ? set_suite_list(target, list, err) : 0;
}

/* What OpenSSL says where it has not the word is no error of the handshake that
 * goes on. */
static int set_default_groups(
  const struct target *target, struct tls4217_error *err) {
  bool is_known;

  (void) ERR_set_mark();
  is_known = SSL_set1_groups_list(target->ssl, DEFAULT_GROUPS) == 1;
  (void) ERR_pop_to_mark();
  return is_known ? 0 : set_group_list(target, OLDER_GROUPS, err);
}

static int set_groups(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const char *list = offering->parameters->groups;
  const char *const *lists = profile_of(offering)->groups;

  if (list == NULL && lists != NULL) {
    return try_lists(target, lists, set_group_list, err);
  }

  if (list != NULL && *list != '\0') {
    return set_group_list(target, list, err);
  }

  return target->renamed ? set_default_groups(target, err) : 0;
}

static int set_signatures(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  if (offering->parameters->weak_security) {
    return 0;
  }

  return try_lists(
    target, profile_of(offering)->signatures, set_signature_list, err);
}

static int set_preference(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  (void) err;
  clear_options(target, SSL_OP_CIPHER_SERVER_PREFERENCE);
  if (offering->parameters->server_preference) {
    set_options(target, SSL_OP_CIPHER_SERVER_PREFERENCE);
  }

  return 0;
}

static int refuse_renegotiation(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  (void) offering;
  (void) err;
  set_options(target, SSL_OP_NO_RENEGOTIATION);
  return 0;
}

static int set_verification(const struct target *target,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  if (target->ssl != NULL) {
    return tls4217_verify_apply(offering->verify, target->ssl, err);
  }

  return offering->verify != NULL ?
    tls4217_verify_install(offering->verify, target->ctx, err) :
    0;
}

/* In this order: a list is checked against the level.  A class has no
 * verification of its own: a connection may have changed its mode since
 * (connection.c), and the CAs are the host's. */
static const struct setting {
  int (*set)(const struct target *target,
    const struct tls4217_offering *offering, struct tls4217_error *err);
  bool by_class;
} settings[] = {
  { refuse_renegotiation, true },
  { set_security_level, true },
  { set_versions, true },
  { set_ciphers, true },
  { set_suites, true },
  { set_groups, true },
  { set_signatures, true },
  { set_preference, true },
  { set_verification, false },
};

static int set_all(const struct target *target,
  const struct tls4217_offering *offering, bool by_class,
  struct tls4217_error *err) {
  ERR_clear_error();
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
    if ((by_class == false || settings[i].by_class) &&
      settings[i].set(target, offering, err) < 0) {
      return -1;
    }
  }

  return 0;
}

int tls4217_parameters_set_context(SSL_CTX *ctx,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const struct target target = { .ctx = ctx };

  return set_all(&target, offering, false, err);
}

int tls4217_parameters_set_name(SSL *ssl,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const struct target target = { .ssl = ssl, .renamed = true };

  return set_all(&target, offering, false, err);
}

int tls4217_parameters_set_class(SSL *ssl,
  const struct tls4217_offering *offering, struct tls4217_error *err) {
  const struct target target = { .ssl = ssl };

  return set_all(&target, offering, true, err);
}

static bool is_same(const char *first, const char *second) {
  return first == second ||
    (first != NULL && second != NULL && strcmp(first, second) == 0);
}

bool tls4217_parameters_are_equal(const struct tls4217_parameters *first,
  const struct tls4217_parameters *second) {
  return first->profile == second->profile &&
    first->versions == second->versions &&
    is_same(first->ciphers, second->ciphers) &&
    is_same(first->ciphersuites, second->ciphersuites) &&
    is_same(first->groups, second->groups) &&
    first->server_preference == second->server_preference &&
    first->weak_security == second->weak_security &&
    first->next_protocol == second->next_protocol;
}

int tls4217_parameters_check_ciphers(
  const char *list, bool tls13, struct tls4217_error *err) {
  const struct target target = { .ctx = tls4217_ssl_ctx_new(
                                   TLS_server_method(), err) };
  int res = -1;

  if (target.ctx != NULL) {
    res = tls13 ? set_suite_list(&target, list, err) :
                  set_cipher_list(&target, list, err);
  }

  SSL_CTX_free(target.ctx);
  return res;
}

/*
 * What SSL_CTX_set1_groups_list(3) reads: words between ":" and, from 3.5 on,
 * "/", with "?" and "*" before them, and "-" before one that is taken out.
 */
bool tls4217_parameters_have_x25519(
  const struct tls4217_parameters *parameters) {
  const char *at = parameters->groups;
  bool have = at == NULL || *at == '\0';

  while (at != NULL && *at != '\0') {
    const size_t skipped = strspn(at, ":/?*");
    const char *word = at + skipped + (at[skipped] == '-' ? 1 : 0);
    const size_t len = strcspn(word, ":/");

    if ((len == 6 && strncasecmp(word, "X25519", len) == 0) ||
      (len == 7 && strncasecmp(word, DEFAULT_GROUPS, len) == 0)) {
      have = at[skipped] != '-';
    }

    at = word + len;
  }

  return have;
}

int tls4217_parameters_check_groups(
  const char *list, struct tls4217_error *err) {
  const struct target target = { .ctx = tls4217_ssl_ctx_new(
                                   TLS_server_method(), err) };
  const int res = target.ctx != NULL ? set_group_list(&target, list, err) : -1;

  SSL_CTX_free(target.ctx);
  return res;
}
