/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSOptions
 *
 * The words and what they mean; what holds then is in options.h.
 */

#include <stddef.h>

#include "mod_tls4217/ftp/config/option_directives.h"
#include "mod_tls4217/ftp/config/settings.h"

/* What mod_proxy looks for in our records: mod_tls' bit of UseImplicitSSL. */
#define IMPLICIT_BIT 0x0200UL

/* A word of TLSOptions, and the member of the settings that it makes true, or
 * false. */
struct tls_option {
  const char *name;
  size_t member; /* or SIZE_MAX */
  bool value;
  const char *warning; /* what happens where it has no effect; or NULL */
  unsigned long bit;   /* for mod_proxy */
};

#define NONE        SIZE_MAX, false
#define ON(member)  offsetof(struct tls4217_settings, member), true, NULL
#define OFF(member) offsetof(struct tls4217_settings, member), false, NULL

static const struct tls_option options[] = {
  { "AllowClientRenegotiation", NONE,
    "ignored: clients may never renegotiate" },
  { "AllowClientRenegotiations", NONE,
    "ignored: clients may never renegotiate" },
  { "AllowDotLogin", ON(options.dot_login) },
  { "AllowPerUser", ON(options.per_user) },
  { "AllowWeakDH", NONE,
    "ignored: use AllowWeakSecurity where a client cannot do better" },
  { "AllowWeakSecurity", ON(tls.weak_security) },
  { "CommonNameRequired", ON(options.common_name_required) },
  { "dNSNameRequired", ON(options.dns_name_required) },
  { "EnableDiags", ON(options.diagnostics) },
  { "ExportCertData", ON(options.certificate_data) },
  { "iPAddressRequired", ON(options.ip_address_required) },
  { "IgnoreSNI", OFF(options.server_name) },
  { "NoAutoECDH", NONE, "ignored: OpenSSL 3 decides" },
  { "NoCertRequest", NONE, "ignored: it has no effect since mod_tls 2.7" },
  { "NoCloseNotifyRequired", OFF(options.close_notify_required) },
  { "NoEmptyFragments", NONE, "ignored: it concerned SSLv3 and TLS 1.0" },
  { "NoPBSZRequired", OFF(options.pbsz_required) },
  { "AllowReinitialize", ON(options.reinitialize) },
  { "NoSessionReuseRequired", OFF(options.session_reuse_required) },
  { "StdEnvVars", ON(options.standard_variables) },
  { "UseImplicitSSL", ON(options.implicit), IMPLICIT_BIT },
};

#define NOPTIONS (sizeof(options) / sizeof(options[0]))

/* Which of them were written, and what mod_proxy wants to know. */
struct option_record {
  unsigned long mod_tls;
  bool given[NOPTIONS];
};

static bool *member_of(
  struct tls4217_settings *settings, const struct tls_option *option) {
  return (bool *) ((char *) settings + option->member);
}

void tls4217_option_directives_preset(struct tls4217_settings *settings) {
  for (size_t i = 0; i < NOPTIONS; i++) {
    if (options[i].member != SIZE_MAX) {
      *member_of(settings, &options[i]) = options[i].value == false;
    }
  }
}

void tls4217_option_directives_take(
  const config_rec *c, struct tls4217_settings *settings) {
  const struct option_record *record = c->argv[0];

  for (size_t i = 0; i < NOPTIONS; i++) {
    if (record->given[i] && options[i].member != SIZE_MAX) {
      *member_of(settings, &options[i]) = options[i].value;
    }
  }
}

static const struct tls_option *find_option(const char *name) {
  for (size_t i = 0; i < NOPTIONS; i++) {
    if (strcasecmp(options[i].name, name) == 0) {
      return &options[i];
    }
  }

  return NULL;
}

/* usage: TLSOptions option ... */
modret_t *tls4217_option_directives_set(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct option_record written = { 0 }, *record;
  config_rec *c;

  for (unsigned int i = 1; i < cmd->argc; i++) {
    const struct tls_option *option;

    option = find_option(cmd->argv[i]);
    if (option == NULL) {
      return tls4217_directive_refuse(cmd,
        pstrcat(cmd->tmp_pool, "there is no option '", (char *) cmd->argv[i],
          "'; options are separated by spaces, and the manual lists them",
          NULL));
    }

    if (option->warning != NULL) {
      tls4217_directive_warn(cmd, option->name, option->warning);
    }

    written.given[option - options] = true;
    written.mod_tls |= option->bit;
  }

  c = add_config_param(directive->name, 1, NULL);
  c->flags |= CF_MULTI;
  record = pcalloc(c->pool, sizeof(*record));
  *record = written;
  c->argv[0] = record;
  return PR_HANDLED(cmd);
}
