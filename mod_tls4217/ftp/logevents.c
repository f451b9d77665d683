/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the events of ProFTPD's logs, where they are found at once
 *
 * See logevents.h.
 */

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/logevents.h"

/* The last is asked for most often. */
static const char *const names[] = {
  PR_LOG_NAME_SYSTEMLOG,
  PR_LOG_NAME_SYSLOG,
  PR_LOG_NAME_TRACELOG,
};

static void never_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;
}

void tls4217_logevents_bring_forward(void) {
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    if (pr_event_register(&tls4217_module, names[i], never_ev, NULL) == 0) {
      (void) pr_event_unregister(&tls4217_module, names[i], never_ev);
    }
  }
}
