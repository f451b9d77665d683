/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the directives of proftpd.conf
 *
 * A directive is a row of the table below: who reads it, where it may stand,
 * with how many words, what it looks like, what holds without it, and which
 * member of the settings it becomes (directive.h, value.h).  The parser, the
 * settings, the check of the manual and "make directives.txt" read this table.
 */

#include <stddef.h>

#include "mod_tls4217/ftp/config/client_directives.h"
#include "mod_tls4217/ftp/config/contradictions.h"
#include "mod_tls4217/ftp/config/controls_directives.h"
#include "mod_tls4217/ftp/config/directive.h"
#include "mod_tls4217/ftp/config/directives.h"
#include "mod_tls4217/ftp/config/migration.h"
#include "mod_tls4217/ftp/config/offer_directives.h"
#include "mod_tls4217/ftp/config/option_directives.h"
#include "mod_tls4217/ftp/config/parsing.h"
#include "mod_tls4217/ftp/config/policy_directives.h"
#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/ftp/config/ticket_directives.h"
#include "mod_tls4217/ftp/config/value.h"
#include "mod_tls4217/ftp/config/value_directives.h"

#define SV  (CONF_ROOT | CONF_VIRTUAL)
#define SVG (CONF_ROOT | CONF_VIRTUAL | CONF_GLOBAL)
#define ADF (CONF_ANON | CONF_DIR | CONF_DYNDIR)

/* A member of struct tls4217_settings, and how a record becomes it; all of
 * the struct; several records, which policies.c reads; nothing. */
#define FIELD(kind, member) \
 &tls4217_value_##kind, offsetof(struct tls4217_settings, member)
#define WHOLE(kind) &tls4217_value_##kind, 0
#define ELSEWHERE   &tls4217_value_list, 0
#define NO_FIELD    &tls4217_value_none, 0

#define ANY         64

static const struct tls4217_directive directives[] = {
  { "TLSCACertificateFile", tls4217_client_directives_ca, SVG, 1, 1,
    "/path/ca.pem", NULL, FIELD(text, client.verify.ca_file) },
  { "TLSCACertificatePath", tls4217_client_directives_ca, SVG, 1, 1,
    "/path/directory", NULL, FIELD(text, client.verify.ca_path) },
  { "TLSCARevocationFile", tls4217_client_directives_revocation, SVG, 1, 3,
    "/path/crl.pem [leaf|chain] [missing=refuse|allow]", NULL,
    FIELD(crl_file, client) },
  { "TLSCARevocationPath", tls4217_client_directives_revocation, SVG, 1, 3,
    "/path/directory [leaf|chain] [missing=refuse|allow]", NULL,
    FIELD(crl_path, client) },
  { "TLSCertificateChainFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/chain.pem", NULL, FIELD(text, named.chain_file) },
  { "TLSCertificateDirectory", tls4217_value_directives_files, SVG, 1, 1,
    "/path/directory", NULL, FIELD(text, certificate_directory) },
  { "TLSCertificateFile", tls4217_value_directives_files, SVG, 1, 2,
    "/path/fullchain.pem [/path/privkey.pem]", NULL, WHOLE(certificate) },
  { "TLSCipherSuite", tls4217_offer_directives_ciphers, SVG, 1, 2,
    "[TLSv1.3|TLSv1.2] list", TLS4217_PROFILE_CIPHERS, FIELD(ciphers, tls) },
  { "TLSClearCommandChannel", tls4217_value_directives_switch, SVG, 1, 1,
    "on|off", "off", FIELD(switch, clear_command_channel) },
  { "TLSClientCertificateMap", tls4217_client_directives_map, SVG, 4, ANY,
    "[subject DN] [issuer DN] [san dns:|email:|uri:|ip:NAME] "
    "[sha256 FINGERPRINT] user NAME",
    NULL, FIELD(presence, client.has_map) },
  { "TLSControlProtection", tls4217_policy_directives_control, SVG, 1, 1,
    "optional|login|required", "optional", FIELD(control_view, control_view) },
  { "TLSControlsACLs", tls4217_controls_directives_acls, CONF_ROOT, 4, 4,
    "words|all allow|deny user|group list", NULL, NO_FIELD },
  { "TLSDataProtection", tls4217_policy_directives_data, SVG | ADF, 1, 1,
    "none|optional|required|per-transfer", "optional", FIELD(view, data.view) },
  { "TLSDataRule", tls4217_policy_directives_rule, SVG | CONF_ANON, 1, ANY,
    "none|optional|required [command LIST] [path GLOB] [user EXPR] "
    "[group EXPR] [class NAME]",
    NULL, ELSEWHERE },
  { "TLSDHParamFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/dhparam.pem", NULL, FIELD(text, dh_file) },
  { "TLSECCertificateFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/certificate.pem", NULL, FIELD(text, named.ec_file) },
  { "TLSECCertificateKeyFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/key.pem", NULL, FIELD(text, named.ec_key_file) },
  { "TLSECDHCurve", tls4217_offer_directives_curves, SVG, 1, 1, "auto|list",
    "auto", FIELD(text, tls.groups) },
  { "TLSEngine", tls4217_value_directives_switch, SVG, 1, 1, "on|off", "off",
    FIELD(switch, engine) },
  { "TLSKernelOffload", tls4217_value_directives_word, SVG, 1, 1, "auto|on|off",
    "auto", FIELD(offload, offload) },
  { "TLSKeyIsolation", tls4217_value_directives_switch, CONF_ROOT, 1, 1,
    "on|off", "on", FIELD(switch, key_isolation) },
  { "TLSLog", tls4217_value_directives_log, SVG, 1, 1, "/path|none", "none",
    FIELD(text, log_path) },
  { "TLSMasqueradeAddress", tls4217_value_directives_masquerade, SV, 1, 1,
    "address|name|interface", NULL, NO_FIELD },
  { "TLSMetricsFile", tls4217_value_directives_files, CONF_ROOT, 1, 1,
    "/path/file.prom", NULL, FIELD(text, metrics_file) },
  { "TLSNextProtocol", tls4217_value_directives_switch, SVG, 1, 1, "on|off",
    "on", FIELD(switch, tls.next_protocol) },
  { "TLSOptions", tls4217_option_directives_set, SVG, 1, ANY, "option ...",
    NULL, WHOLE(options) },
  { "TLSPassPhraseProvider", tls4217_value_directives_files, CONF_ROOT, 1, 1,
    "/path/program", NULL, FIELD(text, passphrase_provider) },
  { "TLSPKCS12File", tls4217_value_directives_files, SVG, 1, 1,
    "/path/file.p12", NULL, FIELD(text, named.pkcs12_file) },
  { "TLSPolicy", tls4217_value_directives_word, SVG, 1, 1,
    "modern|intermediate|compatible", "intermediate",
    FIELD(profile, tls.profile) },
  { "TLSProtocol", tls4217_offer_directives_protocol, SVG, 1, ANY,
    "[ALL] [+|-]TLSv1.2 ...", "TLSv1.2 TLSv1.3",
    FIELD(versions, tls.versions) },
  { "TLSReloadInterval", tls4217_value_directives_interval, CONF_ROOT, 1, 1,
    "seconds", "60", FIELD(number, reload_interval) },
  { "TLSRequired", tls4217_policy_directives_required, SVG | ADF, 1, 1,
    "on|off|both|ctrl|[!]data|ctrl+[!]data|auth|auth+[!]data", "off",
    NO_FIELD },
  { "TLSRSACertificateFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/certificate.pem", NULL, FIELD(text, named.rsa_file) },
  { "TLSRSACertificateKeyFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/key.pem", NULL, FIELD(text, named.rsa_key_file) },
  { "TLSSelfSignedCertificate", tls4217_value_directives_files, SVG, 1, 1,
    "/path/file.pem", NULL, FIELD(text, self_signed) },
  { "TLSServerCipherPreference", tls4217_value_directives_switch, SVG, 1, 1,
    "on|off", "on", FIELD(switch, tls.server_preference) },
  { "TLSSessionReuse", tls4217_value_directives_word, SVG, 1, 1,
    "connection|user|report|off", "user", FIELD(session_reuse, session_reuse) },
  { "TLSSessionTicketKeyFile", tls4217_value_directives_files, CONF_ROOT, 1, 1,
    "/path/ticket.key", NULL, FIELD(paths, ticket_files) },
  { "TLSSessionTicketKeys", tls4217_ticket_directives_keys, CONF_ROOT, 1, 7,
    "[redis:[name]] [secret /path/file] [age seconds] [count number]",
    "age 43200 count 3", FIELD(ticket_keys, ticket_keys) },
  { "TLSStaplingFile", tls4217_value_directives_files, SVG, 1, 1,
    "/path/response.der", NULL, FIELD(paths, staple_files) },
  { "TLSTimeoutHandshake", tls4217_value_directives_timeout, SVG, 1, 1,
    "seconds", "30", FIELD(number, handshake_timeout) },
  { "TLSUnknownServerName", tls4217_value_directives_word, SVG, 1, 1,
    "default|reject", "default", FIELD(unknown_name, unknown_name) },
  { "TLSUserName", tls4217_client_directives_user_name, SVG, 1, 1,
    "CommonName|EmailSubjAltName|OID", NULL, FIELD(text, client.user_name) },
  { "TLSUserProtection", tls4217_policy_directives_user, SVG, 2, ANY,
    "required|none|optional user-expression", NULL, ELSEWHERE },
  { "TLSVerifyClient", tls4217_value_directives_word, SVG, 1, 1,
    "on|optional|off", "off", FIELD(verify, client.verify.mode) },
  { "TLSVerifyDepth", tls4217_client_directives_depth, SVG, 1, 1, "number", "9",
    FIELD(number, client.verify.depth) },
  { "TLSVerifyOrder", tls4217_client_directives_order, SVG, 1, 2, "crl", "crl",
    NO_FIELD },

  /* What mod_tls has and OpenSSL 3 or we need no more. */
  { "TLSCryptoDevice", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: OpenSSL 3 has providers in place of engines, and openssl.cnf "
    "chooses among them; remove it",
    NULL, NO_FIELD },
  { "TLSDSACertificateFile", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: no client supports DSA any more; use TLSCertificateFile", NULL,
    NO_FIELD },
  { "TLSDSACertificateKeyFile", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: no client supports DSA any more; use TLSCertificateFile", NULL,
    NO_FIELD },
  { "TLSRandomSeed", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: OpenSSL 3 seeds itself from the kernel; remove it", NULL,
    NO_FIELD },
  { "TLSRenegotiate", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: renegotiation is always refused; remove it", NULL, NO_FIELD },
  { "TLSPreSharedKey", tls4217_value_directives_refused, SVG, 1, ANY,
    "pre-shared keys (PSK) are not supported; remove it, and have clients "
    "trust the server's certificate",
    NULL, NO_FIELD },
  { "TLSServerInfoFile", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: custom TLS extensions are not sent, and FTP clients support "
    "none; "
    "remove it",
    NULL, NO_FIELD },
  { "TLSSessionCache", tls4217_migration_session_cache, CONF_ROOT, 1, 2,
    "off|type:/info [timeout]", NULL,
    FIELD(session_cache, options.session_reuse_required) },
  { "TLSSessionTickets", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: tickets are always on; remove it", NULL, NO_FIELD },
  { "TLSStapling", tls4217_value_directives_switch, SVG, 1, 1, "on|off", "off",
    FIELD(switch, stapling_wanted) },
  { "TLSStaplingCache", tls4217_value_directives_nothing, CONF_ROOT, 1, ANY,
    "ignored: OCSP responses are kept in the files that TLSStaplingFile names; "
    "remove it",
    NULL, NO_FIELD },
  { "TLSStaplingOptions", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: an OCSP response is verified when TLSStaplingFile is read, and "
    "none is made up; remove it",
    NULL, NO_FIELD },
  { "TLSStaplingResponder", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: this server asks no OCSP responder; give the address to "
    "contrib/ocsp-update, and name the file that it writes with "
    "TLSStaplingFile",
    NULL, NO_FIELD },
  { "TLSStaplingTimeout", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: no handshake waits for an OCSP responder; remove it", NULL,
    NO_FIELD },
  { "TLSVerifyServer", tls4217_value_directives_nothing, SVG, 1, ANY,
    "ignored: this server is never a TLS client, because RFC 4217, section 7, "
    "gives that role to the client (it has no SSCN); remove it",
    NULL, NO_FIELD },
};

#define NDIRECTIVES (sizeof(directives) / sizeof(directives[0]))

/* Directives of the core and of its modules whose names of mod_tls' files are
 * replaced, before their own handlers read them. */
static const struct {
  const char *name;
  modret_t *(*handle)(cmd_rec *cmd);
} foreign[] = {
  { "<IfModule>", tls4217_migration_ifmodule },
  { "LoadModule", tls4217_migration_loadmodule },
};

#define NFOREIGN (sizeof(foreign) / sizeof(foreign[0]))

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

  } else if (directive->type->repeats == false) {
    tls4217_contradictions_repeated(cmd);
  }

  return res;
}

const struct tls4217_directive *tls4217_directives_rows(size_t *count) {
  *count = NDIRECTIVES;
  return directives;
}

conftable *tls4217_directives_table(void) {
  static conftable table[NDIRECTIVES + NFOREIGN + 1];

  for (size_t i = 0; i < NDIRECTIVES; i++) {
    table[i].directive = (char *) directives[i].name;
    table[i].handler = set_directive;
  }

  for (size_t i = 0; i < NFOREIGN; i++) {
    table[NDIRECTIVES + i].directive = (char *) foreign[i].name;
    table[NDIRECTIVES + i].handler = foreign[i].handle;
  }

  return table;
}
