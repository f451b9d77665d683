/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - SystemLog, while the configuration is read again
 *
 * See systemlog.h.
 */

#include "mod_tls4217/ftp/systemlog.h"

#define NOTE "MOD_TLS4217_SYSTEMLOG"

void tls4217_systemlog_remember(void) {
  const config_rec *c;

  (void) unsetenv(NOTE);
  c = find_config(main_server->conf, CONF_PARAM, "SystemLog", FALSE);
  if (c != NULL && strcasecmp(c->argv[0], "none") != 0) {
    (void) setenv(NOTE, dir_canonical_path(main_server->pool, c->argv[0]), 1);
  }
}

void tls4217_systemlog_open(void) {
  const char *path = getenv(NOTE);

  if (path != NULL) {
    (void) log_opensyslog(path);
    (void) unsetenv(NOTE);
  }
}
