/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the hosts of ours, by name
 *
 * See hosts.h.  What a host's certificates are called is generation.c's.
 */

#include "mod_tls4217/ftp/control/hosts.h"
#include "mod_tls4217/ftp/control/serverchange.h"
#include "mod_tls4217/ftp/report/notes.h"
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

static bool has_name(const server_rec *host, const char *name) {
  return host->ServerName != NULL && strcasecmp(host->ServerName, name) == 0;
}

/* By ServerName: the one that has the address, then the first of the file; the
 * list has the last one first. */
static server_rec *find_by_server_name(
  const struct tls4217_session *sess, const char *name) {
  const server_rec *found = NULL;

  if (sess->origin.server != NULL && has_name(sess->origin.server, name)) {
    return sess->origin.server;
  }

  for (const struct tls4217_vhost *host = tls4217_vhost_first(); host != NULL;
       host = host->next) {
    if (has_name(host->rec, name) && tls4217_vhost_answers_here(host)) {
      found = host->rec;
    }
  }

  return (server_rec *) found;
}

/* HOST is to find it by that name, too; the core looks at ServerAlias alone,
 * and not that of the host that has the address itself. */
static void teach_core(server_rec *host, const char *name) {
  pr_ipbind_t *bind = pr_ipbind_find(
    main_server->addr, session.c->local_port, TRUE);
  const char *copy = pstrdup(session.pool, name);

  if (pr_namebind_create(
        host, copy, bind, main_server->addr, session.c->local_port) == 0) {
    (void) pr_namebind_open(copy, main_server->addr, session.c->local_port);
  }
}

/*
 * As mod_core finds it for HOST: a ServerAlias, at this address and port.
 * *is_known becomes whether HOST will find it by itself.
 */
static server_rec *find_host(
  const struct tls4217_session *sess, const char *name, bool *is_known) {
  server_rec *host = NULL;

  *is_known = false;
  if (name == NULL || session.c == NULL) {
    return NULL;
  }

  host = pr_namebind_get_server(name, main_server->addr, session.c->local_port);
  if (host != NULL) {
    *is_known = true;
    return host;
  }

  if (sess->origin.server != NULL && has_alias(sess->origin.server, name)) {
    return sess->origin.server;
  }

  return find_by_server_name(sess, name);
}

/* HOST before the handshake; NULL: there was none. */
static const server_rec *chosen_by_host(void) {
  return pr_table_get(session.notes, "mod_core.host", NULL) != NULL ?
    main_server :
    NULL;
}

/* Whether a name is served with another certificate than the session's. */
static bool has_other_certificate(
  const struct tls4217_session *sess, const server_rec *own, const char *name) {
  const struct tls4217_vhost *host = tls4217_vhost_find(own);
  const struct tls4217_context *context = NULL;

  if (name != NULL && host != NULL && host->tls != NULL) {
    context = tls4217_generation_find_name(host->tls, name);
  }

  return context != NULL && context != sess->control.context;
}

static bool is_other_host(const void *who, const char *name) {
  const struct tls4217_session *sess = who;
  const server_rec *own = sess->control.named, *other;
  bool is_known;

  if (sess->control.name_counts == false) {
    return false;
  }

  own = own != NULL ? own : main_server;
  other = find_host(sess, name, &is_known);
  return tls4217_admission_are_two_hosts(own, other) ||
    has_other_certificate(sess, own, name);
}

static enum tls4217_choice refuse(struct tls4217_session *sess,
  enum tls4217_choice choice, const char *name, const char *why) {
  tls4217_error_set(&sess->control.refusal, EPERM,
    "the server name '%s' (SNI) is refused: %s", name, why);
  return choice;
}

/* A client that sends no server name in TLS may have sent HOST. */
static const struct tls4217_context *find_unnamed(
  const struct tls4217_session *sess) {
  const char *name = pr_table_get(session.notes, "mod_core.host", NULL);
  const struct tls4217_generation *generation = sess->server->tls;
  const struct tls4217_context *context = NULL;

  if (name != NULL && sess->control.name_counts) {
    context = tls4217_generation_find_name(generation, name);
  }

  if (context == NULL && session.c != NULL) {
    context = tls4217_generation_find_address(
      generation, session.c->local_addr);
  }

  return context != NULL ? context : sess->control.entry;
}

static enum tls4217_choice use_context(struct tls4217_session *sess,
  const struct tls4217_context *context, enum tls4217_choice choice) {
  sess->control.context = context;
  if (context != sess->control.entry &&
    tls4217_context_switch_connection(
      context, sess->control.conn, &sess->control.refusal) < 0) {
    return TLS4217_CHOICE_FAILED;
  }

  return choice;
}

/* Of a host that the client has named. */
static enum tls4217_choice use_host(
  struct tls4217_session *sess, const char *name) {
  const struct tls4217_vhost *host = tls4217_vhost_find(sess->control.named);
  const struct tls4217_context *context;

  /* One without TLS has no certificate of its own, nor may one have that a
   * module has just made (latehost.h); everything else of it applies. */
  if (host == NULL || (host->unprepared && host->tls == NULL)) {
    return use_context(sess, sess->control.entry, TLS4217_CHOICE_MADE);
  }

  if (host->tls == NULL) {
    return refuse(sess, TLS4217_CHOICE_UNKNOWN, name, host->last_error.text);
  }

  context = tls4217_generation_find_name(host->tls, name);
  return use_context(
    sess, context != NULL ? context : host->tls->context, TLS4217_CHOICE_MADE);
}

/* Of the host that the client has reached, perhaps by HOST. */
static enum tls4217_choice use_own(
  struct tls4217_session *sess, const char *name) {
  const struct tls4217_context *context = tls4217_generation_find_name(
    sess->server->tls, name);

  if (context == NULL &&
    sess->settings.unknown_name == TLS4217_UNKNOWN_NAME_REJECT) {
    return refuse(sess, TLS4217_CHOICE_UNKNOWN, name,
      "no host and no certificate has it (TLSUnknownServerName reject)");
  }

  return use_context(
    sess, context != NULL ? context : find_unnamed(sess), TLS4217_CHOICE_MADE);
}

/* In the callback of the ClientHello. */
static enum tls4217_choice choose(void *who, const char *name) {
  struct tls4217_session *sess = who;
  struct tls4217_control_channel *control = &sess->control;
  server_rec *host;
  bool is_known;

  if (control->name_counts == false || *name == '\0') {
    return use_context(sess, find_unnamed(sess), TLS4217_CHOICE_IGNORED);
  }

  tls4217_notes_sni(name);
  pr_event_generate("mod_tls.sni", name);

  host = find_host(sess, name, &is_known);
  control->named = host;
  if (host == NULL) {
    return use_own(sess, name);
  }

  if (is_known == false) {
    teach_core(host, name);
  }

  /* Refused behind the handshake, in words. */
  if (tls4217_admission_are_two_hosts(chosen_by_host(), host)) {
    return use_context(sess, control->entry, TLS4217_CHOICE_MADE);
  }

  return use_host(sess, name);
}

void tls4217_hosts_await_name(struct tls4217_session *sess) {
  sess->control.named = NULL;
  sess->control.name_counts = sess->settings.options.server_name;
  sess->control.context = sess->control.entry;
  tls4217_error_clear(&sess->control.refusal);
  sess->binding.is_other_host = is_other_host;
  sess->binding.who = sess;
  tls4217_connection_choose_with(sess->control.conn, choose, sess);
}

bool tls4217_hosts_agree(const struct tls4217_session *sess) {
  return tls4217_admission_are_two_hosts(
           chosen_by_host(), sess->control.named) == false;
}

void tls4217_hosts_follow_name(struct tls4217_session *sess) {
  server_rec *host = sess->control.named;
  struct tls4217_connection_info info;

  if (host == NULL || host == main_server) {
    return;
  }

  /* Whoever was verified has been by its CAs. */
  if (sess->control.context != sess->control.entry) {
    sess->peer.server = tls4217_vhost_find(host);
  }

  tls4217_connection_info(sess->control.conn, &info);
  tls4217_serverchange_make(sess, host, info.server_name);
}
