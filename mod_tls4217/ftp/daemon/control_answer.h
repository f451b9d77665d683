/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" was asked, and its answer
 *
 * The functions behind rows of controls.c get one of these.
 */

#ifndef TLS4217_FTP_DAEMON_CONTROL_ANSWER_H
#define TLS4217_FTP_DAEMON_CONTROL_ANSWER_H

#include "mod_tls4217/ftp/core.h"

struct tls4217_control_answer {
  pool *pool; /* until the answer is sent */
  int argc;   /* arguments after the action, without -j */
  char **argv;
  bool json;  /* -j: each line of the answer is a JSON object */
  void *ctrl; /* ProFTPD's pr_ctrls_t */
};

/* Adds a line to the answer, as ftpdctl prints it. */
void tls4217_control_answer_say(const struct tls4217_control_answer *answer,
  const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same for -j: adds the kind to an object, and the object as a line. */
void tls4217_control_answer_say_json(
  const struct tls4217_control_answer *answer, const char *kind,
  pr_json_object_t *object);

/*
 * A text that is short enough for a line that must not be cut, and fit for
 * JSON, from p: every text of others that goes into an object (scrub.h).
 */
const char *tls4217_control_answer_cut(pool *p, const char *text);

#endif
