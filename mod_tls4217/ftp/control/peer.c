/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the client's certificate, and whether it is accepted
 *
 * See peer.h.  What a login makes of the certificate is in certlogin.c.
 */

#include <stddef.h>

#include "mod_tls4217/ftp/control/peer.h"
#include "mod_tls4217/ftp/response.h"

/* As text without the prefix of an IPv4 address in IPv6. */
static const char *remote_address(void) {
  const pr_netaddr_t *addr = session.c->remote_addr;
  const char *text;

  if (pr_netaddr_is_v4mappedv6(addr) == TRUE) {
    addr = pr_netaddr_v6tov4(session.pool, addr);
  }

  text = addr != NULL ? pr_netaddr_get_ipstr(addr) : NULL;
  return text != NULL ? text : "";
}

/* The client's name in DNS, or NULL: an address is none. */
static const char *remote_name(void) {
  const char *name = session.c->remote_name;

  if (name == NULL ||
    strcmp(name, pr_netaddr_get_ipstr(session.c->remote_addr)) == 0) {
    return NULL;
  }

  return name;
}

static bool has_dns_name(const struct tls4217_identity *identity) {
  const char *name = remote_name();

  return name != NULL &&
    tls4217_identity_has_alt_name(identity, TLS4217_IDENTITY_DNS, name);
}

static bool has_address(const struct tls4217_identity *identity) {
  return tls4217_identity_has_alt_name(
    identity, TLS4217_IDENTITY_IP, remote_address());
}

/* Here the common name is a host's, which has no case. */
static bool has_common_name(const struct tls4217_identity *identity) {
  const char *name = remote_name();

  return name != NULL && identity->common_name != NULL &&
    strcasecmp(identity->common_name, name) == 0;
}

static const struct requirement {
  size_t option; /* offset of a bool in struct tls4217_options */
  const char *directive;
  bool (*holds)(const struct tls4217_identity *identity);
  const char *text;
} requirements[] = {
  { offsetof(struct tls4217_options, dns_name_required),
    "TLSOptions dNSNameRequired", has_dns_name,
    "the certificate does not name this client's host (dNSName)" },
  { offsetof(struct tls4217_options, ip_address_required),
    "TLSOptions iPAddressRequired", has_address,
    "the certificate does not name this client's address (iPAddress)" },
  { offsetof(struct tls4217_options, common_name_required),
    "TLSOptions CommonNameRequired", has_common_name,
    "the certificate does not name this client's host (CommonName)" },
};

static const struct requirement *find_unmet(
  const struct tls4217_session *sess) {
  for (size_t i = 0; i < sizeof(requirements) / sizeof(requirements[0]); i++) {
    if (tls4217_options_get(&sess->settings.options, requirements[i].option) &&
      requirements[i].holds(sess->peer.identity) == false) {
      return &requirements[i];
    }
  }

  return NULL;
}

void tls4217_peer_raise_failure(int error) {
  int code = error;

  pr_event_generate("mod_tls.verify-client-failed", &code);
}

static void log_certificate(
  const struct tls4217_session *sess, const char *outcome) {
  const struct tls4217_identity *identity = sess->peer.identity;

  tls4217_session_log(sess,
    "client certificate of %s: SHA-256 %s, serial %s, subject '%s', issuer "
    "'%s': %s",
    remote_address(), identity->fingerprint, identity->serial,
    identity->subject, identity->issuer, outcome);
}

static int refuse(struct tls4217_session *sess, int error, const char *text,
  const char *advice, struct tls4217_error *err) {
  tls4217_error_set(err, EPERM, "%s", text);
  log_certificate(
    sess, pstrcat(sess->pool, "refused: ", text, " (", advice, ")", NULL));

  tls4217_peer_raise_failure(error);
  tls4217_peer_forget(sess);
  return -1;
}

int tls4217_peer_admit(
  struct tls4217_session *sess, struct tls4217_error *err) {
  const struct requirement *unmet;
  X509 *cert;
  int error;

  tls4217_peer_forget(sess);
  cert = tls4217_connection_peer(sess->control.conn);
  if (cert == NULL) {
    return 0;
  }

  sess->peer.identity = tls4217_identity_new(cert, err);
  if (sess->peer.identity == NULL) {
    return -1;
  }

  error = tls4217_connection_verify_error(sess->control.conn);
  if (error != X509_V_OK) {
    const struct tls4217_verify_reason reason = tls4217_verify_reason_for(
      error);

    return refuse(sess, error, reason.text, reason.advice, err);
  }

  unmet = find_unmet(sess);
  if (unmet != NULL) {
    return refuse(sess, X509_V_ERR_APPLICATION_VERIFICATION, unmet->text,
      unmet->directive, err);
  }

  sess->peer.server = sess->server;
  log_certificate(sess, "verified");
  pr_event_generate("mod_tls.verify-client", NULL);
  return 0;
}

/* The client may be writing: what it has not read yet must not be lost. */
static void say_goodbye(const struct tls4217_session *sess) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (sess->control.conn != NULL &&
    tls4217_connection_shutdown(sess->control.conn, false,
      TLS4217_LINGER_GOODBYE, &err) == TLS4217_IO_DONE) {
    tls4217_linger_before_close(
      PR_NETIO_FD(session.c->outstrm), TLS4217_LINGER_GOODBYE);
  }
}

void tls4217_peer_end_session(enum tls4217_reply_id id, const char *reason) {
  tls4217_response_now(id, reason);
  say_goodbye(tls4217_session_get());
  pr_session_disconnect(&tls4217_module, PR_SESS_DISCONNECT_BY_APPLICATION,
    "client certificate refused");
}

bool tls4217_peer_is_same(const struct tls4217_session *sess) {
  /* HOST may have led to a server that asks for none. */
  return sess->peer.identity == NULL || sess->server == NULL ||
    sess->server->tls == NULL || sess->server->tls->verify == NULL ||
    tls4217_identity_is(
      sess->peer.identity, tls4217_connection_peer(sess->data.conn));
}

int tls4217_peer_change_server(struct tls4217_session *sess) {
  if (sess->control.conn == NULL || sess->server == sess->peer.server) {
    return 0;
  }

  sess->peer.server = NULL;
  return sess->server != NULL &&
      sess->server->settings.client.verify.mode == TLS4217_VERIFY_REQUIRED ?
    -1 :
    0;
}

void tls4217_peer_forget(struct tls4217_session *sess) {
  tls4217_identity_free(sess->peer.identity);
  sess->peer.identity = NULL;
  sess->peer.server = NULL;
}
