/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the environment of the session (StdEnvVars, ExportCertData)
 *
 * See environment.h.
 */

#include "mod_tls4217/ftp/report/environment.h"
#include "mod_tls4217/rfc4217/groups.h"
#include "mod_tls4217/tls/cert/certinfo.h"

/* Sets a variable and remembers its name, to take it back.  pr_env_set()
 * takes no more than 2 KiB, which a certificate may exceed. */
static void set_variable(
  struct tls4217_session *sess, const char *name, const char *value) {
  if (value == NULL || setenv(name, value, 1) < 0) {
    return;
  }

  if (sess->variables == NULL) {
    sess->variables = make_array(sess->pool, 64, sizeof(const char *));
  }

  *((const char **) push_array(sess->variables)) = pstrdup(sess->pool, name);
}

void tls4217_environment_forget(struct tls4217_session *sess) {
  const char **names;

  if (sess->variables == NULL) {
    return;
  }

  names = sess->variables->elts;
  for (unsigned int i = 0; i < sess->variables->nelts; i++) {
    (void) unsetenv(names[i]);
  }

  sess->variables = NULL;
}

/* The prefix of the certificate that is being listed. */
struct listing {
  struct tls4217_session *sess;
  const char *prefix;
};

static void put_variable(void *user, const char *name, const char *value) {
  const struct listing *listing = user;
  char full[160];

  (void) snprintf(full, sizeof(full), "%s%s", listing->prefix, name);
  set_variable(listing->sess, full, value);
}

static void list_certificate(
  struct tls4217_session *sess, const char *prefix, X509 *cert) {
  struct listing listing = { sess, prefix };

  if (cert != NULL) {
    tls4217_certinfo_list(cert, put_variable, &listing);
  }
}

static void export_parameters(
  struct tls4217_session *sess, const struct tls4217_handshake_facts *facts) {
  const struct tls4217_connection_info *info = &facts->info;
  char bits[2][16];

  (void) snprintf(bits[0], sizeof(bits[0]), "%d", info->algorithm_bits);
  (void) snprintf(bits[1], sizeof(bits[1]), "%d", info->cipher_bits);

  set_variable(sess, "FTPS", "1");
  set_variable(sess, "TLS_PROTOCOL", info->version);
  set_variable(sess, "TLS_SESSION_ID", facts->session_id);
  set_variable(sess, "TLS_CIPHER", info->cipher);
  set_variable(sess, "TLS_CIPHER_EXPORT", "false");
  set_variable(sess, "TLS_CIPHER_KEYSIZE_POSSIBLE", bits[0]);
  set_variable(sess, "TLS_CIPHER_KEYSIZE_USED", bits[1]);
  set_variable(sess, "TLS_GROUP", info->group);
  set_variable(sess, "TLS_POST_QUANTUM",
    tls4217_groups_is_post_quantum(info->group) ? "1" : "0");
  set_variable(sess, "TLS_SERVER_NAME", info->server_name);
  set_variable(sess, "TLS_LIBRARY_VERSION", facts->info.library);
}

/* The certificates themselves.  What follows the client's is not there
 * after resumption. */
static void export_certificates(
  struct tls4217_session *sess, const struct tls4217_connection_info *info) {
  struct listing client = { sess, "TLS_CLIENT_" };
  struct listing server = { sess, "TLS_SERVER_" };

  tls4217_certinfo_pem(info->client, put_variable, &client);
  tls4217_certinfo_pem(info->server, put_variable, &server);
  tls4217_certinfo_chain(info->client_chain, put_variable, &client);
}

void tls4217_environment_export(
  struct tls4217_session *sess, const struct tls4217_handshake_facts *facts) {
  tls4217_environment_forget(sess);

  if (facts->options.standard_variables) {
    export_parameters(sess, facts);
    list_certificate(sess, "TLS_CLIENT_", facts->info.client);
    list_certificate(sess, "TLS_SERVER_", facts->info.server);
  }

  if (facts->options.certificate_data) {
    export_certificates(sess, &facts->info);
  }
}
