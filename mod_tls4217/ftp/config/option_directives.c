/*
 * mod_tls4217 - TLSOptions
 *
 * The words and what they mean; the bits are in options.h.
 */

#include "mod_tls4217/ftp/config/option_directives.h"
#include "mod_tls4217/ftp/config/options.h"

/* A word of TLSOptions; effect is what to tell about one that we do not
 * carry out as mod_tls does, or NULL. */
struct tls_option {
  const char *name;
  unsigned long bit;
  const char *effect;
};

static const struct tls_option options[] = {
  { "AllowClientRenegotiation", TLS4217_OPT_ALLOW_CLIENT_RENEGOTIATIONS,
    "ignored: clients may never renegotiate" },
  { "AllowClientRenegotiations", TLS4217_OPT_ALLOW_CLIENT_RENEGOTIATIONS,
    "ignored: clients may never renegotiate" },
  { "AllowDotLogin", TLS4217_OPT_ALLOW_DOT_LOGIN, NULL },
  { "AllowPerUser", TLS4217_OPT_ALLOW_PER_USER,
    "ignored: AUTH after login stays refused, because the password has "
    "crossed in clear by then; exceptions are lines of TLSUserProtection: "
    "'TLSUserProtection optional NAME', and behind it 'TLSUserProtection "
    "required *' in place of TLSRequired" },
  { "AllowWeakDH", TLS4217_OPT_ALLOW_WEAK_DH,
    "ignored: use AllowWeakSecurity where a client cannot do better" },
  { "AllowWeakSecurity", TLS4217_OPT_ALLOW_WEAK_SECURITY, NULL },
  { "CommonNameRequired", TLS4217_OPT_COMMON_NAME_REQUIRED, NULL },
  { "dNSNameRequired", TLS4217_OPT_DNS_NAME_REQUIRED, NULL },
  { "EnableDiags", TLS4217_OPT_ENABLE_DIAGS,
    "ignored: TLSLog has one line for each handshake" },
  { "ExportCertData", TLS4217_OPT_EXPORT_CERT_DATA, NULL },
  { "iPAddressRequired", TLS4217_OPT_IP_ADDRESS_REQUIRED, NULL },
  { "IgnoreSNI", TLS4217_OPT_IGNORE_SNI, NULL },
  { "NoAutoECDH", TLS4217_OPT_NO_AUTO_ECDH, "ignored: OpenSSL 3 decides" },
  { "NoCertRequest", 0, "ignored: it has no effect since mod_tls 2.7" },
  { "NoCloseNotifyRequired", TLS4217_OPT_NO_CLOSE_NOTIFY_REQUIRED, NULL },
  { "NoEmptyFragments", 0, "ignored: it concerned SSLv3 and TLS 1.0" },
  { "NoPBSZRequired", TLS4217_OPT_NO_PBSZ_REQUIRED, NULL },
  { "AllowReinitialize", TLS4217_OPT_ALLOW_REINITIALIZE, NULL },
  { "NoSessionReuseRequired", TLS4217_OPT_NO_SESSION_REUSE_REQUIRED, NULL },
  { "StdEnvVars", TLS4217_OPT_STD_ENV_VARS, NULL },
  { "UseImplicitSSL", TLS4217_OPT_USE_IMPLICIT_SSL, NULL },
};

static const struct tls_option *find_option(const char *name) {
  for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
    if (strcasecmp(options[i].name, name) == 0) {
      return &options[i];
    }
  }

  return NULL;
}

/* usage: TLSOptions option ... */
modret_t *tls4217_option_directives_set(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  unsigned long bits = 0, *value;
  config_rec *c;

  for (unsigned int i = 1; i < cmd->argc; i++) {
    const struct tls_option *option;

    option = find_option(cmd->argv[i]);
    if (option == NULL) {
      return tls4217_directive_refuse(cmd,
        pstrcat(cmd->tmp_pool, "there is no option '", (char *) cmd->argv[i],
          "'; options have blanks between them, and the manual lists them",
          NULL));
    }

    if (option->effect != NULL) {
      tls4217_directive_warn(cmd, option->name, option->effect);
    }

    bits |= option->bit;
  }

  /* mod_proxy reads this as an unsigned long. */
  c = add_config_param(directive->name, 1, NULL);
  c->flags |= CF_MULTI;
  value = pcalloc(c->pool, sizeof(*value));
  *value = bits;
  c->argv[0] = value;
  return PR_HANDLED(cmd);
}
