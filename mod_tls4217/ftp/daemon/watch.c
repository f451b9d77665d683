/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - TLSReloadInterval
 *
 * See watch.h.  A timer of ProFTPD's: the core has none of the daemon's in a
 * session, and removes ours with the module.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/renewal.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/daemon/watch.h"

/* Time passes also where files are not looked at; in seconds. */
#define AGE_INTERVAL 60

static int check_ages_cb(CALLBACK_FRAME) {
  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  tls4217_renewal_check_ages();
  return 1;
}

static int look_cb(CALLBACK_FRAME) {
  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  tls4217_renewal_look();
  tls4217_ticketkeys_look();
  tls4217_renewal_check_ages();
  return 1;
}

/* 0: there is none. */
static int timer = 0;

void tls4217_watch_end(void) {
  if (timer > 0) {
    (void) pr_timer_remove(timer, &tls4217_module);
    timer = 0;
  }
}

void tls4217_watch_begin(void) {
  struct tls4217_settings settings;

  tls4217_watch_end();
  tls4217_resolve_settings(main_server->conf, &settings);
  if (ServerType != SERVER_STANDALONE) {
    return;
  }

  timer = settings.reload_interval > 0 ?
    pr_timer_add(settings.reload_interval, -1, &tls4217_module, look_cb,
      "TLSReloadInterval") :
    pr_timer_add(AGE_INTERVAL, -1, &tls4217_module, check_ages_cb,
      "ages of certificates and OCSP responses");
}
