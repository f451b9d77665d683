/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what "ftpdctl tls" was asked, and its answer
 *
 * See control_answer.h.
 */

#include "mod_tls4217/ftp/daemon/control_answer.h"
#include "mod_tls4217/tls/scrub.h"

/* Bytes: two of them, escaped, fit into ProFTPD's buffer of 1024. */
#define MAX_TEXT 200

#ifdef PR_USE_CTRLS

# include "mod_ctrls.h"

void tls4217_control_answer_say(
  const struct tls4217_control_answer *answer, const char *fmt, ...) {
  char line[PR_TUNABLE_BUFFER_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);

  /* ProFTPD 1.3.9 sends each line as JSON. */
  tls4217_scrub_to_utf8(line, '?');
  (void) pr_ctrls_add_response(answer->ctrl, "%s", line);
}

#else

void tls4217_control_answer_say(
  const struct tls4217_control_answer *answer, const char *fmt, ...) {
}

#endif

void tls4217_control_answer_say_json(
  const struct tls4217_control_answer *answer, const char *kind,
  pr_json_object_t *object) {
  (void) pr_json_object_set_string(answer->pool, object, "kind", kind);
  tls4217_control_answer_say(
    answer, "%s", pr_json_object_to_text(answer->pool, object, ""));
}

const char *tls4217_control_answer_cut(pool *p, const char *text) {
  char *copy = pstrdup(p, text);

  tls4217_scrub_to_utf8(copy, '?');
  tls4217_scrub_cut(copy, MAX_TEXT);
  return copy;
}
