/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - fuzzes what answers "ftpdctl tls"
 *
 * The input is a byte that says whether TLSControlsACLs allows it, and the
 * words of a request, each with a NUL behind it.  The daemon itself runs this:
 * it must answer something, in lines of UTF-8 without a control character, and
 * with one of the numbers that mod_tls4217(8) has.
 */

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/controls.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/tls/scrub.h"
#include "t/fuzz/fuzz.h"
#include "t/unit/fakes/fakes.h"

#include "mod_ctrls.h"

#define MAX_WORDS 12

/* The answer's numbers: -9 and -10 are of "info -t". */
#define DUE (-10)

static int (*handler)(pr_ctrls_t *, int, char **);
static unsigned int lines;
static int allowed;

/* What the core has in their place. */

int pr_ctrls_register(const module *m, const char *action, const char *what,
  int (*cb)(pr_ctrls_t *, int, char **)) {
  (void) m;
  (void) action;
  (void) what;
  handler = cb;
  return 0;
}

int pr_ctrls_unregister(module *m, const char *action) {
  (void) m;
  (void) action;
  handler = NULL;
  return 0;
}

int pr_ctrls_init_acl(ctrls_acl_t *acl) {
  (void) acl;
  return 0;
}

int pr_ctrls_check_acl(
  const pr_ctrls_t *ctrl, const ctrls_acttab_t *table, const char *action) {
  (void) ctrl;
  while (table->act_action != NULL && strcmp(table->act_action, action) != 0) {
    table++;
  }

  fuzz_insist(table->act_action != NULL);
  return allowed;
}

int pr_ctrls_add_response(pr_ctrls_t *ctrl, const char *fmt, ...) {
  char line[PR_TUNABLE_BUFFER_SIZE * 2];
  va_list args;
  int len;

  (void) ctrl;
  va_start(args, fmt);
  len = vsnprintf(line, sizeof(line), fmt, args);
  va_end(args);
  fuzz_insist(len > 0 && len < PR_TUNABLE_BUFFER_SIZE);
  fuzz_insist(tls4217_scrub_is_clean(line, (size_t) len));
  lines++;
  return 0;
}

static void apply_tickets(void) {
}

static void answer(struct fuzz_input *in) {
  char text[1024], *words[MAX_WORDS + 1], *at = text;
  size_t len = fuzz_take(in, text, sizeof(text) - 1);
  pr_ctrls_cl_t client = { .cl_user = "root" };
  pr_ctrls_t ctrl = { .ctrls_tmp_pool = make_sub_pool(permanent_pool),
    .ctrls_cl = &client };
  int count = 0, result;

  /* The core gives no request without a word. */
  text[len] = '\0';
  while (at < text + len && count < MAX_WORDS) {
    words[count++] = at;
    at += strlen(at) + 1;
  }

  words[count] = NULL;
  lines = 0;
  result = handler(&ctrl, count, words);
  fuzz_insist(result <= 0 && result >= DUE);
  fuzz_insist(lines > 0);
  fuzz_insist(allowed == TRUE || result != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_input in = { data, size };
  void *state = NULL;
  unsigned int flags = fuzz_byte(&in);

  fuzz_insist(fakes_begin(&state) == 0);
  allowed = (flags & 1U) != 0 ? TRUE : FALSE;
  tls4217_ticketkeys_begin(apply_tickets);
  tls4217_controls_begin();
  fuzz_insist(handler != NULL);
  answer(&in);
  tls4217_controls_end();
  (void) fakes_end(&state);
  return 0;
}
