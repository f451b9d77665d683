/*
 * mod_tls4217 - the directives of proftpd.conf
 *
 * A directive is a row of the table below.  set_directive() checks context
 * and number of parameters for all of them, then hands over to the row's own
 * function.  What the values mean is in settings.c.
 */

#include "mod_tls4217/ftp/config/client_directives.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/config/directive.h"
#include "mod_tls4217/ftp/config/directives.h"
#include "mod_tls4217/ftp/config/migration.h"
#include "mod_tls4217/ftp/config/option_directives.h"
#include "mod_tls4217/ftp/config/parsing.h"
#include "mod_tls4217/ftp/config/policy_directives.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/offer.h"
#include "mod_tls4217/tls/version.h"

#define SV  (CONF_ROOT | CONF_VIRTUAL)
#define SVG (CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL)
#define ADF (CONF_ANON | CONF_DIR | CONF_DYNDIR)

/* One handshake should never hold a process longer than this, in seconds. */
#define MAX_HANDSHAKE_TIMEOUT 3600

/* usage: NAME on|off */
static modret_t *set_switch(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  unsigned char *value;
  config_rec *c;
  int on;

  on = get_boolean(cmd, 1);
  if (on < 0) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  /* mod_sftp reads TLSEngine as an unsigned char. */
  c = add_config_param(directive->name, 1, NULL);
  value = pcalloc(c->pool, sizeof(*value));
  *value = (unsigned char) on;
  c->argv[0] = value;
  return PR_HANDLED(cmd);
}

static modret_t *set_text(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  (void) add_config_param_str(directive->name, 1, cmd->argv[1]);
  return PR_HANDLED(cmd);
}

/* usage: TLSLog path|none */
static modret_t *set_log(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *path = cmd->argv[1];

  if (strcasecmp(path, "none") == 0) {
    (void) add_config_param(directive->name, 1, NULL);
    return PR_HANDLED(cmd);
  }

  if (*path != '/') {
    return tls4217_directive_refuse(cmd,
      "write the whole path, from '/' on, such as /var/log/proftpd/tls.log");
  }

  return set_text(cmd, directive);
}

/* usage: NAME /path [/path] */
static modret_t *set_files(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  const char *paths[2] = { NULL, NULL };
  config_rec *c;

  for (unsigned int i = 1; i < cmd->argc; i++) {
    paths[i - 1] = cmd->argv[i];

    if (strspn(paths[i - 1], "\\ \t") == strlen(paths[i - 1])) {
      return tls4217_directive_refuse(cmd,
        "a blank stands behind the backslash at the end of the line: take it "
        "out, so that the next line belongs to this one");
    }

    if (*paths[i - 1] != '/') {
      return tls4217_directive_refuse(cmd,
        pstrcat(
          cmd->tmp_pool, "'", paths[i - 1], "' must start with '/'", NULL));
    }
  }

  c = add_config_param(directive->name, 2, NULL, NULL);
  c->argv[0] = pstrdup(c->pool, paths[0]);
  c->argv[1] = paths[1] != NULL ? pstrdup(c->pool, paths[1]) : NULL;
  return PR_HANDLED(cmd);
}

/* usage: TLSProtocol [ALL] [+|-]version ... */
static modret_t *set_protocol(
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

/* usage: TLSMasqueradeAddress address|name|interface
 * The core reads the record: PASV of a session that is protected. */
static modret_t *set_masquerade(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  config_rec *c = add_config_param(directive->name, 2, NULL, NULL);

  c->argv[1] = pstrdup(c->pool, cmd->argv[1]);
  c->argv[0] = (void *) pr_netaddr_get_addr2(
    c->pool, cmd->argv[1], NULL, PR_NETADDR_GET_ADDR_FL_INCL_DEVICE);
  if (c->argv[0] == NULL) {
    return tls4217_directive_refuse(cmd,
      pstrcat(cmd->tmp_pool, "'", cmd->argv[1],
        "' is neither an address nor a name or an interface that has one; "
        "write the address that clients reach",
        NULL));
  }

  return PR_HANDLED(cmd);
}

/* usage: TLSECDHCurve auto|list */
static modret_t *set_curves(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  struct tls4217_error err;
  config_rec *c;

  tls4217_error_clear(&err);
  c = add_config_param(directive->name, 1, NULL);
  if (strcasecmp(cmd->argv[1], "auto") == 0) {
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
static modret_t *set_ciphers(
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
          "; behind it comes one list, with ':' between its words, and no "
          "blanks",
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

/* usage: TLSTimeoutHandshake seconds */
static modret_t *set_timeout(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  int seconds;

  if (pr_str_get_duration(cmd->argv[1], &seconds) < 0 || seconds < 0) {
    return tls4217_directive_refuse(cmd, "it takes 1 to 3600 seconds");
  }

  if (seconds == 0 || seconds > MAX_HANDSHAKE_TIMEOUT) {
    seconds = MAX_HANDSHAKE_TIMEOUT;
    tls4217_directive_warn(cmd, directive->name,
      "3600 seconds are taken, the most there are: a client that says nothing "
      "would keep a process for ever (0 is no limit with mod_tls)");
  }

  (void) tls4217_directive_add_int(directive->name, seconds);
  return PR_HANDLED(cmd);
}

/* usage: TLSKernelOffload auto|on|off */
static modret_t *set_offload(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  enum tls4217_offload_mode mode = TLS4217_OFFLOAD_AUTO;
  int on;

  if (strcasecmp(cmd->argv[1], "auto") != 0) {
    on = get_boolean(cmd, 1);
    if (on < 0) {
      return tls4217_directive_refuse_usage(cmd, directive);
    }

    mode = on == TRUE ? TLS4217_OFFLOAD_ON : TLS4217_OFFLOAD_OFF;
  }

  (void) tls4217_directive_add_int(directive->name, (int) mode);
  return PR_HANDLED(cmd);
}

/* A directive of mod_tls that has lost its meaning. */
static modret_t *set_nothing(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  tls4217_directive_warn(cmd, directive->name, directive->usage);
  return PR_HANDLED(cmd);
}

/* One without which a site would be another. */
static modret_t *set_refused(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  return tls4217_directive_refuse(cmd, directive->usage);
}

#define ANY 64

static const struct tls4217_directive directives[] = {
  { "TLSCACertificateFile", tls4217_client_directives_authority, SVG, 1, 1,
    "/path/authorities.pem" },
  { "TLSCACertificatePath", tls4217_client_directives_authority, SVG, 1, 1,
    "/path/directory" },
  { "TLSCARevocationFile", tls4217_client_directives_revocation, SVG, 1, 3,
    "/path/crl.pem [leaf|chain] [missing=refuse|allow]" },
  { "TLSCARevocationPath", tls4217_client_directives_revocation, SVG, 1, 3,
    "/path/directory [leaf|chain] [missing=refuse|allow]" },
  { "TLSCertificateChainFile", set_files, SVG, 1, 1, "/path/chain.pem" },
  { "TLSCertificateFile", set_files, SVG, 1, 2,
    "/path/fullchain.pem [/path/privkey.pem]" },
  { "TLSCipherSuite", set_ciphers, SVG, 1, 2, "[TLSv1.3|TLSv1.2] list" },
  { "TLSClearCommandChannel", set_switch, SVG, 1, 1, "on|off" },
  { "TLSClientCertificateMap", tls4217_client_directives_map, SVG, 4, ANY,
    "[subject DN] [issuer DN] [san dns:|email:|uri:|ip:NAME] "
    "[sha256 FINGERPRINT] user NAME" },
  { "TLSControlProtection", tls4217_policy_directives_control, SVG, 1, 1,
    "optional|login|required" },
  { "TLSDataProtection", tls4217_policy_directives_data, SVG | ADF, 1, 1,
    "none|optional|required|per-transfer" },
  { "TLSDataRule", tls4217_policy_directives_rule, SVG | CONF_ANON, 1, ANY,
    "none|optional|required [command LIST] [path GLOB] [user EXPR] "
    "[group EXPR] [class NAME]" },
  { "TLSECCertificateFile", set_files, SVG, 1, 1, "/path/certificate.pem" },
  { "TLSECCertificateKeyFile", set_files, SVG, 1, 1, "/path/key.pem" },
  { "TLSECDHCurve", set_curves, SVG, 1, 1, "auto|list" },
  { "TLSEngine", set_switch, SVG, 1, 1, "on|off" },
  { "TLSKernelOffload", set_offload, SVG, 1, 1, "auto|on|off" },
  { "TLSKeyIsolation", set_switch, CONF_ROOT, 1, 1, "on|off" },
  { "TLSLog", set_log, SVG, 1, 1, "/path|none" },
  { "TLSMasqueradeAddress", set_masquerade, SV, 1, 1,
    "address|name|interface" },
  { "TLSNextProtocol", set_switch, SVG, 1, 1, "on|off" },
  { "TLSOptions", tls4217_option_directives_set, SVG, 1, ANY, "option ..." },
  { "TLSProtocol", set_protocol, SVG, 1, ANY, "[ALL] [+|-]TLSv1.2 ..." },
  { "TLSRequired", tls4217_policy_directives_required, SVG | ADF, 1, 1,
    "on|off|both|ctrl|[!]data|ctrl+[!]data|auth|auth+[!]data" },
  { "TLSRSACertificateFile", set_files, SVG, 1, 1, "/path/certificate.pem" },
  { "TLSRSACertificateKeyFile", set_files, SVG, 1, 1, "/path/key.pem" },
  { "TLSSelfSignedCertificate", set_files, SVG, 1, 1, "/path/file.pem" },
  { "TLSServerCipherPreference", set_switch, SVG, 1, 1, "on|off" },
  { "TLSTimeoutHandshake", set_timeout, SVG, 1, 1, "seconds" },
  { "TLSUserName", tls4217_client_directives_user_name, SVG, 1, 1,
    "CommonName|EmailSubjAltName|OID" },
  { "TLSUserProtection", tls4217_policy_directives_user, SVG, 2, ANY,
    "required|none|optional user-expression" },
  { "TLSVerifyClient", tls4217_client_directives_verify, SVG, 1, 1,
    "on|optional|off" },
  { "TLSVerifyDepth", tls4217_client_directives_depth, SVG, 1, 1, "number" },
  { "TLSVerifyOrder", tls4217_client_directives_order, SVG, 1, 2, "crl" },

  /* What mod_tls has and OpenSSL 3 or we need no more. */
  { "TLSControlsACLs", set_nothing, CONF_ROOT, 1, ANY,
    "ignored: there is no 'ftpdctl tls'" },
  { "TLSCryptoDevice", set_nothing, SVG, 1, ANY,
    "ignored: OpenSSL 3 has no engines to choose" },
  { "TLSDHParamFile", set_nothing, SVG, 1, ANY,
    "ignored: OpenSSL takes the group of RFC 3526 that is as strong as the "
    "certificate" },
  { "TLSDSACertificateFile", set_nothing, SVG, 1, ANY,
    "ignored: no client speaks DSA any more; use TLSCertificateFile" },
  { "TLSDSACertificateKeyFile", set_nothing, SVG, 1, ANY,
    "ignored: no client speaks DSA any more; use TLSCertificateFile" },
  { "TLSRandomSeed", set_nothing, SVG, 1, ANY,
    "ignored: OpenSSL 3 seeds itself from the kernel" },
  { "TLSRenegotiate", set_nothing, SVG, 1, ANY,
    "ignored: renegotiation is always refused" },
  { "TLSPassPhraseProvider", set_nothing, CONF_ROOT, 1, ANY,
    "ignored: keys are read without a pass phrase; remove it with 'openssl "
    "pkey -in OLD -out NEW'" },
  { "TLSPKCS12File", set_refused, SVG, 1, ANY,
    "write 'openssl pkcs12 -nodes -in FILE -out NEW.pem', and then "
    "'TLSCertificateFile NEW.pem' in place of this" },
  { "TLSPreSharedKey", set_refused, SVG, 1, ANY,
    "clients with a key of their own in place of certificates are not served; "
    "take it out, and have them trust the server's certificate" },
  { "TLSServerInfoFile", set_nothing, SVG, 1, ANY,
    "ignored: no extensions of one's own are sent" },
  { "TLSSessionCache", tls4217_migration_session_cache, CONF_ROOT, 1, 2,
    "off|type:/info [timeout]" },
  { "TLSSessionTicketKeys", set_nothing, CONF_ROOT, 1, ANY,
    "ignored: keys for tickets are made at each start and each SIGHUP" },
  { "TLSSessionTickets", set_nothing, SVG, 1, ANY,
    "ignored: tickets are always on" },
  { "TLSStapling", set_nothing, SVG, 1, ANY,
    "ignored: no OCSP response is stapled" },
  { "TLSStaplingCache", set_nothing, CONF_ROOT, 1, ANY,
    "ignored: no OCSP response is stapled" },
  { "TLSStaplingOptions", set_nothing, SVG, 1, ANY,
    "ignored: no OCSP response is stapled" },
  { "TLSStaplingResponder", set_nothing, SVG, 1, ANY,
    "ignored: no OCSP response is stapled" },
  { "TLSStaplingTimeout", set_nothing, SVG, 1, ANY,
    "ignored: no OCSP response is stapled" },
  { "TLSVerifyServer", set_nothing, SVG, 1, ANY,
    "ignored: this server is never a TLS client (it has no SSCN)" },
};

#define NDIRECTIVES (sizeof(directives) / sizeof(directives[0]))

static const struct tls4217_directive *find_directive(const char *name) {
  for (size_t i = 0; i < NDIRECTIVES; i++) {
    if (strcasecmp(directives[i].name, name) == 0) {
      return &directives[i];
    }
  }

  return NULL;
}

static modret_t *read_directive(
  cmd_rec *cmd, const struct tls4217_directive *directive) {
  unsigned int nargs = (unsigned int) cmd->argc - 1;

  if (nargs < directive->min_args || nargs > directive->max_args) {
    return tls4217_directive_refuse_usage(cmd, directive);
  }

  CHECK_CONF(cmd, directive->contexts);
  return directive->set(cmd, directive);
}

MODRET set_directive(cmd_rec *cmd) {
  const struct tls4217_directive *directive = find_directive(cmd->argv[0]);
  modret_t *res;

  if (directive == NULL) {
    return PR_DECLINED(cmd);
  }

  res = read_directive(cmd, directive);
  if (MODRET_ISERROR(res)) {
    tls4217_parsing_refuse(MODRET_ERRMSG(res));

  } else {
    tls4217_contradictions_repeated(cmd);
  }

  return res;
}

conftable *tls4217_directives_table(void) {
  static conftable table[NDIRECTIVES + 3];

  for (size_t i = 0; i < NDIRECTIVES; i++) {
    table[i].directive = (char *) directives[i].name;
    table[i].handler = set_directive;
  }

  table[NDIRECTIVES].directive = (char *) "<IfModule>";
  table[NDIRECTIVES].handler = tls4217_migration_ifmodule;
  table[NDIRECTIVES + 1].directive = (char *) "LoadModule";
  table[NDIRECTIVES + 1].handler = tls4217_migration_loadmodule;

  return table;
}
