/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
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

#include <limits.h>

#include "mod_tls4217/ftp/commands.h"
#include "mod_tls4217/ftp/config/complaints.h"
#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/controls.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/config/directives.h"
#include "mod_tls4217/ftp/config/parsing.h"
#include "mod_tls4217/ftp/daemon/metrics.h"
#include "mod_tls4217/ftp/daemon/phrases.h"
#include "mod_tls4217/ftp/daemon/renewal.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/daemon/vhost.h"
#include "mod_tls4217/ftp/daemon/watch.h"
#include "mod_tls4217/ftp/lifecycle.h"
#include "mod_tls4217/ftp/systemlog.h"
#include "mod_tls4217/tls/warmup.h"

/* Holds the daemon's process id once it has started: a configuration that is
 * read again by the same process comes from SIGHUP.  In the environment,
 * because our own memory does not outlive SIGHUP. */
#define STARTED "MOD_TLS4217_STARTED"

/* Releases of one minor version share a layout: 0x0001030805 is 1.3.8. */
#define MINOR_VERSION(number) ((number) >> 8)

/* Between SIGHUP and the end of this module's life: it will be loaded again. */
static bool restarts = false;

static bool is_restart(void) {
  const char *started;
  char pid[32];

  (void) snprintf(pid, sizeof(pid), "%lu", (unsigned long) getpid());
  started = getenv(STARTED);
  return started != NULL && strcmp(started, pid) == 0;
}

static void mark_started(void) {
  char pid[32];

  (void) snprintf(pid, sizeof(pid), "%lu", (unsigned long) getpid());
  (void) setenv(STARTED, pid, 1);
}

/*
 * proftpd -t ends here, as a success; but a server that can serve only some of
 * its hosts is not in order.  A start comes by core.startup first.
 */
static void check_ended_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;

  _exit(1);
}

static void startup_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;

  pr_event_unregister(&tls4217_module, "core.exit", check_ended_ev);
  mark_started();
}

static void refuse_mod_tls(void) {
  pr_log_pri(PR_LOG_ERR,
    "error: %s: mod_tls is loaded too, and both serve "
    "the same commands and directives: remove 'LoadModule mod_tls.c' (its "
    "directives stay as they are)",
    MOD_TLS4217_VERSION);
}

/* A server whose configuration is not whole is not started, nor kept: what is
 * missing may be what kept people out. */
static void end_refused(void) {
  pr_log_pri(PR_LOG_ERR,
    "error: %s: ProFTPD ends, because a part of its configuration was "
    "refused: fix what is named above",
    MOD_TLS4217_VERSION);
  pr_session_end(PR_SESS_END_FL_ERROR);
}

/* A daemon that runs goes on, and a start does where it can serve some of its
 * hosts: the others refuse AUTH. */
static void handle_readiness(enum tls4217_readiness readiness) {
  if (readiness == TLS4217_READY_ALL) {
    return;
  }

  if (readiness == TLS4217_READY_NONE && is_restart() == false) {
    pr_session_end(PR_SESS_END_FL_ERROR);
  }

  pr_log_pri(PR_LOG_ERR,
    "error: %s: TLS is refused by the servers named above until this is "
    "fixed",
    MOD_TLS4217_VERSION);

  if (is_restart() == false) {
    pr_event_register(&tls4217_module, "core.exit", check_ended_ev, NULL);
  }
}

/*
 * Registered without a module, so that the core calls it last: ports have
 * been taken from <Global> by then, and SystemLog is open again after SIGHUP.
 */
static void postparse_ev(const void *event_data, void *user_data) {
  enum tls4217_readiness readiness = TLS4217_READY_ALL;
  bool refused = tls4217_parsing_complain();

  (void) event_data;
  (void) user_data;

  if (refused == false) {
    tls4217_shared_begin();
    tls4217_vhost_note_reading();
    readiness = tls4217_renewal_build_all(
      is_restart() ? TLS4217_RENEWAL_SIGHUP : TLS4217_RENEWAL_START);
  }

  tls4217_metrics_begin();
  tls4217_watch_begin();
  tls4217_vhost_say_complaints();
  if (refused) {
    end_refused();
  }

  if (tls4217_ticketkeys_are_refused() && is_restart() == false) {
    pr_session_end(PR_SESS_END_FL_ERROR);
  }

  handle_readiness(readiness);
}

static void preparse_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;

  tls4217_parsing_forget();
  tls4217_complaints_forget();
  tls4217_controls_begin();
}

/* Loaded by ftpdctl: the configuration has been read, if by this module's
 * forerunner, and SIGHUP has not come. */
static void prepare_late(void) {
  enum tls4217_readiness readiness;

  mark_started();
  tls4217_shared_begin();
  readiness = tls4217_renewal_build_all(TLS4217_RENEWAL_LOADING);
  tls4217_watch_begin();
  tls4217_vhost_say_complaints();
  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: loaded into a running server: directives that were "
    "unknown when the configuration was read take effect when it is read "
    "again (SIGHUP)",
    MOD_TLS4217_VERSION);
  handle_readiness(readiness);
}

/*
 * The core asks the handlers of a command in the order of their modules'
 * priorities, which it gives out as it loads them: a later LoadModule goes
 * first.  A policy is of no use behind the handler that has done the work
 * (mod_xfer and mod_ls are shared modules on some systems), so ours go first
 * wherever our line stands.  The core sets the priority behind our init().
 */
static void go_first(void) {
  tls4217_module.priority = INT_MAX;
  tls4217_module.cmdtable = tls4217_commands_table();
  if (pr_module_load_cmdtab(&tls4217_module) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: commands cannot be registered: %s",
      MOD_TLS4217_VERSION, strerror(errno));
    pr_session_end(PR_SESS_END_FL_ERROR);
  }
}

/*
 * mod_tls beside us: at once, because from now on both get each directive, and
 * store it in layouts of their own.  A daemon that runs does without it.
 */
static void module_load_ev(const void *event_data, void *user_data) {
  const bool is_parsing = tls4217_parsing_is_under_way();

  (void) user_data;

  if (strcmp(event_data, "mod_tls.c") == 0) {
    refuse_mod_tls();
    if (is_parsing) {
      end_refused();
    }

    (void) pr_module_unload(pr_module_get("mod_tls.c"));

  } else if (strcmp(event_data, "mod_tls4217.c") == 0) {
    go_first();
    if (is_parsing == false && tls4217_module.handle != NULL) {
      prepare_late();
    }
  }
}

static void restart_ev(const void *event_data, void *user_data) {
  (void) event_data;
  (void) user_data;

  restarts = true;
  tls4217_watch_end();
  tls4217_systemlog_remember();
}

static void module_unload_ev(const void *event_data, void *user_data) {
  (void) user_data;

  if (strcmp(event_data, "mod_tls4217.c") != 0) {
    return;
  }

  if (restarts == false && is_restart()) {
    pr_log_pri(PR_LOG_WARNING,
      "warning: %s: unloaded from a running server: until it is loaded "
      "again, TLS is neither available nor required",
      MOD_TLS4217_VERSION);
  }

  tls4217_controls_end();
  if (restarts) {
    tls4217_renewal_leave();
  }

  tls4217_vhost_free_all();
  tls4217_ticketkeys_end(restarts);
  tls4217_phrases_end(restarts);
  tls4217_keyprocess_end(restarts);
  tls4217_shared_end(restarts);
  tls4217_warmup_open_gaps();
  tls4217_complaints_forget();
  tls4217_parsing_forget();
  pr_event_unregister(NULL, "core.postparse", postparse_ev);
  pr_event_unregister(&tls4217_module, NULL, NULL);
}

/* Loaded by ftpdctl, behind the reading of the configuration. */
static bool is_late(void) {
  return tls4217_module.handle != NULL &&
    tls4217_parsing_is_under_way() == false;
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

  if (is_late() && tls4217_vhost_has_read() == false &&
    tls4217_vhost_has_engine()) {
    pr_log_pri(PR_LOG_ERR,
      "error: %s: not loaded, because mod_tls has read this configuration, "
      "and its TLSRequired and the like would not hold: change the LoadModule "
      "line, and have ProFTPD read it (SIGHUP)",
      MOD_TLS4217_VERSION);
    return -1;
  }

  return 0;
}

static int tls4217_init(void) {
  tls4217_systemlog_open();
  if (check_core() < 0) {
    /* In a file that is included, the core would go on without us. */
    if (tls4217_parsing_is_under_way()) {
      end_refused();
    }

    errno = EPERM;
    return -1;
  }

  pr_event_register(NULL, "core.postparse", postparse_ev, NULL);
  pr_event_register(&tls4217_module, "core.preparse", preparse_ev, NULL);
  pr_event_register(&tls4217_module, "core.startup", startup_ev, NULL);
  pr_event_register(&tls4217_module, "core.restart", restart_ev, NULL);
  pr_event_register(&tls4217_module, "core.module-load", module_load_ev, NULL);
  pr_event_register(
    &tls4217_module, "core.module-unload", module_unload_ev, NULL);
  tls4217_parsing_watch();
  tls4217_controls_begin();

  tls4217_module.conftable = tls4217_directives_table();
  return 0;
}

static int tls4217_sess_init(void) {
  return tls4217_lifecycle_start();
}

module tls4217_module __attribute__((visibility("default"))) = {
  NULL, NULL,

  0x20,            /* API version */
  "tls4217", NULL, /* directives: set by tls4217_init */
  NULL,            /* commands: set by go_first */
  NULL,            /* authentication hooks */
  tls4217_init, tls4217_sess_init, MOD_TLS4217_VERSION, NULL,
  0 /* handle and priority, set by mod_dso */
};
