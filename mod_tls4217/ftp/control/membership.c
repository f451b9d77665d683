/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a session's place among those that are logged in
 *
 * See membership.h.  What is decided is in rfc4217/roster.c.
 */

#include "mod_tls4217/ftp/control/control.h"
#include "mod_tls4217/ftp/control/membership.h"
#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/rfc4217/roster.h"
#include "mod_tls4217/rfc4217/strangers.h"
#include "mod_tls4217/tls/scrub.h"

void tls4217_membership_prepare(struct tls4217_session *sess) {
  sess->member.row = -1;
  sess->member.start = tls4217_shared_start_of((int32_t) getpid());
}

void tls4217_membership_name_client(
  struct tls4217_session *sess, const char *client) {
  char *name = sess->member.client;

  (void) snprintf(name, sizeof(sess->member.client), "%s", client);
  tls4217_scrub(name, '?');
}

/* A host that the daemon has not known is this session's alone: several may
 * have one name, and users of their own. */
static uint64_t get_server(const struct tls4217_session *sess) {
  const uint64_t scope = tls4217_keychannel_scope(main_server);

  return sess->server != NULL && sess->server->unprepared ?
    scope ^ ((uint64_t) getpid() << 32) :
    scope;
}

static struct tls4217_roster_entry make_entry(
  const struct tls4217_session *sess) {
  struct tls4217_roster_entry entry = {
    .pid = (int32_t) getpid(),
    .start = sess->member.start,
    .server = get_server(sess),
    .anonymous = session.anon_config != NULL,
  };

  tls4217_roster_set_text(entry.user, sizeof(entry.user), session.user);
  tls4217_roster_set_text(entry.address, sizeof(entry.address),
    pr_netaddr_get_ipstr(session.c->remote_addr));
  tls4217_roster_set_text(
    entry.client, sizeof(entry.client), sess->member.client);
  return entry;
}

/*
 * A client that opens several connections at once may resume, for the data of
 * one, the session of another that is between its handshake and its login.  How
 * long that is waited for, and how often it is checked, in milliseconds.
 */
#define PATIENCE 1500
#define INTERVAL 15

/* Returns false where the client wants no data connection any more: ABOR, or
 * its control connection's end. */
static bool pause_shortly(void) {
  const struct timespec interval = { .tv_nsec = INTERVAL * 1000000L };
  struct tls4217_session *sess = tls4217_session_get();

  if (sess->control.writing == false && sess->control.ended == false &&
    tls4217_control_look(sess) >= TLS4217_CONTROL_ABORT) {
    return false;
  }

  (void) nanosleep(&interval, NULL);
  return true;
}

/* The connection that a ticket was given to; or, when that one is over, one
 * that has resumed it: a client goes on with the same ticket there. */
static bool find_other(const struct tls4217_roster_entry *own,
  const unsigned char *digest, struct tls4217_roster_entry *other) {
  const struct tls4217_roster *roster = tls4217_shared_roster();

  return tls4217_roster_find(roster, digest, tls4217_shared_is_alive, other) ||
    tls4217_roster_find_heir(
      roster, own, digest, tls4217_shared_is_alive, other);
}

static enum tls4217_kinship compare_with(
  const struct tls4217_roster_entry *own, const unsigned char *digest) {
  struct tls4217_roster_entry other;

  for (int waited = 0; waited <= PATIENCE; waited += INTERVAL) {
    if (find_other(own, digest, &other) == false) {
      return TLS4217_KINSHIP_UNKNOWN;
    }

    if (tls4217_roster_may_become_companions(own, &other) == false) {
      return tls4217_roster_are_companions(own, &other) ?
        TLS4217_KINSHIP_SAME :
        TLS4217_KINSHIP_STRANGER;
    }

    if (pause_shortly() == false) {
      break;
    }
  }

  return TLS4217_KINSHIP_UNKNOWN;
}

/* binding.h: asked when a data connection brings a ticket of another one. */
static enum tls4217_kinship find_kin(
  const void *who, const unsigned char *digest) {
  const struct tls4217_session *sess = who;
  const struct tls4217_roster *roster = tls4217_shared_roster();
  enum tls4217_session_reuse reuse = sess->settings.session_reuse;
  struct tls4217_roster_entry own;

  if (roster == NULL || sess->member.row < 0 ||
    (reuse != TLS4217_SESSION_REUSE_USER &&
      reuse != TLS4217_SESSION_REUSE_REPORT) ||
    tls4217_roster_read(roster, sess->member.row, &own) == false ||
    own.pid != (int32_t) getpid()) {
    return TLS4217_KINSHIP_STRANGER;
  }

  return compare_with(&own, digest);
}

static void enter(
  struct tls4217_session *sess, const struct tls4217_roster_entry *entry) {
  sess->member.row = tls4217_roster_enter(
    tls4217_shared_roster(), entry, tls4217_shared_is_alive);
  if (sess->member.row < 0) {
    tls4217_session_log(sess,
      "the table of sessions is full (%d): TLSSessionReuse user acts as "
      "'connection' for this session",
      TLS4217_ROSTER_ROWS);
  }
}

static void write_row(struct tls4217_session *sess) {
  struct tls4217_roster_entry entry = make_entry(sess);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_shared_roster() == NULL) {
    return;
  }

  if (tls4217_binding_digest(sess->binding.id, entry.digest, &err) < 0 ||
    (sess->binding.has_resumed &&
      tls4217_binding_digest(sess->binding.resumed, entry.resumed, &err) < 0)) {
    tls4217_session_log(sess, "%s", err.text);

  } else if (sess->member.row < 0) {
    enter(sess, &entry);

  } else {
    tls4217_roster_update(tls4217_shared_roster(), sess->member.row, &entry);
  }
}

void tls4217_membership_register(struct tls4217_session *sess) {
  write_row(sess);
}

void tls4217_membership_join(struct tls4217_session *sess) {
  if (tls4217_session_is_logged_in()) {
    write_row(sess);
    sess->binding.find_kin = find_kin;
    sess->binding.who = sess;
  }
}

void tls4217_membership_leave(struct tls4217_session *sess) {
  if (tls4217_shared_roster() != NULL) {
    tls4217_roster_leave(
      tls4217_shared_roster(), sess->member.row, (int32_t) getpid());
  }

  sess->member.row = -1;
}

static void count_stranger(const struct tls4217_session *sess) {
  struct tls4217_strangers *strangers = tls4217_shared_strangers();
  struct tls4217_stranger who = {
    .server = tls4217_keychannel_scope(main_server),
  };

  tls4217_roster_set_text(who.user, sizeof(who.user), session.user);
  tls4217_roster_set_text(who.client, sizeof(who.client), sess->member.client);
  tls4217_roster_set_text(who.host, sizeof(who.host), main_server->ServerName);
  if (strangers != NULL && tls4217_strangers_add(strangers, &who) < 0) {
    tls4217_session_log(sess,
      "there is no room to count this user and client (%d are counted): "
      "'ftpdctl tls sessions' does not list them",
      TLS4217_STRANGERS_ROWS);
  }
}

void tls4217_membership_report(
  struct tls4217_session *sess, enum tls4217_reply_id refusal) {
  count_stranger(sess);
  if (sess->member.reported) {
    return;
  }

  sess->member.reported = true;
  tls4217_session_log(sess,
    "%sclient '%s': TLSSessionReuse report: accepted a data connection "
    "that 'user' would refuse: %s %s",
    tls4217_session_who(session.pool), sess->member.client,
    tls4217_reply_get(refusal)->code, tls4217_reply_get(refusal)->text);
}
