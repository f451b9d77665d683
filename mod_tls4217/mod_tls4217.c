/*
 * mod_tls4217 - Securing FTP with TLS (RFC 4217), for ProFTPD
 *
 * Copyright (c) 2026 The mod_tls4217 authors
 *
 * This program is free software; you can redistribute it and/or modify it
 * under the terms of the GNU General Public License as published by the Free
 * Software Foundation; either version 2 of the License, or (at your option)
 * any later version, with the exception for OpenSSL that COPYING grants.
 *
 * The module record and its life: loading, reading of the configuration,
 * start of a session, unloading.  Everything else is below: ftp/ knows
 * ProFTPD, tls/ knows OpenSSL, rfc4217/ knows the protocol.
 */

#include "mod_tls4217/ftp/commands.h"
#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/directives.h"
#include "mod_tls4217/ftp/server.h"
#include "mod_tls4217/ftp/session.h"

/* Holds the daemon's process id once it has started: a configuration that is
 * read again by the same process comes from SIGHUP.  In the environment,
 * because our own memory does not outlive SIGHUP. */
#define STARTED "MOD_TLS4217_STARTED"

/* Releases of one minor version share a layout: 0x0001030805 is 1.3.8. */
#define MINOR_VERSION(number) ((number) >> 8)

static bool is_restart(void) {
  const char *started;
  char pid[32];

  (void) snprintf(pid, sizeof(pid), "%lu", (unsigned long) getpid());
  started = getenv(STARTED);
  return started != NULL && strcmp(started, pid) == 0;
}

static void startup_ev(const void *event_data, void *user_data) {
  char pid[32];

  (void) event_data;
  (void) user_data;

  (void) snprintf(pid, sizeof(pid), "%lu", (unsigned long) getpid());
  (void) setenv(STARTED, pid, 1);
}

static void refuse_mod_tls(void) {
  pr_log_pri(PR_LOG_ERR,
    "error: %s: mod_tls is loaded too, and both serve "
    "the same commands and directives: remove 'LoadModule mod_tls.c' (its "
    "directives stay as they are)",
    MOD_TLS4217_VERSION);
}

static void postparse_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;

  if (tls4217_server_build_all() == 0) {
    return;
  }

  /* A daemon that runs goes on: other hosts may be fine, and a host without
   * a certificate refuses AUTH. */
  if (is_restart()) {
    pr_log_pri(PR_LOG_ERR,
      "error: %s: TLS is refused by the servers named "
      "above until this is mended and ProFTPD reads its configuration again",
      MOD_TLS4217_VERSION);
    return;
  }

  pr_session_end(PR_SESS_END_FL_ERROR);
}

/* As soon as it is loaded: from then on both modules get each directive, and
 * store it in layouts of their own. */
static void module_load_ev(const void *event_data, void *user_data) {
  (void) user_data;

  if (strcmp(event_data, "mod_tls.c") == 0) {
    refuse_mod_tls();
    pr_session_end(PR_SESS_END_FL_ERROR);
  }
}

static void module_unload_ev(const void *event_data, void *user_data) {
  (void) user_data;

  if (strcmp(event_data, "mod_tls4217.c") == 0) {
    tls4217_server_free_all();
    pr_event_unregister(&tls4217_module, NULL, NULL);
  }
}

static int check_core(void) {
  unsigned long running = pr_version_get_number();

  if (MINOR_VERSION(running) != MINOR_VERSION(PROFTPD_VERSION_NUMBER)) {
    pr_log_pri(PR_LOG_ERR,
      "error: %s: built for ProFTPD %s, but this is "
      "ProFTPD %s, whose data is laid out differently: build the module "
      "again with this ProFTPD's headers",
      MOD_TLS4217_VERSION, PROFTPD_VERSION_TEXT, pr_version_get_str());
    return -1;
  }

  if (pr_module_exists("mod_tls.c")) {
    refuse_mod_tls();
    return -1;
  }

  return 0;
}

static int tls4217_init(void) {
  if (check_core() < 0) {
    errno = EPERM;
    return -1;
  }

  pr_event_register(&tls4217_module, "core.postparse", postparse_ev, NULL);
  pr_event_register(&tls4217_module, "core.startup", startup_ev, NULL);
  pr_event_register(&tls4217_module, "core.module-load", module_load_ev, NULL);
  pr_event_register(
    &tls4217_module, "core.module-unload", module_unload_ev, NULL);

  tls4217_module.conftable = tls4217_directives_table();
  tls4217_module.cmdtable = tls4217_commands_table();
  return 0;
}

static int tls4217_sess_init(void) {
  return tls4217_session_start();
}

module tls4217_module __attribute__((visibility("default"))) = {
  NULL, NULL,

  0x20,            /* API version */
  "tls4217", NULL, /* directives: set by tls4217_init */
  NULL,            /* commands: set by tls4217_init */
  NULL,            /* authentication hooks */
  tls4217_init, tls4217_sess_init, MOD_TLS4217_VERSION, NULL,
  0 /* handle and priority, set by mod_dso */
};
