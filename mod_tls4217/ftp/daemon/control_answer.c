/*
 * mod_tls4217 - what "ftpdctl tls" was asked, and its answer
 *
 * See control_answer.h.
 */

#include "mod_tls4217/ftp/daemon/control_answer.h"

#ifdef PR_USE_CTRLS

# include "mod_ctrls.h"

void tls4217_control_answer_say(
  const struct tls4217_control_answer *answer, const char *fmt, ...) {
  char line[PR_TUNABLE_BUFFER_SIZE];
  va_list args;

  va_start(args, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);
  (void) pr_ctrls_add_response(answer->ctrl, "%s", line);
}

void tls4217_control_answer_say_text(
  const struct tls4217_control_answer *answer, const char *text) {
  (void) pr_ctrls_add_response(answer->ctrl, "%s", text);
}

#else

void tls4217_control_answer_say(
  const struct tls4217_control_answer *answer, const char *fmt, ...) {
}

void tls4217_control_answer_say_text(
  const struct tls4217_control_answer *answer, const char *text) {
}

#endif
