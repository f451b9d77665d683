/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the hosts of ours, by name
 *
 * See hosts.h.
 */

#include "mod_tls4217/ftp/control/hosts.h"
#include "mod_tls4217/rfc4217/admission.h"

static bool has_alias(const server_rec *host, const char *name) {
  for (config_rec *c =
         find_config(host->conf, CONF_PARAM, "ServerAlias", FALSE);
       c != NULL;
       c = find_config_next(c, c->next, CONF_PARAM, "ServerAlias", FALSE)) {
    if (pr_fnmatch(c->argv[0], name, PR_FNM_NOESCAPE | PR_FNM_CASEFOLD) == 0) {
      return true;
    }
  }

  return false;
}

/*
 * As mod_core finds it for HOST: a ServerAlias, at this address and port.  The
 * core knows no aliases of the host that has the address itself.
 */
static const server_rec *find_host(
  const struct tls4217_session *sess, const char *name) {
  const server_rec *host = NULL;

  if (name == NULL || session.c == NULL) {
    return NULL;
  }

  host = pr_namebind_get_server(name, main_server->addr, session.c->local_port);
  if (host == NULL && sess->origin.server != NULL &&
    has_alias(sess->origin.server, name)) {
    host = sess->origin.server;
  }

  return host;
}

/* What the server name of the control connection's handshake means. */
static const server_rec *find_named(const struct tls4217_session *sess) {
  struct tls4217_connection_info info;

  if (sess->settings.options.server_name == false) {
    return NULL;
  }

  tls4217_connection_info(sess->control.conn, &info);
  return find_host(sess, info.server_name);
}

static bool is_other_host(const void *who, const char *name) {
  const struct tls4217_session *sess = who;
  const server_rec *own = sess->control.named;

  return sess->settings.options.server_name &&
    tls4217_admission_are_two_hosts(
      own != NULL ? own : main_server, find_host(sess, name));
}

bool tls4217_hosts_agree(struct tls4217_session *sess) {
  const char *host = pr_table_get(session.notes, "mod_core.host", NULL);

  sess->control.named = find_named(sess);
  sess->binding.is_other_host = is_other_host;
  sess->binding.who = sess;

  return tls4217_admission_are_two_hosts(
           host != NULL ? main_server : NULL, sess->control.named) == false;
}
