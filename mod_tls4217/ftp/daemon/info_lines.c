/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the lines of "ftpdctl tls info"
 *
 * See info_lines.h.
 */

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/daemon/info_lines.h"
#include "mod_tls4217/rfc4217/lifetime.h"

#define SHORT TLS4217_INFO_LINES_SHORT
#define LONG  TLS4217_INFO_LINES_LONG

static const char *const stages[] = { [TLS4217_LIFETIME_FRESH] = "fresh",
  [TLS4217_LIFETIME_LATE] = "late",
  [TLS4217_LIFETIME_LAST] = "last",
  [TLS4217_LIFETIME_ENDED] = "ended" };

static const char *const staples[] = { [TLS4217_STAPLING_NONE] = "none",
  [TLS4217_STAPLING_VALID] = "valid",
  [TLS4217_STAPLING_ENDED] = "ended",
  [TLS4217_STAPLING_REFUSED] = "refused" };

bool tls4217_info_lines_is_due(
  const struct tls4217_info *info, const struct tls4217_inventory_item *item) {
  return info->answer->within >= 0 &&
    item->facts.end <= info->now + info->answer->within;
}

bool tls4217_info_lines_is_broken(const struct tls4217_vhost *server) {
  return server->tls == NULL || tls4217_error_is_set(&server->last_error) ||
    server->tls->unusable->nelts > 0;
}

/* "83 days left", "ended 3 days ago". */
static const char *describe_left(pool *p, int64_t left) {
  char text[TLS4217_LIFETIME_TEXT];

  tls4217_lifetime_describe(left < 0 ? -left : left, text);
  return left < 0 ? pstrcat(p, "ended ", text, " ago", NULL) :
                    pstrcat(p, text, " left", NULL);
}

const char *tls4217_info_lines_date(pool *p, int64_t when) {
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
    tls4217_info_lines_date(p, info->first.end), NULL);
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

static void put_trouble(struct tls4217_control_answer *answer,
  const struct tls4217_vhost *server, const char *text) {
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  tls4217_control_answer_set(answer, object, "server",
    tls4217_complaints_address(answer->pool, server->rec), SHORT);
  tls4217_control_answer_set(answer, object, "text", text, LONG);
  tls4217_control_answer_say_json(answer, "trouble", object);
}

static void put_troubles(
  struct tls4217_control_answer *answer, const struct tls4217_vhost *server) {
  const array_header *unusable = server->tls != NULL ? server->tls->unusable :
                                                       NULL;

  for (unsigned int i = 0; unusable != NULL && i < unusable->nelts; i++) {
    put_trouble(answer, server, ((const char **) unusable->elts)[i]);
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
  const array_header *unusable = server->tls->unusable;

  if (tls4217_error_is_set(&server->last_error)) {
    tls4217_control_answer_say(answer,
      "  its files cannot be used since %s (attempts: %u), and what was read "
      "before remains in use: %s",
      tls4217_info_lines_date(answer->pool, server->failed_since),
      server->failures, server->last_error.text);
  }

  for (unsigned int i = 0; i < unusable->nelts; i++) {
    tls4217_control_answer_say(
      answer, "  %s", ((const char **) unusable->elts)[i]);
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
    address, server->number,
    tls4217_info_lines_date(answer->pool, server->built), server->cause);
  say_error(answer, server);
}

/* Certificates. */

static void put_staple(const struct tls4217_control_answer *answer,
  pr_json_object_t *object, const struct tls4217_stapling_facts *staple) {
  tls4217_control_answer_set(
    answer, object, "staple", staples[staple->state], SHORT);
  if (staple->until != 0) {
    tls4217_control_answer_set_number(
      answer, object, "staple_until", staple->until);
  }

  (void) pr_json_object_set_bool(
    answer->pool, object, "must_staple", staple->is_required ? TRUE : FALSE);
}

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
  put_staple(answer, object, &item->staple);
  tls4217_control_answer_say_json(answer, "certificate", object);
  if (item->staple.trouble != NULL) {
    put_trouble(answer, item->server, item->staple.trouble);
  }
}

/* ", no valid OCSP response: ...", ", OCSP response until ...", or "". */
static const char *describe_staple(
  pool *p, const struct tls4217_inventory_item *item) {
  const struct tls4217_stapling_facts *staple = &item->staple;
  const char *trouble = staple->trouble != NULL ?
    pstrcat(p, ": ", staple->trouble, NULL) :
    "";

  if (staple->state == TLS4217_STAPLING_VALID) {
    return pstrcat(p, ", OCSP response until ",
      tls4217_info_lines_date(p, staple->until), trouble, NULL);
  }

  return tls4217_inventory_lacks_staple(item) ?
    pstrcat(p, ", no valid OCSP response", trouble, NULL) :
    "";
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

  tls4217_control_answer_say(info->answer, "  %s%s, %s: %s, until %s%s (%s)",
    facts->name, others, facts->key, describe_left(p, facts->end - info->now),
    tls4217_info_lines_date(p, facts->end), describe_staple(p, item),
    item->file);
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
