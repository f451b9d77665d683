/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - directives that contradict each other
 *
 * See contradictions.h.  What is said about client certificates is in
 * client_check.c, lists of rules in policies.c.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/config/directive.h"
#include "mod_tls4217/ftp/config/parsing.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/version.h"

#define CONTROL "TLSControlProtection"
#define DATA    "TLSDataProtection"

/* The same directive again. */

/* The records of the section that the parser is in. */
static xaset_t *section_of(const cmd_rec *cmd) {
  return cmd->config != NULL ? cmd->config->subset : cmd->server->conf;
}

static const config_rec *find_second(xaset_t *set, const char *name) {
  config_rec *c = find_config(set, CONF_PARAM, name, FALSE);

  return c != NULL ? find_config_next(c, c->next, CONF_PARAM, name, FALSE) :
                     NULL;
}

/* TLSRequired sets both views, and is no mistake where it repeats one. */
static void warn_of_view(cmd_rec *cmd, const char *view, const char *what) {
  xaset_t *set = section_of(cmd);
  const config_rec *second = find_second(set, view);
  const config_rec *first = find_config(set, CONF_PARAM, view, FALSE);

  if (second != NULL &&
    *((const int *) first->argv[0]) != *((const int *) second->argv[0])) {
    tls4217_directive_warn(cmd, cmd->argv[0],
      pstrcat(cmd->tmp_pool, "it has no effect on the ", what,
        " connection, because another ", view,
        " or TLSRequired precedes it in this section, and the first one "
        "applies: keep only one of them",
        NULL));
  }
}

void tls4217_contradictions_repeated(cmd_rec *cmd) {
  const char *name = cmd->argv[0];
  const bool is_both = strcasecmp(name, "TLSRequired") == 0;

  if (tls4217_parsing_is_under_way() == false) {
    return;
  }

  if (is_both || strcasecmp(name, CONTROL) == 0) {
    warn_of_view(cmd, CONTROL, "control");
  }

  if (is_both || strcasecmp(name, DATA) == 0) {
    warn_of_view(cmd, DATA, "data");

  } else if (strcasecmp(name, CONTROL) != 0 &&
    find_second(section_of(cmd), name) != NULL) {
    tls4217_directive_warn(cmd, name,
      "it has no effect, because this section already has one, and the "
      "first one applies: keep only one of them");
  }
}

/* One server. */

static void check_pairs(
  const server_rec *rec, struct tls4217_keypair *const *pairs, size_t npairs) {
  for (size_t i = 1; i < npairs; i++) {
    const struct tls4217_keypair *pair = pairs[i];
    size_t before = 0;

    while (
      before < i && tls4217_keypair_same_type(pairs[before], pair) == false) {
      before++;
    }

    if (before < i) {
      tls4217_complaints_warning(rec,
        "%s is never sent: its key is of the same type as that of %s, "
        "which precedes it; remove one of them",
        pair->label, pairs[before]->label);
    }
  }
}

/* The keys are in a process that decrypts nothing (parameters.h). */
static void check_static_rsa(
  const server_rec *rec, const struct tls4217_settings *settings) {
  char words[256];

  if (settings->tls.ciphers != NULL &&
    tls4217_offer_names_static_rsa(
      settings->tls.ciphers, words, sizeof(words))) {
    tls4217_complaints_warning(rec,
      "TLSCipherSuite '%s': %s and other suites with static RSA key exchange "
      "are left out, because TLSKeyIsolation keeps the private keys in a "
      "process that only signs: remove them from the list (clients that know "
      "nothing else need 'TLSKeyIsolation off')",
      settings->tls.ciphers, words);
  }
}

void tls4217_contradictions_check(const server_rec *rec,
  const struct tls4217_settings *settings, struct tls4217_keypair *const *pairs,
  size_t npairs, bool only_signs) {
  if (settings->clear_command_channel &&
    settings->control_view == TLS4217_CONTROL_VIEW_REQUIRED) {
    tls4217_complaints_warning(rec,
      "TLSClearCommandChannel is on, but CCC is always refused, because "
      "TLSControlProtection (or TLSRequired) is required: write "
      "'TLSControlProtection login', or remove TLSClearCommandChannel");
  }

  if (settings->tls.weak_security &&
    tls4217_profile_get(settings->tls.profile)->old_versions == false &&
    find_config(rec->conf, CONF_PARAM, "TLSProtocol", FALSE) == NULL) {
    tls4217_complaints_warning(rec,
      "TLSOptions AllowWeakSecurity allows small keys and old suites, but not "
      "TLS 1.0 and 1.1: for these add 'TLSProtocol ALL'");
  }

  if (settings->reuse_overridden) {
    tls4217_complaints_warning(rec,
      "TLSOptions NoSessionReuseRequired (or TLSSessionCache off) has no "
      "effect "
      "beside TLSSessionReuse: remove it");
  }

  if (only_signs) {
    check_static_rsa(rec, settings);
  }

  check_pairs(rec, pairs, npairs);
}

/* Two of them. */

static bool has_same_certificate(const struct tls4217_settings *settings,
  const struct tls4217_settings *others) {
  return settings->nfiles > 0 && others->nfiles > 0 &&
    strcmp(settings->files[0].cert_file, others->files[0].cert_file) == 0;
}

void tls4217_contradictions_shared(const server_rec *first,
  const struct tls4217_settings *settings, const server_rec *second,
  const struct tls4217_settings *others) {
  if (settings->options.server_name || has_same_certificate(settings, others)) {
    return;
  }

  tls4217_complaints_warning(second,
    "it shares address and port with server '%s', whose certificate all "
    "clients get, whatever name they ask for in TLS (SNI): remove 'TLSOptions "
    "IgnoreSNI' there, or give it an address or a port of its own",
    first->ServerName);
}
