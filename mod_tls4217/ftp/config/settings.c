/*
 * mod_tls4217 - the configuration of one server, as one typed struct
 *
 * The only place that calls find_config() for our directives.  Values were
 * checked when they were parsed (directives.c), so that nothing can fail
 * here; what a directive leaves out gets the default of the manual.
 */

#include "mod_tls4217/ftp/config/settings.h"
#include "mod_tls4217/tls/cert/certmap.h"
#include "mod_tls4217/tls/version.h"

#define DEFAULT_HANDSHAKE_TIMEOUT 30

#define MAP                       "TLSClientCertificateMap"

static const void *find_value(xaset_t *set, const char *name) {
  const config_rec *c;

  c = find_config(set, CONF_PARAM, name, FALSE);
  return c != NULL ? c->argv[0] : NULL;
}

static bool find_switch(xaset_t *set, const char *name, bool otherwise) {
  const unsigned char *value;

  value = find_value(set, name);
  return value != NULL ? *value == TRUE : otherwise;
}

/* Several TLSOptions lines add up, as they do in mod_tls. */
static unsigned long find_options(xaset_t *set) {
  const bool *cache_off = find_value(set, "TLSSessionCache");
  unsigned long options = 0;
  config_rec *c;

  if (cache_off != NULL && *cache_off) {
    options |= TLS4217_OPT_NO_SESSION_REUSE_REQUIRED;
  }

  for (c = find_config(set, CONF_PARAM, "TLSOptions", FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, "TLSOptions", FALSE)) {
    options |= *((const unsigned long *) c->argv[0]);
  }

  return options;
}

/* The first TLSCipherSuite for either kind of list wins. */
static void find_ciphers(xaset_t *set, struct tls4217_settings *settings) {
  config_rec *c;

  for (c = find_config(set, CONF_PARAM, "TLSCipherSuite", FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, "TLSCipherSuite", FALSE)) {
    const bool *tls13 = c->argv[1];
    const char **list = *tls13 == true ? &settings->tls.ciphersuites :
                                         &settings->tls.ciphers;

    if (*list == NULL) {
      *list = c->argv[0];
    }
  }
}

static void add_files(struct tls4217_settings *settings, const char *directive,
  const char *cert_file, const char *key_file, const char *chain_file) {
  struct tls4217_certificate_files *files;

  if (cert_file == NULL || settings->nfiles == TLS4217_MAX_CERTIFICATES) {
    return;
  }

  files = &settings->files[settings->nfiles++];
  files->directive = directive;
  files->cert_file = cert_file;
  files->key_file = key_file;
  files->chain_file = chain_file;
}

static void find_certificates(xaset_t *set, struct tls4217_settings *settings) {
  const char *chain_file;
  config_rec *c;

  chain_file = find_value(set, "TLSCertificateChainFile");

  for (c = find_config(set, CONF_PARAM, "TLSCertificateFile", FALSE); c != NULL;
       c = find_config_next(
         c, c->next, CONF_PARAM, "TLSCertificateFile", FALSE)) {
    add_files(settings, c->name, c->argv[0], c->argv[1], chain_file);
  }

  add_files(settings, "TLSRSACertificateFile",
    find_value(set, "TLSRSACertificateFile"),
    find_value(set, "TLSRSACertificateKeyFile"), chain_file);
  add_files(settings, "TLSECCertificateFile",
    find_value(set, "TLSECCertificateFile"),
    find_value(set, "TLSECCertificateKeyFile"), chain_file);

  settings->self_signed = find_value(set, "TLSSelfSignedCertificate");
  add_files(
    settings, "TLSSelfSignedCertificate", settings->self_signed, NULL, NULL);
}

/* The words behind the path hold for file and directory. */
static const char *find_revocation(
  xaset_t *set, const char *name, struct tls4217_verify_settings *verify) {
  const config_rec *c;

  c = find_config(set, CONF_PARAM, name, FALSE);
  if (c == NULL) {
    return NULL;
  }

  verify->crl_leaf_only |= *((const bool *) c->argv[1]);
  verify->crl_missing_is_ok |= *((const bool *) c->argv[2]);
  return c->argv[0];
}

static void find_client(xaset_t *set, struct tls4217_client_settings *client) {
  struct tls4217_verify_settings *verify = &client->verify;
  const int *mode, *depth;

  mode = find_value(set, "TLSVerifyClient");
  verify->mode = mode != NULL ? (enum tls4217_verify_mode) * mode :
                                TLS4217_VERIFY_OFF;

  depth = find_value(set, "TLSVerifyDepth");
  verify->depth = depth != NULL ? *depth : TLS4217_VERIFY_DEFAULT_DEPTH;

  verify->ca_file = find_value(set, "TLSCACertificateFile");
  verify->ca_path = find_value(set, "TLSCACertificatePath");
  verify->crl_file = find_revocation(set, "TLSCARevocationFile", verify);
  verify->crl_path = find_revocation(set, "TLSCARevocationPath", verify);

  client->user_name = find_value(set, "TLSUserName");
  client->has_map = find_config(set, CONF_PARAM, MAP, FALSE) != NULL;
}

void tls4217_settings_resolve(xaset_t *set, struct tls4217_settings *settings) {
  const unsigned int *versions;
  const int *timeout, *offload;

  memset(settings, 0, sizeof(*settings));

  settings->engine = find_switch(set, "TLSEngine", false);
  settings->tls.server_preference = find_switch(
    set, "TLSServerCipherPreference", true);
  settings->tls.next_protocol = find_switch(set, "TLSNextProtocol", true);
  settings->clear_command_channel = find_switch(
    set, "TLSClearCommandChannel", false);
  settings->options = find_options(set);
  settings->tls.weak_security = (settings->options &
                                  TLS4217_OPT_ALLOW_WEAK_SECURITY) != 0;
  settings->log_path = find_value(set, "TLSLog");
  settings->tls.groups = find_value(set, "TLSECDHCurve");

  versions = find_value(set, "TLSProtocol");
  settings->tls.versions = versions != NULL ? *versions :
                                              TLS4217_VERSION_DEFAULT;

  timeout = find_value(set, "TLSTimeoutHandshake");
  settings->handshake_timeout = timeout != NULL ? *timeout :
                                                  DEFAULT_HANDSHAKE_TIMEOUT;

  offload = find_value(set, "TLSKernelOffload");
  settings->offload = offload != NULL ? (enum tls4217_offload_mode) * offload :
                                        TLS4217_OFFLOAD_AUTO;

  find_ciphers(set, settings);
  find_certificates(set, settings);
  find_client(set, &settings->client);
}

const char *tls4217_settings_map_user(
  xaset_t *set, const struct tls4217_identity *identity) {
  config_rec *c;

  for (c = find_config(set, CONF_PARAM, MAP, FALSE); c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, MAP, FALSE)) {
    const struct tls4217_certmap_rule *rule = c->argv[0];

    if (tls4217_certmap_matches(rule, identity)) {
      return rule->user;
    }
  }

  return NULL;
}
