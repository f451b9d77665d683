/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the daemon's ring of ticket keys
 *
 * See ticketkeys.h.
 */

#include "mod_tls4217/ftp/config/resolve.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"
#include "mod_tls4217/ftp/daemon/ticketmemory.h"

/* What the key process knows the ring by. */
#define NAME "ticket keys"

/* Seconds between two looks at the ring, at most, and how many looks there are
 * in an age where that is short. */
#define INTERVAL 60
#define LOOKS    4

static struct {
  struct tls4217_ticketring ring;
  struct tls4217_ticketring_rules rules;
  void (*apply)(void);
  int timer; /* 0: none */
} self;

static void complain(const struct tls4217_error *err) {
  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: the keys of session tickets: %s; clients may need a full "
    "handshake",
    MOD_TLS4217_VERSION, err->text);
}

void tls4217_ticketkeys_keep(void) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  struct tls4217_error err;
  size_t size;

  if (tls4217_keyprocess_is_there() == false) {
    return;
  }

  tls4217_error_clear(&err);
  size = tls4217_ticketring_write(&self.ring, bytes);
  if (tls4217_keyprocess_keep(NAME, bytes, size, &err) < 0) {
    complain(&err);
  }

  pr_memscrub(bytes, sizeof(bytes));
}

/* What was kept over SIGHUP, wherever that was. */
static void fetch(void) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  size_t size = sizeof(bytes);
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (tls4217_keyprocess_fetch(NAME, bytes, &size, &err) < 0) {
    complain(&err);
    size = 0;
  }

  if (size == 0) {
    size = tls4217_ticketmemory_fetch(bytes, sizeof(bytes));
  }

  (void) tls4217_ticketring_read(&self.ring, bytes, size);
  pr_memscrub(bytes, sizeof(bytes));
}

/* Returns whether it is another ring than before. */
static bool tend(void) {
  struct tls4217_error err;
  int res;

  tls4217_error_clear(&err);
  res = tls4217_ticketring_tend(
    &self.ring, &self.rules, (int64_t) time(NULL), &err);
  if (res < 0) {
    complain(&err);
  }

  return res > 0;
}

static int tend_cb(CALLBACK_FRAME) {
  (void) p1;
  (void) p2;
  (void) p3;
  (void) data;

  if (tend()) {
    tls4217_ticketkeys_keep();
    self.apply();
  }

  return 1;
}

static void start_timer(void) {
  int64_t interval = self.rules.age / LOOKS;

  if (self.timer > 0) {
    (void) pr_timer_remove(self.timer, &tls4217_module);
  }

  interval = interval < 1 ? 1 : interval > INTERVAL ? INTERVAL : interval;
  self.timer = pr_timer_add(
    (int) interval, -1, &tls4217_module, tend_cb, "keys of session tickets");
}

void tls4217_ticketkeys_begin(void (*apply)(void)) {
  struct tls4217_settings settings;

  tls4217_resolve_settings(main_server->conf, &settings);
  self.rules = settings.ticket_keys;
  self.apply = apply;
  if (self.ring.count == 0) {
    fetch();
  }

  (void) tend();
  tls4217_ticketkeys_keep();
  self.apply();
  start_timer();
}

void tls4217_ticketkeys_apply(struct tls4217_context *context) {
  struct tls4217_error err;

  tls4217_error_clear(&err);
  if (self.ring.count > 0 &&
    tls4217_ticketring_apply(&self.ring, context, (int64_t) time(NULL),
      tls4217_ticketring_life(&self.rules), &err) < 0) {
    complain(&err);
  }
}

int tls4217_ticketkeys_rotate(struct tls4217_error *err) {
  if (tls4217_ticketring_rotate(
        &self.ring, &self.rules, (int64_t) time(NULL), err) < 0) {
    return -1;
  }

  tls4217_ticketkeys_keep();
  self.apply();
  return 0;
}

bool tls4217_ticketkeys_tell(struct tls4217_ticketkeys_facts *facts) {
  const size_t current = tls4217_ticketring_current(
    &self.ring, (int64_t) time(NULL));
  struct tls4217_error err;

  tls4217_error_clear(&err);
  facts->count = self.ring.count;
  return self.ring.count > 0 &&
    tls4217_ticketring_label(&self.ring.secrets[current], facts->label, &err) ==
    0;
}

void tls4217_ticketkeys_end(bool restarts) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  size_t size;

  if (restarts && self.ring.count > 0 &&
    tls4217_keyprocess_is_there() == false) {
    size = tls4217_ticketring_write(&self.ring, bytes);
    tls4217_ticketmemory_keep(bytes, size);
    pr_memscrub(bytes, sizeof(bytes));
  }

  if (self.timer > 0) {
    (void) pr_timer_remove(self.timer, &tls4217_module);
    self.timer = 0;
  }

  tls4217_ticketring_clear(&self.ring);
}
