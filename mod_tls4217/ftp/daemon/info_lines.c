/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the lines of "ftpdctl tls info"
 *
 * See info_lines.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/info_lines.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/rfc4217/lifetime.h"

/* The most bytes of a text in an object: three short ones or a long one go
 * into a line (control_answer.h). */
#define SHORT 170
#define LONG  480

static const char *const stages[] = { [TLS4217_LIFETIME_FRESH] = "fresh",
  [TLS4217_LIFETIME_LATE] = "late",
  [TLS4217_LIFETIME_LAST] = "last",
  [TLS4217_LIFETIME_ENDED] = "ended" };

bool tls4217_info_lines_is_due(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item) {
  return info->answer->within >= 0 &&
    item->facts.end <= info->now + info->answer->within;
}

bool tls4217_info_lines_is_broken(const struct tls4217_vhost *server) {
  return server->tls == NULL || tls4217_error_is_set(&server->last_error) ||
    server->tls->troubles->nelts > 0;
}

/* "83 days left", "ended 3 days ago". */
static const char *describe_left(pool *p, int64_t left) {
  char text[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_describe(left < 0 ? -left : left, text);
  return left < 0 ? pstrcat(p, "ended ", text, " ago", NULL) :
                    pstrcat(p, text, " left", NULL);
}

static const char *date(pool *p, int64_t when) {
  char text[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_date(when, text);
  return pstrdup(p, text);
}

/* Summary. */

static const char *status_of(const struct tls4217_info *info) {
  return info->broken > 0 ? "broken" : info->due > 0 ? "due" : "ok";
}

static void put_summary(struct tls4217_info *info) {
  struct tls4217_control_answer *answer = info->answer;
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  tls4217_control_answer_set(
    answer, object, "version", MOD_TLS4217_VERSION, SHORT);
  tls4217_control_answer_set(answer, object, "status", status_of(info), SHORT);
  tls4217_control_answer_set_number(answer, object, "time", info->now);
  tls4217_control_answer_set_number(answer, object, "servers", info->servers);
  tls4217_control_answer_set_number(answer, object, "serving", info->serving);
  tls4217_control_answer_set_number(answer, object, "broken", info->broken);
  tls4217_control_answer_set_number(
    answer, object, "certificates", info->certificates);
  if (info->certificates > 0) {
    tls4217_control_answer_set_number(
      answer, object, "first_not_after", info->first.end);
    tls4217_control_answer_set(
      answer, object, "first_name", info->first.name, SHORT);
  }

  if (answer->within >= 0) {
    tls4217_control_answer_set_number(answer, object, "within", answer->within);
    tls4217_control_answer_set_number(answer, object, "due", info->due);
  }

  tls4217_control_answer_title_json(answer, "summary", object);
}

/* "all 2 servers serve TLS", "1 of 2 servers serves TLS". */
static const char *describe_servers(const struct tls4217_info *info) {
  char text[96];

  if (info->servers == 0) {
    return "no server has TLSEngine on";
  }

  if (info->serving == info->servers) {
    (void) snprintf(text, sizeof(text), "%s%u server%s TLS",
      info->servers > 1 ? "all " : "", info->servers,
      info->servers > 1 ? "s serve" : " serves");

  } else {
    (void) snprintf(text, sizeof(text), "%u of %u server%s TLS", info->serving,
      info->servers, info->serving == 1 ? "s serves" : "s serve");
  }

  return pstrdup(info->answer->pool, text);
}

/* ", 3 troubles", or "". */
static const char *describe_troubles(const struct tls4217_info *info) {
  char text[64] = "";

  if (info->broken > 0) {
    (void) snprintf(text, sizeof(text), ", %u thing%s not work", info->broken,
      info->broken == 1 ? " does" : "s do");
  }

  return pstrdup(info->answer->pool, text);
}

/* "; of 5 certificates the first to end ", "; 2 of 5 certificates end within 30
 * days, the first ". */
static void describe_number(
  const struct tls4217_info *info, char *text, size_t size) {
  char within[TLS4217_LIFETIME_TEXT];

  if (info->answer->within < 0) {
    (void) snprintf(text, size, "; of %u certificate%s the first to end ",
      info->certificates, info->certificates == 1 ? "" : "s");
    return;
  }

  tls4217_lifetime_describe(info->answer->within, within);
  if (info->due > 0) {
    (void) snprintf(text, size,
      "; %u of %u certificate%s within %s, the first ", info->due,
      info->certificates,
      info->certificates == 1 ? " ends" :
        info->due == 1        ? "s ends" :
                                "s end",
      within);

  } else {
    (void) snprintf(text, size,
      "; none of %u certificate%s ends within %s, the first ",
      info->certificates, info->certificates == 1 ? "" : "s", within);
  }
}

static const char *describe_certificates(const struct tls4217_info *info) {
  pool *p = info->answer->pool;
  char text[160];

  if (info->certificates == 0) {
    return "";
  }

  describe_number(info, text, sizeof(text));
  return pstrcat(p, text, "is that of ", info->first.name, ": ",
    describe_left(p, info->first.end - info->now), ", until ",
    date(p, info->first.end), NULL);
}

static const char *upper(pool *p, const char *text) {
  char *copy = pstrdup(p, text);

  for (char *at = copy; *at != '\0'; at++) {
    *at = (char) toupper((unsigned char) *at);
  }

  return copy;
}

void tls4217_info_lines_summary(struct tls4217_info *info) {
  if (info->answer->json) {
    put_summary(info);
    return;
  }

  tls4217_control_answer_title(info->answer, "%s: %s: %s%s%s",
    MOD_TLS4217_VERSION, upper(info->answer->pool, status_of(info)),
    describe_servers(info), describe_troubles(info),
    describe_certificates(info));
}

/* Servers. */

static void put_troubles(
  struct tls4217_control_answer *answer, const struct tls4217_vhost *server) {
  const array_header *troubles = server->tls != NULL ? server->tls->troubles :
                                                       NULL;

  for (unsigned int i = 0; troubles != NULL && i < troubles->nelts; i++) {
    pr_json_object_t *object = pr_json_object_alloc(answer->pool);

    tls4217_control_answer_set(answer, object, "server",
      tls4217_complaints_address(answer->pool, server->rec), SHORT);
    tls4217_control_answer_set(
      answer, object, "text", ((const char **) troubles->elts)[i], LONG);
    tls4217_control_answer_say_json(answer, "trouble", object);
  }
}

static void put_server(
  struct tls4217_control_answer *answer, const struct tls4217_vhost *server) {
  pool *p = answer->pool;
  pr_json_object_t *object = pr_json_object_alloc(p);

  tls4217_control_answer_set(
    answer, object, "name", server->rec->ServerName, SHORT);
  tls4217_control_answer_set(answer, object, "address",
    tls4217_complaints_address(p, server->rec), SHORT);
  (void) pr_json_object_set_bool(
    p, object, "serves", server->tls != NULL ? TRUE : FALSE);
  tls4217_control_answer_set_number(
    answer, object, "generation", (int64_t) server->number);
  if (server->tls != NULL) {
    tls4217_control_answer_set_number(answer, object, "built", server->built);
    tls4217_control_answer_set(answer, object, "cause", server->cause, SHORT);
  }

  if (tls4217_error_is_set(&server->last_error)) {
    tls4217_control_answer_set(
      answer, object, "error", server->last_error.text, LONG);
    if (server->failures > 0) {
      tls4217_control_answer_set_number(
        answer, object, "error_since", server->failed_since);
      tls4217_control_answer_set_number(
        answer, object, "error_attempts", server->failures);
    }
  }

  tls4217_control_answer_say_json(answer, "server", object);
  put_troubles(answer, server);
}

static void say_error(
  struct tls4217_control_answer *answer, const struct tls4217_vhost *server) {
  const array_header *troubles = server->tls->troubles;

  if (tls4217_error_is_set(&server->last_error)) {
    tls4217_control_answer_say(answer,
      "  its files cannot be used since %s (attempts: %u), and what was read "
      "before remains in use: %s",
      date(answer->pool, server->failed_since), server->failures,
      server->last_error.text);
  }

  for (unsigned int i = 0; i < troubles->nelts; i++) {
    tls4217_control_answer_say(
      answer, "  %s", ((const char **) troubles->elts)[i]);
  }
}

void tls4217_info_lines_server(
  const struct tls4217_info *info, const struct tls4217_vhost *server) {
  struct tls4217_control_answer *answer = info->answer;
  const char *address = tls4217_complaints_address(answer->pool, server->rec);

  if (answer->json) {
    put_server(answer, server);
    return;
  }

  if (server->tls == NULL) {
    tls4217_control_answer_head(answer, "%s (%s): cannot serve TLS: %s",
      server->rec->ServerName, address, server->last_error.text);
    return;
  }

  tls4217_control_answer_head(answer,
    "%s (%s): serves TLS, generation %lu of %s (%s)", server->rec->ServerName,
    address, server->number, date(answer->pool, server->built), server->cause);
  say_error(answer, server);
}

/* Certificates. */

static void put_certificate(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item) {
  struct tls4217_control_answer *answer = info->answer;
  const struct tls4217_certfacts *facts = &item->facts;
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  tls4217_control_answer_set(answer, object, "server",
    tls4217_complaints_address(answer->pool, item->server->rec), SHORT);
  tls4217_control_answer_set_number(
    answer, object, "number", (int64_t) item->number);
  tls4217_control_answer_set(answer, object, "name", facts->name, SHORT);
  tls4217_control_answer_set_number(
    answer, object, "names", (int64_t) facts->names);
  (void) pr_json_object_set_bool(
    answer->pool, object, "by_name", item->is_named ? TRUE : FALSE);
  tls4217_control_answer_set(answer, object, "file", item->file, SHORT);
  tls4217_control_answer_set(answer, object, "key", facts->key, SHORT);
  tls4217_control_answer_set_number(answer, object, "not_before", facts->start);
  tls4217_control_answer_set_number(answer, object, "not_after", facts->end);
  tls4217_control_answer_set_number(
    answer, object, "seconds_left", facts->end - info->now);
  tls4217_control_answer_set(answer, object, "stage",
    stages[tls4217_lifetime_stage(facts->start, facts->end, info->now)], SHORT);
  tls4217_control_answer_say_json(answer, "certificate", object);
}

void tls4217_info_lines_certificate(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item) {
  const struct tls4217_certfacts *facts = &item->facts;
  pool *p = info->answer->pool;
  char others[32] = "";

  if (info->answer->json) {
    put_certificate(info, item);
    return;
  }

  if (facts->names > 1) {
    (void) snprintf(others, sizeof(others), " and %lu more",
      (unsigned long) facts->names - 1);
  }

  tls4217_control_answer_say(info->answer, "  %s%s, %s: %s, until %s (%s)",
    facts->name, others, facts->key, describe_left(p, facts->end - info->now),
    date(p, facts->end), item->file);
}

/* Keys. */

static void put_keys(struct tls4217_control_answer *answer,
  const struct tls4217_ticketkeys_facts *tickets) {
  const struct tls4217_counters_keys keys = tls4217_counters_of_keys(
    tls4217_shared_counters());
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  (void) pr_json_object_set_bool(answer->pool, object, "isolation",
    tls4217_keyprocess_is_there() ? TRUE : FALSE);
  tls4217_control_answer_set_number(
    answer, object, "pid", tls4217_keyprocess_pid());
  tls4217_control_answer_set_number(
    answer, object, "signatures", (int64_t) keys.signatures);
  tls4217_control_answer_set_number(
    answer, object, "failures", (int64_t) keys.failures);
  tls4217_control_answer_set_number(
    answer, object, "restarts", (int64_t) keys.restarts);
  tls4217_control_answer_say_json(answer, "key_process", object);

  if (tickets != NULL) {
    object = pr_json_object_alloc(answer->pool);
    tls4217_control_answer_set(answer, object, "key", tickets->label, SHORT);
    tls4217_control_answer_set_number(
      answer, object, "keys", (int64_t) tickets->count);
    (void) pr_json_object_set_bool(
      answer->pool, object, "files", tickets->are_files ? TRUE : FALSE);
    tls4217_control_answer_set_number(answer, object, "since", tickets->since);
    tls4217_control_answer_set_number(answer, object, "next", tickets->next);
    tls4217_control_answer_say_json(answer, "tickets", object);
  }
}

#define NO_TICKET_FILES \
 "TLSSessionTicketKeyFile cannot be used; ProFTPD's log says why"

static void say_refused_files(struct tls4217_control_answer *answer) {
  pr_json_object_t *object;

  if (answer->json == false) {
    tls4217_control_answer_say(answer, "session tickets: %s", NO_TICKET_FILES);
    return;
  }

  object = pr_json_object_alloc(answer->pool);
  tls4217_control_answer_set(answer, object, "text", NO_TICKET_FILES, LONG);
  tls4217_control_answer_say_json(answer, "trouble", object);
}

static void say_process(struct tls4217_control_answer *answer) {
  const struct tls4217_counters_keys keys = tls4217_counters_of_keys(
    tls4217_shared_counters());
  const unsigned long pid = (unsigned long) tls4217_keyprocess_pid();

  if (tls4217_keyprocess_is_there() == false) {
    tls4217_control_answer_say(answer,
      "private keys: in the daemon and its sessions (TLSKeyIsolation off)");

  } else if (pid == 0) {
    tls4217_control_answer_say(answer,
      "private keys: the key process is gone, and full handshakes fail until "
      "it is restarted; ProFTPD's log says why");

  } else {
    tls4217_control_answer_say(answer,
      "private keys: in the key process (%lu); signatures: %llu, failures: "
      "%llu, restarts: %llu",
      pid, (unsigned long long) keys.signatures,
      (unsigned long long) keys.failures, (unsigned long long) keys.restarts);
  }
}

static void say_tickets(const struct tls4217_info *info,
  const struct tls4217_ticketkeys_facts *tickets) {
  pool *p = info->answer->pool;
  char age[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_describe(
    info->now > tickets->since ? info->now - tickets->since : 0, age);
  tls4217_control_answer_say(info->answer,
    "session tickets: key %s encrypts since %s (%s), another one %s; %lu "
    "decrypt%s",
    tickets->label, date(p, tickets->since), age,
    tickets->next > 0 ? pstrcat(p, "from ", date(p, tickets->next), NULL) :
                        "when the files have one",
    (unsigned long) tickets->count, tickets->count == 1 ? "s" : "");
}

void tls4217_info_lines_keys(const struct tls4217_info *info) {
  struct tls4217_ticketkeys_facts tickets;
  const bool has_tickets = tls4217_ticketkeys_tell(&tickets);

  if (info->answer->json) {
    put_keys(info->answer, has_tickets ? &tickets : NULL);

  } else {
    say_process(info->answer);
  }

  if (info->answer->json == false && has_tickets) {
    say_tickets(info, &tickets);
  }

  if (tls4217_ticketkeys_are_refused()) {
    say_refused_files(info->answer);
  }
}

/* Counters. */

void tls4217_info_lines_counter(struct tls4217_control_answer *answer,
  const char *name, const char *labels, uint64_t value) {
  pr_json_object_t *object;

  if (answer->json == false && value > 0) {
    tls4217_control_answer_say(answer, "%s%s%s%s %llu", name,
      *labels != '\0' ? "{" : "", labels, *labels != '\0' ? "}" : "",
      (unsigned long long) value);
  }

  if (answer->json) {
    object = pr_json_object_alloc(answer->pool);
    tls4217_control_answer_set(answer, object, "name", name, SHORT);
    tls4217_control_answer_set(answer, object, "labels", labels, LONG);
    tls4217_control_answer_set_number(answer, object, "value", (int64_t) value);
    tls4217_control_answer_say_json(answer, "counter", object);
  }
}
