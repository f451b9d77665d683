/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ticket keys of the hosts, kept over SIGHUP
 *
 * See ticketkeys.h.
 */

#include "mod_tls4217/ftp/core.h"
#include "mod_tls4217/ftp/daemon/keyprocess.h"
#include "mod_tls4217/ftp/daemon/ticketkeys.h"

#define NAME "ticket keys"

static void complain(const struct tls4217_error *err) {
  pr_log_pri(PR_LOG_NOTICE,
    "notice: %s: session ticket keys do not survive SIGHUP, so clients "
    "need a full handshake after it: %s",
    MOD_TLS4217_VERSION, err->text);
}

struct tls4217_ticketring *tls4217_ticketkeys_begin(void) {
  return tls4217_keyprocess_is_there() ? tls4217_ticketring_new() : NULL;
}

void tls4217_ticketkeys_add(
  struct tls4217_ticketring *ring, const struct tls4217_context *context) {
  if (ring != NULL && context != NULL) {
    (void) tls4217_ticketring_add(ring, context);
  }
}

void tls4217_ticketkeys_keep(struct tls4217_ticketring *ring) {
  struct tls4217_error err;

  if (ring == NULL) {
    return;
  }

  tls4217_error_clear(&err);
  if (tls4217_keyprocess_keep(NAME, ring->bytes, ring->size, &err) < 0) {
    complain(&err);
  }

  tls4217_ticketkeys_end(ring);
}

struct tls4217_ticketring *tls4217_ticketkeys_fetch(void) {
  struct tls4217_ticketring *ring = tls4217_ticketkeys_begin();
  struct tls4217_error err;

  if (ring == NULL) {
    return NULL;
  }

  tls4217_error_clear(&err);
  ring->size = sizeof(ring->bytes);
  if (tls4217_keyprocess_fetch(NAME, ring->bytes, &ring->size, &err) < 0) {
    ring->size = 0;
    complain(&err);
  }

  return ring;
}

void tls4217_ticketkeys_use(
  const struct tls4217_ticketring *ring, struct tls4217_context *context) {
  if (ring != NULL && context != NULL) {
    (void) tls4217_ticketring_use(ring, context, (int64_t) time(NULL));
  }
}

void tls4217_ticketkeys_pass_on(
  const struct tls4217_context *from, struct tls4217_context *to) {
  struct tls4217_ticketring *ring = tls4217_ticketring_new();

  if (ring != NULL && tls4217_ticketring_add(ring, from)) {
    tls4217_ticketkeys_use(ring, to);
  }

  tls4217_ticketring_free(ring);
}

void tls4217_ticketkeys_end(struct tls4217_ticketring *ring) {
  tls4217_ticketring_free(ring);
}
