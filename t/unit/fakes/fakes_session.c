/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests: the session of this process
 *
 * See fakes_session.h.  Stands in for ftp/session.c.
 */

#include "t/unit/fakes/fakes.h"
#include "t/unit/fakes/fakes_session.h"

struct fakes_session fakes_session;

int fakes_session_begin(void **state) {
  int res = fakes_begin(state);

  memset(&fakes_session, 0, sizeof(fakes_session));
  fakes_session.is_on = true;
  fakes_session.facts.logged_in = true;
  fakes_session.session.pool = permanent_pool;
  fakes_session.session.settings.options = (struct tls4217_options){
    .server_name = true,
    .pbsz_required = true,
    .session_reuse_required = true,
    .close_notify_required = true,
  };
  tls4217_state_reset(&fakes_session.session.state);
  return res;
}

struct tls4217_session *tls4217_session_get(void) {
  return &fakes_session.session;
}

struct tls4217_session *tls4217_session_engine(void) {
  return fakes_session.is_on ? &fakes_session.session : NULL;
}

bool tls4217_session_is_logged_in(void) {
  return session.user != NULL;
}

struct tls4217_facts tls4217_session_facts(const struct tls4217_session *sess) {
  struct tls4217_facts facts = fakes_session.facts;

  facts.data = &sess->settings.data;
  return facts;
}

const char *tls4217_session_who(pool *p) {
  return session.user != NULL ? pstrcat(p, "user ", session.user, ": ", NULL) :
                                "";
}

void tls4217_session_log(
  const struct tls4217_session *sess, const char *fmt, ...) {
  char line[1024];
  va_list ap;

  (void) sess;
  va_start(ap, fmt);
  (void) vsnprintf(line, sizeof(line), fmt, ap);
  va_end(ap);
  fakes_note(fakes.log, sizeof(fakes.log), "%s\n", line);
}
