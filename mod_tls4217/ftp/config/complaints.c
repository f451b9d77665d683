/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what is wrong with the configuration: said once, and heard
 *
 * See complaints.h.
 */

#include <stdarg.h>

#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/log.h"

#define MAX_TEXT 1024

struct complaint {
  enum tls4217_complaint_kind kind;
  const char *text;
  array_header *places;  /* const char *: the lines that it is about */
  array_header *servers; /* const server_rec * */
};

/* They live from the first of them until they are said. */
static pool *complaints_pool = NULL;
static array_header *complaints = NULL;

static const struct {
  const char *word;
  int priority;
} kinds[] = {
  [TLS4217_COMPLAINT_NOTICE] = { "notice", PR_LOG_NOTICE },
  [TLS4217_COMPLAINT_WARNING] = { "warning", PR_LOG_WARNING },
  [TLS4217_COMPLAINT_ERROR] = { "error", PR_LOG_ERR },
};

static bool is_about(const struct complaint *complaint, const server_rec *rec) {
  const server_rec **servers = complaint->servers->elts;

  for (unsigned int i = 0; i < complaint->servers->nelts; i++) {
    if (servers[i] == rec) {
      return true;
    }
  }

  return false;
}

static bool is_on(const struct complaint *complaint, const char *place) {
  const char **places = complaint->places->elts;

  for (unsigned int i = 0; i < complaint->places->nelts; i++) {
    if (strcmp(places[i], place) == 0) {
      return true;
    }
  }

  return false;
}

/* The same text about servers, lines, or both. */
static struct complaint *find_complaint(enum tls4217_complaint_kind kind,
  bool about_server, bool about_line, const char *text) {
  struct complaint *list = complaints != NULL ? complaints->elts : NULL;

  for (unsigned int i = 0; list != NULL && i < complaints->nelts; i++) {
    if (list[i].kind == kind && (list[i].servers->nelts > 0) == about_server &&
      (list[i].places->nelts > 0) == about_line &&
      strcmp(list[i].text, text) == 0) {
      return &list[i];
    }
  }

  return NULL;
}

static struct complaint *add_complaint(
  enum tls4217_complaint_kind kind, const char *text) {
  struct complaint *complaint;

  if (complaints_pool == NULL) {
    complaints_pool = make_sub_pool(permanent_pool);
    pr_pool_tag(complaints_pool, MOD_TLS4217_VERSION " complaints");
    complaints = make_array(complaints_pool, 8, sizeof(struct complaint));
  }

  complaint = push_array(complaints);
  complaint->kind = kind;
  complaint->text = pstrdup(complaints_pool, text);
  complaint->places = make_array(complaints_pool, 2, sizeof(const char *));
  complaint->servers = make_array(
    complaints_pool, 2, sizeof(const server_rec *));
  return complaint;
}

/* rec and place: NULL where it is not about one. */
static void take_complaint(enum tls4217_complaint_kind kind,
  const server_rec *rec, const char *place, const char *text) {
  struct complaint *complaint = find_complaint(
    kind, rec != NULL, place != NULL, text);

  if (complaint == NULL) {
    complaint = add_complaint(kind, text);
  }

  if (rec != NULL && is_about(complaint, rec) == false) {
    *((const server_rec **) push_array(complaint->servers)) = rec;
  }

  if (place != NULL && is_on(complaint, place) == false) {
    *((const char **) push_array(complaint->places)) = pstrdup(
      complaints_pool, place);
  }
}

static void complain(enum tls4217_complaint_kind kind, const server_rec *rec,
  const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

static void complain(enum tls4217_complaint_kind kind, const server_rec *rec,
  const char *fmt, va_list ap) {
  char text[MAX_TEXT];

  (void) vsnprintf(text, sizeof(text), fmt, ap);
  take_complaint(kind, rec, NULL, text);
}

void tls4217_complaints_error(const server_rec *rec, const char *fmt, ...) {
  va_list ap;

  va_start(ap, fmt);
  complain(TLS4217_COMPLAINT_ERROR, rec, fmt, ap);
  va_end(ap);
}

void tls4217_complaints_warning(const server_rec *rec, const char *fmt, ...) {
  va_list ap;

  va_start(ap, fmt);
  complain(TLS4217_COMPLAINT_WARNING, rec, fmt, ap);
  va_end(ap);
}

void tls4217_complaints_notice(const server_rec *rec, const char *fmt, ...) {
  va_list ap;

  va_start(ap, fmt);
  complain(TLS4217_COMPLAINT_NOTICE, rec, fmt, ap);
  va_end(ap);
}

void tls4217_complaints_line(
  enum tls4217_complaint_kind kind, const char *place, const char *text) {
  take_complaint(kind, NULL, place, text);
}

void tls4217_complaints_warning_on(
  const server_rec *rec, const char *place, const char *text) {
  take_complaint(TLS4217_COMPLAINT_WARNING, rec, place, text);
}

const char *tls4217_complaints_reason(const server_rec *rec) {
  const struct complaint *list = complaints != NULL ? complaints->elts : NULL;

  for (unsigned int i = 0; list != NULL && i < complaints->nelts; i++) {
    if (list[i].kind == TLS4217_COMPLAINT_ERROR && is_about(&list[i], rec)) {
      return list[i].text;
    }
  }

  return NULL;
}

const char *tls4217_complaints_address(pool *p, const server_rec *rec) {
  char port[16];

  (void) snprintf(port, sizeof(port), ":%u", rec->ServerPort);
  if (rec->addr == NULL) {
    return pstrcat(p, rec->ServerAddress, port, NULL);
  }

  return pr_netaddr_get_family(rec->addr) == AF_INET ?
    pstrcat(p, pr_netaddr_get_ipstr(rec->addr), port, NULL) :
    pstrcat(p, "[", pr_netaddr_get_ipstr(rec->addr), "]", port, NULL);
}

/* "server 'a' (127.0.0.1:21) and 3 others: ", or "". */
static const char *describe_servers(
  pool *p, const struct complaint *complaint) {
  const server_rec **servers = complaint->servers->elts;
  char others[64] = "";

  if (complaint->servers->nelts == 0) {
    return "";
  }

  if (complaint->servers->nelts > 1) {
    (void) snprintf(
      others, sizeof(others), " and %u others", complaint->servers->nelts - 1);
  }

  return pstrcat(p, "server '", servers[0]->ServerName, "' (",
    tls4217_complaints_address(p, servers[0]), ")", others, ": ", NULL);
}

/* " (line 3 of '/etc/tls.conf', and 2 more)", or "". */
static const char *describe_places(pool *p, const struct complaint *complaint) {
  const char **places = complaint->places->elts;
  char more[64] = "";

  if (complaint->places->nelts == 0) {
    return "";
  }

  if (complaint->places->nelts > 1) {
    (void) snprintf(
      more, sizeof(more), ", and %u more", complaint->places->nelts - 1);
  }

  return pstrcat(p, " (", places[0], more, ")", NULL);
}

/* Once into each log: virtual hosts may share one. */
static void write_logs(const struct complaint *complaint, const char *text,
  tls4217_complaints_log log_of) {
  const server_rec **servers = complaint->servers->elts;
  const unsigned int count = complaint->servers->nelts;

  if (count == 0) {
    tls4217_log_write(log_of(NULL), "%s", text);
  }

  for (unsigned int i = 0; i < count; i++) {
    const int fd = log_of(servers[i]);
    unsigned int before = 0;

    while (before < i && log_of(servers[before]) != fd) {
      before++;
    }

    if (before == i) {
      tls4217_log_write(fd, "%s", text);
    }
  }
}

static void say(
  const struct complaint *complaint, tls4217_complaints_log log_of) {
  const char *word = kinds[complaint->kind].word;
  const char *servers = describe_servers(complaints_pool, complaint);
  const char *place = describe_places(complaints_pool, complaint);

  pr_log_pri(kinds[complaint->kind].priority, "%s: %s: %s%s%s", word,
    MOD_TLS4217_VERSION, servers, complaint->text, place);
  write_logs(complaint,
    pstrcat(complaints_pool, word, ": ", servers, complaint->text, place, NULL),
    log_of);
}

void tls4217_complaints_say(tls4217_complaints_log log_of) {
  const struct complaint *list = complaints != NULL ? complaints->elts : NULL;

  for (unsigned int i = 0; list != NULL && i < complaints->nelts; i++) {
    say(&list[i], log_of);
  }

  tls4217_complaints_forget();
}

void tls4217_complaints_forget(void) {
  if (complaints_pool != NULL) {
    destroy_pool(complaints_pool);
  }

  complaints_pool = NULL;
  complaints = NULL;
}
