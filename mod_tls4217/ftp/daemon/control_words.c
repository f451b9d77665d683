/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" does for the servers
 *
 * See control_words.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/control_words.h"
#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/ftp/daemon/renewal.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/tls/cert/certinfo.h"

/* What is shown of one certificate. */
struct summary {
  pool *pool;
  const char *subject, *end;
};

static void note_value(void *user, const char *name, const char *value) {
  struct summary *summary = user;

  if (strcmp(name, "S_DN") == 0) {
    summary->subject = pstrdup(summary->pool, value);

  } else if (strcmp(name, "V_END") == 0) {
    summary->end = pstrdup(summary->pool, value);
  }
}

static struct summary summarize(pool *p, const struct tls4217_keypair *pair) {
  struct summary summary = { .pool = p, .subject = "", .end = "" };

  tls4217_certinfo_list(pair->leaf, note_value, &summary);
  return summary;
}

static void say_server(const struct tls4217_control_answer *answer,
  const struct tls4217_vhost *server) {
  tls4217_control_answer_say(answer, "%s (%s): %s", server->rec->ServerName,
    tls4217_complaints_address(answer->pool, server->rec),
    server->tls != NULL ? "serves TLS" : server->last_error.text);
  if (server->tls == NULL) {
    return;
  }

  for (size_t i = 0; i < server->tls->npairs; i++) {
    const struct tls4217_keypair *pair = server->tls->pairs[i];
    const struct summary summary = summarize(answer->pool, pair);

    tls4217_control_answer_say(answer, "  %s, until %s (%s)", summary.subject,
      summary.end, pair->label != NULL ? pair->label : "-");
  }

  tls4217_control_answer_say(answer, "  generation %lu", server->number);
  if (tls4217_error_is_set(&server->last_error)) {
    tls4217_control_answer_say(answer,
      "  its files cannot be used, and what was read before remains in use: %s",
      server->last_error.text);
  }
}

static void put_server(const struct tls4217_control_answer *answer,
  const struct tls4217_vhost *server) {
  pool *p = answer->pool;
  const char *address = tls4217_complaints_address(p, server->rec);
  pr_json_object_t *object = pr_json_object_alloc(p);

  (void) pr_json_object_set_string(
    p, object, "name", tls4217_control_answer_cut(p, server->rec->ServerName));
  (void) pr_json_object_set_string(p, object, "address", address);
  (void) pr_json_object_set_bool(
    p, object, "serves", server->tls != NULL ? TRUE : FALSE);
  (void) pr_json_object_set_number(
    p, object, "generation", (double) server->number);
  if (tls4217_error_is_set(&server->last_error)) {
    (void) pr_json_object_set_string(p, object, "trouble",
      tls4217_control_answer_cut(p, server->last_error.text));
  }

  tls4217_control_answer_say_json(answer, "server", object);
  for (size_t i = 0; server->tls != NULL && i < server->tls->npairs; i++) {
    const struct tls4217_keypair *pair = server->tls->pairs[i];
    const struct summary summary = summarize(p, pair);

    object = pr_json_object_alloc(p);
    (void) pr_json_object_set_string(p, object, "server", address);
    (void) pr_json_object_set_string(
      p, object, "subject", tls4217_control_answer_cut(p, summary.subject));
    (void) pr_json_object_set_string(p, object, "valid_until", summary.end);
    (void) pr_json_object_set_string(p, object, "file",
      tls4217_control_answer_cut(p, pair->label != NULL ? pair->label : "-"));
    tls4217_control_answer_say_json(answer, "certificate", object);
  }
}

static void say_tickets(const struct tls4217_control_answer *answer) {
  struct tls4217_ticketkeys_facts facts;

  if (tls4217_ticketkeys_tell(&facts)) {
    tls4217_control_answer_say(answer,
      "session tickets: key %s encrypts, %lu decrypt", facts.label,
      (unsigned long) facts.count);
  }
}

static void put_tickets(const struct tls4217_control_answer *answer) {
  struct tls4217_ticketkeys_facts facts;
  pool *p = answer->pool;
  pr_json_object_t *object = pr_json_object_alloc(p);

  if (tls4217_ticketkeys_tell(&facts)) {
    (void) pr_json_object_set_string(p, object, "key", facts.label);
    (void) pr_json_object_set_number(p, object, "keys", (double) facts.count);
    tls4217_control_answer_say_json(answer, "tickets", object);
  }
}

static void put_counter(void *user, const char *name, const char *help,
  const char *labels, uint64_t value) {
  const struct tls4217_control_answer *answer = user;
  pool *p = answer->pool;
  pr_json_object_t *object = pr_json_object_alloc(p);

  (void) pr_json_object_set_string(p, object, "name", name);
  (void) pr_json_object_set_string(p, object, "labels", labels);
  (void) pr_json_object_set_number(p, object, "value", (double) value);
  tls4217_control_answer_say_json(answer, "counter", object);
}

static void say_json(const struct tls4217_control_answer *answer) {
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  (void) pr_json_object_set_string(
    answer->pool, object, "version", MOD_TLS4217_VERSION);
  tls4217_control_answer_say_json(answer, "module", object);
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    put_server(answer, server);
  }

  put_tickets(answer);

  tls4217_counters_list(
    tls4217_shared_counters(), put_counter, (void *) answer);
}

/* A zero is of no interest to a reader. */
static void say_counter(void *user, const char *name, const char *help,
  const char *labels, uint64_t value) {
  if (value > 0) {
    tls4217_control_answer_say(
      user, "%s{%s} %llu", name, labels, (unsigned long long) value);
  }
}

int tls4217_control_words_info(const struct tls4217_control_answer *answer) {
  if (answer->json) {
    say_json(answer);
    return 0;
  }

  tls4217_control_answer_say(answer, "%s", MOD_TLS4217_VERSION);
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    say_server(answer, server);
  }

  say_tickets(answer);
  tls4217_counters_list(
    tls4217_shared_counters(), say_counter, (void *) answer);
  return 0;
}

/* The server of that name or address; NULL where there is none. */
static const struct tls4217_vhost *find_server(pool *p, const char *name) {
  const struct tls4217_vhost *server = tls4217_vhost_first();

  while (server != NULL && strcasecmp(server->rec->ServerName, name) != 0 &&
    strcmp(tls4217_complaints_address(p, server->rec), name) != 0) {
    server = server->next;
  }

  return server;
}

/* Those whose files could not be used. */
static void say_failures(const struct tls4217_control_answer *answer,
  const struct tls4217_vhost *only) {
  for (const struct tls4217_vhost *server = tls4217_vhost_first();
       server != NULL; server = server->next) {
    if (tls4217_error_is_set(&server->last_error) &&
      (only == NULL || server == only)) {
      tls4217_control_answer_say(answer, "%s (%s): %s: %s",
        server->rec->ServerName,
        tls4217_complaints_address(answer->pool, server->rec),
        server->tls != NULL ? "nothing was changed" : "it cannot serve TLS",
        server->last_error.text);
    }
  }
}

int tls4217_control_words_reload(const struct tls4217_control_answer *answer) {
  const struct tls4217_vhost *only = NULL;
  struct tls4217_error err;
  bool failed = false;

  if (answer->argc > 0) {
    only = find_server(answer->pool, answer->argv[0]);
    if (only == NULL) {
      tls4217_control_answer_say(answer,
        "there is no server '%s' with TLSEngine on: 'ftpdctl tls info' lists "
        "names and addresses",
        answer->argv[0]);
      return -1;
    }
  }

  tls4217_error_clear(&err);
  if (only == NULL && tls4217_ticketkeys_reload(&err) < 0) {
    tls4217_control_answer_say(
      answer, "TLSSessionTicketKeyFile: nothing was changed: %s", err.text);
    failed = true;
  }

  if (tls4217_renewal_reload(only) < 0) {
    say_failures(answer, only);
    failed = true;
  }

  if (failed) {
    return -1;
  }

  tls4217_control_answer_say(answer, "certificates, keys and CAs are read: %s",
    only != NULL ? "the server serves TLS" : "all servers serve TLS");
  return 0;
}

int tls4217_control_words_rotate(const struct tls4217_control_answer *answer) {
  struct tls4217_ticketkeys_facts facts;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_ticketkeys_rotate(&err) < 0) {
    tls4217_control_answer_say(answer, "%s", err.text);
    return -1;
  }

  if (tls4217_ticketkeys_tell(&facts) && facts.are_files) {
    tls4217_control_answer_say(answer,
      "the keys of session tickets are read from their files again: put a new "
      "file first to have another key");
    return 0;
  }

  tls4217_control_answer_say(answer,
    "a new key encrypts session tickets from now on; tickets of the previous "
    "ones are read for as long as TLSSessionTicketKeys keeps them");
  return 0;
}
