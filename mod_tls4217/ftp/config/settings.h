/*
 * mod_tls4217 - the configuration of one server, as one typed struct
 *
 * Resolved from config_rec trees in one place, so that nothing else looks a
 * directive up.  The directives themselves are declared in directives.c.
 */

#ifndef TLS4217_FTP_CONFIG_SETTINGS_H
#define TLS4217_FTP_CONFIG_SETTINGS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/options.h"
#include "mod_tls4217/rfc4217/policy.h"
#include "mod_tls4217/tls/cert/identity.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/parameters.h"

/* One pair of files, and the directive that names it. */
struct tls4217_certificate_files {
  const char *directive;
  const char *cert_file;
  const char *key_file;   /* or NULL: the key is in cert_file */
  const char *chain_file; /* or NULL */
};

#define TLS4217_MAX_CERTIFICATES 16

/* TLSKernelOffload. */
enum tls4217_offload_mode {
  TLS4217_OFFLOAD_AUTO,
  TLS4217_OFFLOAD_ON, /* the same, with a warning where it cannot work */
  TLS4217_OFFLOAD_OFF
};

/* Client certificates. */
struct tls4217_client_settings {
  struct tls4217_verify_settings verify;
  const char *user_name; /* TLSUserName, or NULL */
  bool has_map;          /* there is a TLSClientCertificateMap */
};

struct tls4217_settings {
  bool engine;
  unsigned long options; /* TLS4217_OPT_... */
  struct tls4217_parameters tls;
  int handshake_timeout;      /* seconds, control connection */
  const char *log_path;       /* or NULL for none */
  bool clear_command_channel; /* CCC is accepted */
  enum tls4217_offload_mode offload;

  enum tls4217_control_view control_view;
  struct tls4217_data_policy data;

  struct tls4217_client_settings client;

  struct tls4217_certificate_files files[TLS4217_MAX_CERTIFICATES];
  size_t nfiles;
  const char *self_signed; /* or NULL */
};

/*
 * Fills *settings from a set of records: a server's, with what <Global> and
 * mod_ifsession have put there.  Text belongs to the records; it lives as
 * long as the configuration does.
 */
void tls4217_settings_resolve(xaset_t *set, struct tls4217_settings *settings);

/*
 * The user that the first line of TLSClientCertificateMap that matches a
 * certificate names; NULL where none does.  Text belongs to the records.
 */
const char *tls4217_settings_map_user(
  xaset_t *set, const struct tls4217_identity *identity);

#endif
