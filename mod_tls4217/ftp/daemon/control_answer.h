/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" was asked, and its answer
 *
 * The functions behind rows of controls.c get one of these.  An answer may be
 * of any length: it is shown in pages (pages.h).
 */

#ifndef TLS4217_FTP_DAEMON_CONTROL_ANSWER_H
#define TLS4217_FTP_DAEMON_CONTROL_ANSWER_H

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/rfc4217/pages.h"

/* What a word's function returns. */
enum tls4217_control_result {
  TLS4217_CONTROL_FAILED = -1, /* the answer says why */
  TLS4217_CONTROL_OK = 0,
  TLS4217_CONTROL_DUE,   /* a certificate ends within the time of -t */
  TLS4217_CONTROL_BROKEN /* something does not work */
};

struct tls4217_control_answer {
  pool *pool; /* until the answer is sent */
  int argc;   /* arguments after the action, without options */
  char **argv;
  bool json;      /* -j: each line of the answer is a JSON object */
  int64_t within; /* -t, in seconds; -1: it was not given */
  void *ctrl;     /* ProFTPD's pr_ctrls_t */

  unsigned int page; /* -p; 0: it was not given */

  /* How much of it there is. */
  struct tls4217_pages pages;
  const char *heading; /* whose lines follow; or NULL */
};

/* The first line of the answer, which is on each page. */
void tls4217_control_answer_title(struct tls4217_control_answer *answer,
  const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tls4217_control_answer_title_json(struct tls4217_control_answer *answer,
  const char *kind, pr_json_object_t *object);

/* Adds a line to the answer, as ftpdctl prints it. */
void tls4217_control_answer_say(struct tls4217_control_answer *answer,
  const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for a line that belongs to those behind it, up to the next one of
 * its kind: it is said again where these go on on another page. */
void tls4217_control_answer_head(struct tls4217_control_answer *answer,
  const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* No such line holds any more. */
void tls4217_control_answer_unhead(struct tls4217_control_answer *answer);

/* The same for -j: adds the kind to an object, and the object as a line. */
void tls4217_control_answer_say_json(struct tls4217_control_answer *answer,
  const char *kind, pr_json_object_t *object);

/*
 * The answer is complete: says which page it is where there are several, and
 * how the next one is asked for; command is what was asked.  Returns false
 * where there is no such page.
 */
bool tls4217_control_answer_end(
  struct tls4217_control_answer *answer, const char *command);

/*
 * Sets a member of an object to a text of others, of which as much is taken as
 * a line has room for: max bytes as they are in JSON (a line has 1,023).
 */
void tls4217_control_answer_set(const struct tls4217_control_answer *answer,
  pr_json_object_t *object, const char *name, const char *text, size_t max);

/* The same for numbers. */
void tls4217_control_answer_set_number(
  const struct tls4217_control_answer *answer, pr_json_object_t *object,
  const char *name, int64_t number);

#endif
