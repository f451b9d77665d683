/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what a handshake may agree on, as an administrator says it
 *
 * See offer_directives.h.
 */

#include "mod_tls4217/ftp/config/offer_directives.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/parameters.h"
#include "mod_tls4217/tls/version.h"

/* usage: TLSProtocol [ALL] [+|-]version ... */
modret_t *tls4217_offer_directives_protocol(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_error err;
  const char *ignored = NULL;
  unsigned int set, *value;
  config_rec *c;

  tls4217_error_clear(&err);
  set = tls4217_version_parse((const char *const *) (cmd->argv + 1),
    (size_t) cmd->argc - 1, &ignored, &err);
  if (set == 0) {
    return tls4217_directive_refuse(cmd, pstrdup(cmd->tmp_pool, err.text));
  }

  if (ignored != NULL) {
    tls4217_directive_warn(cmd, directive->name,
      pstrcat(cmd->tmp_pool, ignored,
        " is not in OpenSSL 3 any more; the versions beside it are used",
        NULL));
  }

  c = add_config_param(directive->name, 1, NULL);
  value = pcalloc(c->pool, sizeof(*value));
  *value = set;
  c->argv[0] = value;
  return PR_HANDLED(cmd);
}

/* usage: TLSECDHCurve auto|list */
modret_t *tls4217_offer_directives_curves(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_error err;
  config_rec *c;

  tls4217_error_clear(&err);
  c = add_config_param(directive->name, 1, NULL);
  if (strcasecmp(cmd->argv[1], "auto") == 0) {
    c->argv[0] = pstrdup(c->pool, "");
    return PR_HANDLED(cmd);
  }

  if (tls4217_parameters_check_groups(cmd->argv[1], &err) < 0) {
    struct tls4217_error unknown;

    tls4217_error_clear(&unknown);
    if (tls4217_offer_check_words(
          TLS4217_OFFER_GROUPS, cmd->argv[1], &unknown) < 0) {
      err = unknown;
    }

    return tls4217_directive_refuse(cmd, pstrdup(cmd->tmp_pool, err.text));
  }

  c->argv[0] = pstrdup(c->pool, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

#define SUITES_APART \
 "TLS 1.3 has a list of its own: 'TLSCipherSuite TLSv1.3 " \
 "TLS_AES_128_GCM_SHA256:...'"

/* Suites of TLS 1.3 in the list of older versions. */
static bool is_suite_list(const cmd_rec *cmd) {
  return cmd->argc == 2 && strchr(cmd->argv[1], '_') != NULL;
}

/* OpenSSL takes a list of which it knows one word. */
static void warn_of_words(
  cmd_rec *cmd, const struct tls4217_directive *directive, bool tls13) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_offer_check_words(
        tls13 ? TLS4217_OFFER_SUITES : TLS4217_OFFER_CIPHERS,
        cmd->argv[cmd->argc - 1], &err) < 0) {
    tls4217_directive_warn(cmd, directive->name,
      pstrcat(cmd->tmp_pool, err.text, is_suite_list(cmd) ? "; " : "",
        is_suite_list(cmd) ? SUITES_APART : "", NULL));
  }
}

/* usage: TLSCipherSuite [TLSv1.3|TLSv1.2|...] list */
modret_t *tls4217_offer_directives_ciphers(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_error err;
  unsigned int versions = 0;
  bool *tls13;
  config_rec *c;

  tls4217_error_clear(&err);
  if (cmd->argc == 3) {
    versions = tls4217_version_parse(
      (const char *const *) (cmd->argv + 1), 1, NULL, &err);
    if (versions == 0) {
      return tls4217_directive_refuse(cmd,
        pstrcat(cmd->tmp_pool, err.text,
          "; it is followed by one list, separated by ':', without spaces",
          NULL));
    }
  }

  if (tls4217_parameters_check_ciphers(cmd->argv[cmd->argc - 1],
        versions == TLS4217_VERSION_TLS1_3, &err) < 0) {
    return tls4217_directive_refuse(cmd,
      is_suite_list(cmd) ? SUITES_APART : pstrdup(cmd->tmp_pool, err.text));
  }

  warn_of_words(cmd, directive, versions == TLS4217_VERSION_TLS1_3);
  c = add_config_param(directive->name, 2, NULL, NULL);
  c->flags |= CF_MULTI;
  tls13 = pcalloc(c->pool, sizeof(*tls13));
  *tls13 = (versions == TLS4217_VERSION_TLS1_3);
  c->argv[0] = pstrdup(c->pool, cmd->argv[cmd->argc - 1]);
  c->argv[1] = tls13;
  return PR_HANDLED(cmd);
}
