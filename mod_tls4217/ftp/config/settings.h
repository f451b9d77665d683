/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the configuration of one server, as one typed struct
 *
 * Resolved from config_rec trees in one place (resolve.c), so that nothing else
 * looks a directive up.  Which directive becomes which member is in
 * directives.c.
 */

#ifndef TLS4217_FTP_CONFIG_SETTINGS_H
#define TLS4217_FTP_CONFIG_SETTINGS_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/config/options.h"
#include "mod_tls4217/rfc4217/policy.h"
#include "mod_tls4217/tls/cert/identity.h"
#include "mod_tls4217/tls/cert/verify.h"
#include "mod_tls4217/tls/parameters.h"
#include "mod_tls4217/tls/ticketring.h"

/* One pair of files, and the directive that names it. */
struct tls4217_certificate_files {
  const char *directive;
  const char *cert_file;
  const char *key_file;   /* or NULL: the key is in cert_file */
  const char *chain_file; /* or NULL */
};

#define TLS4217_MAX_CERTIFICATES 16

/* The files that a directive names, in the order of its lines. */
#define TLS4217_MAX_PATHS 16
struct tls4217_paths {
  const char *paths[TLS4217_MAX_PATHS];
  size_t count;
};

/* TLSSessionTicketKeys. */
struct tls4217_ticket_keys {
  struct tls4217_ticketring_rules rules;
  const char *redis_key;   /* what Redis has the ring under; NULL: it has not */
  const char *secret_file; /* what it is sealed with there; or NULL */
};

/* What the directives of the other names say; each may be NULL. */
struct tls4217_named_files {
  const char *rsa_file, *rsa_key_file;
  const char *ec_file, *ec_key_file;
  const char *pkcs12_file;
  const char *chain_file;
};

/* TLSKernelOffload. */
enum tls4217_offload_mode {
  TLS4217_OFFLOAD_AUTO,
  TLS4217_OFFLOAD_ON, /* the same, with a warning where it cannot work */
  TLS4217_OFFLOAD_OFF
};

/* TLSSessionReuse: whose TLS session a data connection may resume. */
enum tls4217_session_reuse {
  TLS4217_SESSION_REUSE_CONNECTION, /* its control connection's */
  TLS4217_SESSION_REUSE_USER,       /* or another one's of the same user */
  TLS4217_SESSION_REUSE_REPORT, /* what is neither is accepted, and logged */
  TLS4217_SESSION_REUSE_OFF     /* it need not resume any */
};

/* TLSUnknownServerName: what a name gets that no host here has. */
enum tls4217_unknown_name {
  TLS4217_UNKNOWN_NAME_DEFAULT, /* what one without a name gets */
  TLS4217_UNKNOWN_NAME_REJECT
};

/* What a word behind the path of a revocation list says. */
enum tls4217_revocation_word {
  TLS4217_REVOCATION_UNSAID,
  TLS4217_REVOCATION_STRICT, /* chain, missing=refuse */
  TLS4217_REVOCATION_LENIENT /* leaf, missing=allow */
};

/* Client certificates. */
struct tls4217_client_settings {
  struct tls4217_verify_settings verify;
  enum tls4217_revocation_word crl_scope, crl_missing;
  bool crl_words_differ; /* of file and directory */
  const char *user_name; /* TLSUserName, or NULL */
  bool has_map;          /* there is a TLSClientCertificateMap */
};

struct tls4217_settings {
  bool engine;
  bool key_isolation;                     /* the main server's */
  struct tls4217_ticket_keys ticket_keys; /* the same */
  struct tls4217_paths ticket_files;      /* the same; the newest first */
  struct tls4217_options options;
  struct tls4217_parameters tls;
  int handshake_timeout;      /* seconds, control connection */
  const char *log_path;       /* or NULL for none */
  const char *metrics_file;   /* the main server's; or NULL */
  int reload_interval;        /* seconds, the main server's; 0: never */
  bool clear_command_channel; /* CCC is accepted */
  enum tls4217_offload_mode offload;
  enum tls4217_session_reuse session_reuse;
  bool
    reuse_overridden; /* an old name says off, TLSSessionReuse something else */

  enum tls4217_control_view control_view;
  struct tls4217_data_policy data;
  bool user_views; /* who logs in may matter: TLSUserProtection, or a section
                      with a view of the control connection */

  struct tls4217_client_settings client;

  struct tls4217_named_files named;
  struct tls4217_certificate_files files[TLS4217_MAX_CERTIFICATES];
  size_t nfiles;
  struct tls4217_paths staple_files; /* TLSStaplingFile */
  bool stapling_wanted;              /* mod_tls' TLSStapling on */
  const char *self_signed;           /* or NULL */
  const char *certificate_directory; /* or NULL */
  const char *dh_file;               /* or NULL */
  const char *passphrase_provider;   /* the main server's; or NULL */
  enum tls4217_unknown_name unknown_name;
};

/*
 * The user that the first line of TLSClientCertificateMap that matches a
 * certificate names; NULL where none does.  Text belongs to the records.
 */
const char *tls4217_settings_map_user(
  xaset_t *set, const struct tls4217_identity *identity);

#endif
