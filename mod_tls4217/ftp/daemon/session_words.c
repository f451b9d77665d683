/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - "ftpdctl tls sessions"
 *
 * See session_words.h.
 */

#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/ftp/daemon/session_words.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/tls/scrub.h"

/* What comes from shared memory goes to a terminal, or into JSON. */
static const char *clean(char *text) {
  tls4217_scrub_to_utf8(text, '?');
  return *text != '\0' ? text : "-";
}

/* Calls each for every row of a session that is there. */
static void list_sessions(struct tls4217_control_answer *answer,
  void (*each)(struct tls4217_control_answer *answer,
    struct tls4217_roster_entry *entry, void *user),
  void *user) {
  const struct tls4217_roster *roster = tls4217_shared_roster();
  int count = tls4217_roster_count(roster);

  for (int i = 0; i < count; i++) {
    struct tls4217_roster_entry entry;

    if (tls4217_roster_read(roster, i, &entry) && entry.user[0] != '\0' &&
      tls4217_shared_is_alive(entry.pid, entry.start)) {
      each(answer, &entry, user);
    }
  }
}

static void say_session(struct tls4217_control_answer *answer,
  struct tls4217_roster_entry *entry, void *user) {
  tls4217_control_answer_say(answer, "%ld %s%s from %s, client '%s'",
    (long) entry->pid, clean(entry->user),
    entry->anonymous ? " (anonymous)" : "", clean(entry->address),
    clean(entry->client));
}

static void put_session(struct tls4217_control_answer *answer,
  struct tls4217_roster_entry *entry, void *user) {
  pool *p = answer->pool;
  pr_json_object_t *object = pr_json_object_alloc(p);

  (void) pr_json_object_set_number(p, object, "pid", entry->pid);
  (void) pr_json_object_set_string(p, object, "user", clean(entry->user));
  (void) pr_json_object_set_string(p, object, "address", clean(entry->address));
  (void) pr_json_object_set_string(p, object, "client", clean(entry->client));
  (void) pr_json_object_set_bool(
    p, object, "anonymous", entry->anonymous ? TRUE : FALSE);
  tls4217_control_answer_say_json(answer, "session", object);
}

/* Whether an earlier row has the same user, at the same server. */
static bool is_named_before(const struct tls4217_strangers *strangers, int row,
  const struct tls4217_stranger *who) {
  for (int i = 0; i < row; i++) {
    struct tls4217_stranger other;

    if (tls4217_strangers_read(strangers, i, &other) &&
      other.server == who->server && strcmp(other.user, who->user) == 0) {
      return true;
    }
  }

  return false;
}

static void say_line(
  struct tls4217_control_answer *answer, struct tls4217_stranger *who) {
  if (tls4217_strangers_is_plain(who->user)) {
    tls4217_control_answer_say(answer, "<IfUser %s>", who->user);
    tls4217_control_answer_say(answer, "  TLSSessionReuse off");
    tls4217_control_answer_say(answer, "</IfUser>");

  } else {
    tls4217_control_answer_say(answer,
      "# user '%s' has a name that <IfUser> does not take", clean(who->user));
  }
}

static void say_strangers(struct tls4217_control_answer *answer) {
  const struct tls4217_strangers *strangers = tls4217_shared_strangers();
  struct tls4217_stranger who;
  bool any = false;

  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    if (tls4217_strangers_read(strangers, i, &who)) {
      any = true;
      tls4217_control_answer_say(answer,
        "would be refused: user %s at %s, client '%s', %llu times",
        clean(who.user), clean(who.host), clean(who.client),
        (unsigned long long) who.count);
    }
  }

  if (any == false) {
    return;
  }

  tls4217_control_answer_say(
    answer, "# TLSSessionReuse user, with mod_ifsession:");
  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    if (tls4217_strangers_read(strangers, i, &who) &&
      is_named_before(strangers, i, &who) == false) {
      say_line(answer, &who);
    }
  }
}

static void put_strangers(struct tls4217_control_answer *answer) {
  const struct tls4217_strangers *strangers = tls4217_shared_strangers();
  pool *p = answer->pool;
  struct tls4217_stranger who;

  for (int i = 0; i < TLS4217_STRANGERS_ROWS; i++) {
    if (tls4217_strangers_read(strangers, i, &who)) {
      pr_json_object_t *object = pr_json_object_alloc(p);

      (void) pr_json_object_set_string(p, object, "user", clean(who.user));
      (void) pr_json_object_set_string(p, object, "server", clean(who.host));
      (void) pr_json_object_set_string(p, object, "client", clean(who.client));
      (void) pr_json_object_set_number(
        p, object, "data_connections", (double) who.count);
      tls4217_control_answer_say_json(answer, "would_be_refused", object);
    }
  }
}

static void say_json(struct tls4217_control_answer *answer) {
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  (void) pr_json_object_set_string(
    answer->pool, object, "version", MOD_TLS4217_VERSION);
  tls4217_control_answer_say_json(answer, "module", object);
  list_sessions(answer, put_session, NULL);
  put_strangers(answer);
}

int tls4217_session_words_list(struct tls4217_control_answer *answer) {
  if (tls4217_shared_roster() == NULL) {
    tls4217_control_answer_say(
      answer, "there was no memory for the table of sessions");
    return TLS4217_CONTROL_FAILED;
  }

  (void) tls4217_roster_sweep(tls4217_shared_roster(), tls4217_shared_is_alive);
  if (answer->json) {
    say_json(answer);

  } else {
    tls4217_control_answer_say(answer, "sessions that are logged in:");
    list_sessions(answer, say_session, NULL);
    say_strangers(answer);
  }

  return TLS4217_CONTROL_OK;
}
