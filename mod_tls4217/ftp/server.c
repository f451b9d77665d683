/*
 * mod_tls4217 - what the daemon prepares for each virtual host
 *
 * Certificates are read here, as root, and nowhere else: a session opens no
 * certificate file.  Which files and policies a host has is in settings.c;
 * how a file is read and checked, in tls/keypair.c.
 */

#include <time.h>

#include "mod_tls4217/ftp/client_check.h"
#include "mod_tls4217/ftp/log.h"
#include "mod_tls4217/ftp/offload.h"
#include "mod_tls4217/ftp/policies.h"
#include "mod_tls4217/ftp/server.h"
#include "mod_tls4217/tls/footprint.h"
#include "mod_tls4217/tls/selfsigned.h"

/* The servers live from one reading of the configuration to the next. */
static pool *servers_pool = NULL;
static bool has_ifsession = false;
static struct tls4217_server *servers = NULL;

/* Makes the certificate of TLSSelfSignedCertificate if it is missing. */
static void create_self_signed(const struct tls4217_server *server) {
  struct tls4217_error err;
  const char *file = server->settings.self_signed;
  const char *name = server->rec->ServerAddress;
  int res;

  if (file == NULL) {
    return;
  }

  if (name == NULL) {
    name = "localhost";
  }

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  res = tls4217_selfsigned_create(file, name, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (res < 0) {
    tls4217_log_startup_error(
      server->rec->ServerName, "TLSSelfSignedCertificate: %s", err.text);
  }
}

static void announce_self_signed(const struct tls4217_server *server,
  const struct tls4217_certificate_files *files,
  const struct tls4217_keypair *pair) {
  char fingerprint[TLS4217_FINGERPRINT_SIZE];

  if (files->cert_file == server->settings.self_signed &&
    tls4217_keypair_fingerprint(pair, fingerprint, NULL) == 0) {
    tls4217_log_write(server->log_fd,
      "self-signed certificate '%s' has the SHA-256 fingerprint %s",
      files->cert_file, fingerprint);
    pr_log_pri(PR_LOG_NOTICE,
      "notice: %s: self-signed certificate '%s' has the SHA-256 fingerprint "
      "%s",
      MOD_TLS4217_VERSION, files->cert_file, fingerprint);
  }
}

static int load_pair(struct tls4217_server *server,
  const struct tls4217_certificate_files *files) {
  const char *name = server->rec->ServerName;
  struct tls4217_keypair *pair;
  struct tls4217_error err;

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  pair = tls4217_keypair_load(
    files->cert_file, files->key_file, files->chain_file, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (pair == NULL) {
    tls4217_log_startup_error(name, "%s%s: %s", files->directive,
      files->chain_file != NULL ? ", TLSCertificateChainFile" : "", err.text);
    return -1;
  }

  server->pairs[server->npairs++] = pair;

  /* Clients will complain, but the server can serve. */
  if (tls4217_keypair_check_time(pair, time(NULL), &err) < 0) {
    tls4217_log_startup_warning(
      name, "%s '%s': %s", files->directive, files->cert_file, err.text);
  }

  announce_self_signed(server, files, pair);
  return 0;
}

static int load_pairs(struct tls4217_server *server) {
  create_self_signed(server);

  for (size_t i = 0; i < server->settings.nfiles; i++) {
    if (load_pair(server, &server->settings.files[i]) < 0) {
      return -1;
    }
  }

  if (server->npairs == 0) {
    tls4217_log_startup_error(server->rec->ServerName,
      "TLSEngine is on, but there is no certificate: add "
      "'TLSCertificateFile /path/fullchain.pem /path/privkey.pem', or "
      "'TLSSelfSignedCertificate /path/file.pem' to have one made");
    return -1;
  }

  return 0;
}

/* Reads authorities and revocation lists, where clients are asked. */
static int load_verify(struct tls4217_server *server) {
  const char *name = server->rec->ServerName;
  struct tls4217_error err;

  if (tls4217_client_check(name, &server->settings) < 0) {
    return -1;
  }

  if (server->settings.client.verify.mode == TLS4217_VERIFY_OFF) {
    return 0;
  }

  tls4217_error_clear(&err);

  pr_signals_block();
  PRIVS_ROOT
  server->verify = tls4217_verify_new(&server->settings.client.verify, &err);
  PRIVS_RELINQUISH
  pr_signals_unblock();

  if (server->verify == NULL) {
    tls4217_log_startup_error(name, "%s", err.text);
    return -1;
  }

  return 0;
}

/* A session must never be resumed at another host or under other rules. */
static const char *describe_scope(const struct tls4217_server *server) {
  const server_rec *rec = server->rec;
  char number[32], verify[TLS4217_VERIFY_DESCRIPTION_SIZE];

  (void) snprintf(number, sizeof(number), "%u", rec->sid);
  tls4217_verify_describe(server->verify, verify);
  return pstrcat(servers_pool, "mod_tls4217 server ", number, " ",
    rec->ServerName, " ", verify, NULL);
}

static int build_context(struct tls4217_server *server) {
  const struct tls4217_settings *settings = &server->settings;
  struct tls4217_context_settings wanted = {
    .versions = settings->versions,
    .ciphers = settings->ciphers,
    .ciphersuites = settings->ciphersuites,
    .groups = settings->groups,
    .server_preference = settings->server_preference,
    .ignore_alpn = settings->next_protocol == false,
    .weak_security = (settings->options & TLS4217_OPT_ALLOW_WEAK_SECURITY) != 0,
  };
  struct tls4217_error err;

  if (load_pairs(server) < 0 || load_verify(server) < 0) {
    return -1;
  }

  wanted.verify = server->verify;
  wanted.pairs = server->pairs;
  wanted.npairs = server->npairs;
  wanted.scope = describe_scope(server);

  tls4217_error_clear(&err);
  server->context = tls4217_context_new(&wanted, &err);
  if (server->context == NULL) {
    tls4217_log_startup_error(server->rec->ServerName, "%s", err.text);
    return -1;
  }

  return 0;
}

static struct tls4217_server *add_server(const server_rec *rec) {
  struct tls4217_settings settings;
  struct tls4217_server *server;

  tls4217_settings_resolve(rec->conf, &settings);
  tls4217_policies_resolve(servers_pool, rec->conf, NULL, &settings);
  tls4217_policies_check(rec, &settings);
  if (settings.engine == false) {
    return NULL;
  }

  server = pcalloc(servers_pool, sizeof(*server));
  server->rec = rec;
  server->settings = settings;
  server->log_fd = tls4217_log_open(settings.log_path);
  server->offload = tls4217_offload_prepare(rec->ServerName, settings.offload);
  server->next = servers;
  servers = server;
  return server;
}

/* What OpenSSL keeps from a handshake is the same for every context. */
static void warm_up(void) {
  const struct tls4217_server *server = servers;

  while (server != NULL && server->context == NULL) {
    server = server->next;
  }

  if (server != NULL) {
    tls4217_footprint_warm_up(server->context);
  }
}

bool tls4217_server_has_ifsession(void) {
  return has_ifsession;
}

int tls4217_server_build_all(void) {
  int res = 0;

  tls4217_server_free_all();

  has_ifsession = pr_module_exists("mod_ifsession.c") == TRUE;
  servers_pool = make_sub_pool(permanent_pool);
  pr_pool_tag(servers_pool, MOD_TLS4217_VERSION " servers");

  for (server_rec *rec = (server_rec *) server_list->xas_list; rec != NULL;
       rec = rec->next) {
    struct tls4217_server *server;

    server = add_server(rec);
    if (server != NULL && build_context(server) < 0) {
      res = -1;
    }
  }

  warm_up();
  tls4217_footprint_give_back();
  return res;
}

void tls4217_server_free_all(void) {
  for (struct tls4217_server *server = servers; server != NULL;
       server = server->next) {
    tls4217_context_free(server->context);
    tls4217_verify_free(server->verify);

    for (size_t i = 0; i < server->npairs; i++) {
      tls4217_keypair_free(server->pairs[i]);
    }

    if (server->log_fd != TLS4217_LOG_NONE) {
      (void) close(server->log_fd);
    }
  }

  servers = NULL;
  if (servers_pool != NULL) {
    destroy_pool(servers_pool);
    servers_pool = NULL;
  }
}

const struct tls4217_server *tls4217_server_find(const server_rec *rec) {
  for (const struct tls4217_server *server = servers; server != NULL;
       server = server->next) {
    if (server->rec == rec) {
      return server;
    }
  }

  return NULL;
}
