/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - who may have a data connection
 *
 * See data_gates.h.  RFC 4217, sections 10.2 and 15.
 */

#include "mod_tls4217/ftp/data/data_gates.h"
#include "mod_tls4217/ftp/data/failure.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/control/peer.h"

static bool is_reuse_required(const struct tls4217_session *sess) {
  return sess->settings.options.session_reuse_required;
}

/* RFC 4217, section 10.2: a server may insist on a cached session. */
static enum tls4217_reply_id reuse_refusal(const struct tls4217_session *sess) {
  static const enum tls4217_reply_id refusals[] = {
    [TLS4217_REUSE_NONE] = TLS4217_REPLY_DATA_NOT_REUSED,
    [TLS4217_REUSE_FOREIGN] = TLS4217_REPLY_DATA_FOREIGN_SESSION,
    [TLS4217_REUSE_STALE] = TLS4217_REPLY_DATA_FOREIGN_SESSION,
    [TLS4217_REUSE_OTHER_HOST] = TLS4217_REPLY_DATA_OTHER_HOST,
    [TLS4217_REUSE_OWN] = TLS4217_REPLY_NONE,
    [TLS4217_REUSE_USER] = TLS4217_REPLY_NONE,
  };
  enum tls4217_reuse reuse = tls4217_connection_reuse(sess->data.conn);

  /* What another connection's session opens must come from where that is. */
  if (reuse == TLS4217_REUSE_USER &&
    pr_netaddr_cmp(session.d->remote_addr, session.c->remote_addr) != 0) {
    return TLS4217_REPLY_DATA_FOREIGN_SESSION;
  }

  return refusals[reuse];
}

static enum tls4217_reply_id check_reuse(const struct tls4217_session *sess) {
  return is_reuse_required(sess) ? reuse_refusal(sess) : TLS4217_REPLY_NONE;
}

/* RFC 4217, section 15.1.2. */
static enum tls4217_reply_id check_peer(const struct tls4217_session *sess) {
  return tls4217_peer_is_same(sess) ? TLS4217_REPLY_NONE :
                                      TLS4217_REPLY_DATA_OTHER_PEER;
}

/* AllowForeignAddress: "on", or a class that the address belongs to. */
static bool is_foreign_allowed(void) {
  const config_rec *c = find_config(
    TOPLEVEL_CONF, CONF_PARAM, "AllowForeignAddress", FALSE);
  const pr_class_t *class;
  int allowed;

  if (c == NULL) {
    return false;
  }

  allowed = *((int *) c->argv[0]);
  if (allowed == TRUE || allowed == FALSE) {
    return allowed == TRUE;
  }

  class = pr_class_find(c->argv[1]);
  return class != NULL &&
    pr_class_satisfied(session.pool, class, session.d->remote_addr) == TRUE;
}

/*
 * Where no TLS session binds it to its control connection, whoever is first
 * at a passive port would have the data.  The core looks at the address by
 * itself only where AllowForeignAddress is set, or since 1.3.10rc4.
 */
static enum tls4217_reply_id check_address(const struct tls4217_session *sess) {
  bool in_clear = (sess->data.conn == NULL);

  if ((in_clear == false && is_reuse_required(sess)) ||
    pr_netaddr_cmp(session.d->remote_addr, session.c->remote_addr) == 0 ||
    is_foreign_allowed()) {
    return TLS4217_REPLY_NONE;
  }

  return in_clear ? TLS4217_REPLY_DATA_FOREIGN_ADDRESS_CLEAR :
                    TLS4217_REPLY_DATA_FOREIGN_ADDRESS;
}

static const struct gate {
  enum tls4217_reply_id (*check)(const struct tls4217_session *sess);
  bool needs_tls;
} gates[] = {
  { check_reuse, true },
  { check_peer, true },
  { check_address, false },
};

/* TLSSessionReuse report: only what has passed all others. */
static void report_reuse(struct tls4217_session *sess) {
  enum tls4217_reply_id refusal;

  if (sess->data.conn == NULL ||
    sess->settings.session_reuse != TLS4217_SESSION_REUSE_REPORT) {
    return;
  }

  refusal = reuse_refusal(sess);
  if (refusal != TLS4217_REPLY_NONE) {
    tls4217_membership_report(sess, refusal);
  }
}

int tls4217_data_gates_pass(struct tls4217_session *sess) {
  for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++) {
    enum tls4217_reply_id refusal = TLS4217_REPLY_NONE;

    if (sess->data.conn != NULL || gates[i].needs_tls == false) {
      refusal = gates[i].check(sess);
    }

    if (refusal != TLS4217_REPLY_NONE) {
      tls4217_failure_set(sess, refusal, NULL);
      return -1;
    }
  }

  report_reuse(sess);
  return 0;
}
