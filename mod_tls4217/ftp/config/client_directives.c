/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives about client certificates
 *
 * See client_directives.h.  Files are named here and read when all of the
 * configuration is known (vhost.c).
 */

#include "mod_tls4217/ftp/config/client_directives.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/certmap.h"
#include "mod_tls4217/tls/cert/verify.h"

/* Deeper chains than this do not exist. */
#define MAX_DEPTH 100

static modret_t *refuse_word(cmd_rec *cmd, const char *word, const char *why) {
  return tls4217_directive_refuse(
    cmd, pstrcat(cmd->tmp_pool, "'", word, "' ", why, NULL));
}

/* usage: TLSVerifyDepth number */
modret_t *tls4217_client_directives_depth(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  char *end = NULL;
  long depth;

  depth = strtol(cmd->argv[1], &end, 10);
  if (end == cmd->argv[1] || *end != '\0' || depth < 0 || depth > MAX_DEPTH) {
    return tls4217_directive_refuse(cmd, "must be between 0 and 100");
  }

  (void) tls4217_directive_add_int(directive->name, (int) depth);
  return PR_HANDLED(cmd);
}

/* usage: TLSVerifyOrder crl */
modret_t *tls4217_client_directives_order(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  for (unsigned int i = 1; i < cmd->argc; i++) {
    if (strcasecmp(cmd->argv[i], "ocsp") == 0) {
      return tls4217_directive_refuse(cmd,
        "ocsp would make each handshake wait for another server; write "
        "'TLSVerifyOrder crl' and give the CAs' lists to "
        "TLSCARevocationFile or TLSCARevocationPath");
    }

    if (strcasecmp(cmd->argv[i], "crl") != 0) {
      return tls4217_directive_refuse_usage(cmd, directive);
    }
  }

  return PR_HANDLED(cmd);
}

/* usage: NAME /path */
modret_t *tls4217_client_directives_ca(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  if (*((const char *) cmd->argv[1]) != '/') {
    return refuse_word(cmd, cmd->argv[1], "must start with '/'");
  }

  (void) add_config_param_str(directive->name, 1, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

/* The words behind the path of a revocation list. */
static const struct {
  const char *word;
  bool is_scope; /* leaf or chain; else what a missing list means */
  enum tls4217_revocation_word said;
} revocation_words[] = {
  { "leaf", true, TLS4217_REVOCATION_LENIENT },
  { "chain", true, TLS4217_REVOCATION_STRICT },
  { "missing=allow", false, TLS4217_REVOCATION_LENIENT },
  { "missing=refuse", false, TLS4217_REVOCATION_STRICT },
};

#define NREVOCATION_WORDS \
 (sizeof(revocation_words) / sizeof(revocation_words[0]))

/* usage: NAME /path [leaf|chain] [missing=refuse|allow] */
modret_t *tls4217_client_directives_revocation(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  enum tls4217_revocation_word *scope, *missing;
  config_rec *c;

  if (*((const char *) cmd->argv[1]) != '/') {
    return refuse_word(cmd, cmd->argv[1], "must start with '/'");
  }

  c = add_config_param(directive->name, 3, NULL, NULL, NULL);
  scope = pcalloc(c->pool, sizeof(*scope));
  missing = pcalloc(c->pool, sizeof(*missing));
  c->argv[0] = pstrdup(c->pool, cmd->argv[1]);
  c->argv[1] = scope;
  c->argv[2] = missing;

  for (unsigned int i = 2; i < cmd->argc; i++) {
    enum tls4217_revocation_word *said;
    size_t at = 0;

    while (at < NREVOCATION_WORDS &&
      strcasecmp(revocation_words[at].word, cmd->argv[i]) != 0) {
      at++;
    }

    if (at == NREVOCATION_WORDS) {
      return tls4217_directive_refuse_usage(cmd, directive);
    }

    said = revocation_words[at].is_scope ? scope : missing;
    if (*said != TLS4217_REVOCATION_UNSAID) {
      return refuse_word(cmd, cmd->argv[i],
        "contradicts or repeats a word before it: write one of leaf and chain, "
        "and one of missing=refuse and missing=allow");
    }

    *said = revocation_words[at].said;
  }

  return PR_HANDLED(cmd);
}

/* usage: TLSUserName CommonName|EmailSubjAltName|OID */
modret_t *tls4217_client_directives_user_name(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *word = cmd->argv[1];

  if (strcmp(word, "CommonName") != 0 &&
    strcmp(word, "EmailSubjAltName") != 0 &&
    tls4217_identity_is_oid(word) == false) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  (void) add_config_param_str(directive->name, 1, word);
  return PR_HANDLED(cmd);
}

/* usage: TLSClientCertificateMap condition value ... user NAME */
modret_t *tls4217_client_directives_map(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_certmap_rule *rule;
  struct tls4217_error err;
  const char **words;
  config_rec *c;
  size_t nwords = (size_t) cmd->argc - 1;

  c = add_config_param(directive->name, 1, NULL);
  c->flags |= CF_MULTI;
  rule = pcalloc(c->pool, sizeof(*rule));
  words = pcalloc(c->pool, nwords * sizeof(*words));
  c->argv[0] = rule;

  for (size_t i = 0; i < nwords; i++) {
    words[i] = pstrdup(c->pool, cmd->argv[i + 1]);
  }

  tls4217_error_clear(&err);
  if (tls4217_certmap_parse(rule, words, nwords, &err) < 0) {
    return tls4217_directive_refuse(cmd, pstrdup(cmd->tmp_pool, err.text));
  }

  return PR_HANDLED(cmd);
}
