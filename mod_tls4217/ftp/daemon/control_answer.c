/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" was asked, and its answer
 *
 * See control_answer.h.
 */

#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/tls/scrub.h"

/* Of a line, in bytes with the NUL: what pr_ctrls_add_response() keeps. */
#define LINE_SIZE PR_TUNABLE_BUFFER_SIZE

#ifdef PR_USE_CTRLS

# include "mod_ctrls.h"

static void put_line(
  const struct tls4217_control_answer *answer, const char *line) {
  (void) pr_ctrls_add_response(answer->ctrl, "%s", line);
}

#else

static void put_line(
  const struct tls4217_control_answer *answer, const char *line) {
}

#endif

static void add_line(struct tls4217_control_answer *answer, const char *line) {
  if (tls4217_pages_add(&answer->pages, line)) {
    put_line(answer, line);
  }
}

/* Behind the heading, where this line begins a page. */
static void add_below(struct tls4217_control_answer *answer, const char *line) {
  if (answer->heading != NULL && tls4217_pages_is_full(&answer->pages, line)) {
    add_line(answer, answer->heading);
  }

  add_line(answer, line);
}

static void format(char line[LINE_SIZE], const char *fmt, va_list args)
  __attribute__((format(printf, 2, 0)));

static void format(char line[LINE_SIZE], const char *fmt, va_list args) {
  (void) vsnprintf(line, LINE_SIZE, fmt, args);

  /* ProFTPD 1.3.9 sends each line as JSON. */
  tls4217_scrub_to_utf8(line, '?');
}

void tls4217_control_answer_title(
  struct tls4217_control_answer *answer, const char *fmt, ...) {
  char line[LINE_SIZE];
  va_list args;

  va_start(args, fmt);
  format(line, fmt, args);
  va_end(args);
  tls4217_pages_title(&answer->pages, line);
  put_line(answer, line);
}

void tls4217_control_answer_say(
  struct tls4217_control_answer *answer, const char *fmt, ...) {
  char line[LINE_SIZE];
  va_list args;

  va_start(args, fmt);
  format(line, fmt, args);
  va_end(args);
  add_below(answer, line);
}

void tls4217_control_answer_head(
  struct tls4217_control_answer *answer, const char *fmt, ...) {
  char line[LINE_SIZE];
  va_list args;

  va_start(args, fmt);
  format(line, fmt, args);
  va_end(args);
  add_line(answer, line);
  answer->heading = pstrdup(answer->pool, line);
}

void tls4217_control_answer_unhead(struct tls4217_control_answer *answer) {
  answer->heading = NULL;
}

static const char *write_json(const struct tls4217_control_answer *answer,
  const char *kind, pr_json_object_t *object) {
  (void) pr_json_object_set_string(answer->pool, object, "kind", kind);
  return pr_json_object_to_text(answer->pool, object, "");
}

void tls4217_control_answer_title_json(struct tls4217_control_answer *answer,
  const char *kind, pr_json_object_t *object) {
  tls4217_control_answer_title(answer, "%s", write_json(answer, kind, object));
}

void tls4217_control_answer_say_json(struct tls4217_control_answer *answer,
  const char *kind, pr_json_object_t *object) {
  tls4217_control_answer_say(answer, "%s", write_json(answer, kind, object));
}

static void put_page(struct tls4217_control_answer *answer) {
  const struct tls4217_pages *pages = &answer->pages;
  pr_json_object_t *object = pr_json_object_alloc(answer->pool);

  tls4217_control_answer_set_number(answer, object, "page", pages->wanted);
  tls4217_control_answer_set_number(answer, object, "pages", pages->current);
  put_line(answer, write_json(answer, "page", object));
}

static void say_page(
  struct tls4217_control_answer *answer, const char *command) {
  const struct tls4217_pages *pages = &answer->pages;
  char line[LINE_SIZE];

  (void) snprintf(
    line, sizeof(line), "page %u of %u", pages->wanted, pages->current);
  if (pages->wanted < pages->current) {
    (void) snprintf(line, sizeof(line),
      "page %u of %u: this is not all; 'ftpdctl tls %s -p %u' has more",
      pages->wanted, pages->current, command, pages->wanted + 1);
  }

  put_line(answer, line);
}

bool tls4217_control_answer_end(
  struct tls4217_control_answer *answer, const char *command) {
  const struct tls4217_pages *pages = &answer->pages;
  char line[LINE_SIZE];

  if (pages->wanted > pages->current) {
    (void) snprintf(line, sizeof(line),
      "there is no page %u: the last one is %u", pages->wanted, pages->current);
    put_line(answer, line);
    return false;
  }

  if (pages->current > 1 && answer->json) {
    put_page(answer);

  } else if (pages->current > 1) {
    say_page(answer, command);
  }

  return true;
}

/* How many bytes of a text of UTF-8 are max in JSON, at most. */
static size_t measure(const char *text, size_t max) {
  size_t at = 0, cost = 0;

  while (text[at] != '\0' && cost < max) {
    cost += text[at] == '"' || text[at] == '\\' ? 2 : 1;
    at += cost <= max ? 1 : 0;
  }

  return at;
}

void tls4217_control_answer_set(const struct tls4217_control_answer *answer,
  pr_json_object_t *object, const char *name, const char *text, size_t max) {
  char *copy = pstrdup(answer->pool, text);

  tls4217_scrub_to_utf8(copy, '?');
  tls4217_scrub_cut(copy, measure(copy, max));
  (void) pr_json_object_set_string(answer->pool, object, name, copy);
}

void tls4217_control_answer_set_number(
  const struct tls4217_control_answer *answer, pr_json_object_t *object,
  const char *name, int64_t number) {
  (void) pr_json_object_set_number(answer->pool, object, name, (double) number);
}
