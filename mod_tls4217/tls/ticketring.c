/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticket keys that outlive the contexts that have them
 *
 * See ticketring.h.
 */

#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "mod_tls4217/tls/ticketring.h"

#define VERSION 1

/* Of an entry. */
#define TIME_AT  TLS4217_CONTEXT_SCOPE
#define KEYS_AT  (TIME_AT + 8)
#define KEY_SIZE (TLS4217_TICKETRING_ENTRY - KEYS_AT)

struct tls4217_ticketring *tls4217_ticketring_new(void) {
  return calloc(1, sizeof(struct tls4217_ticketring));
}

void tls4217_ticketring_free(struct tls4217_ticketring *ring) {
  if (ring != NULL) {
    OPENSSL_cleanse(ring, sizeof(*ring));
    free(ring);
  }
}

static void put_time(unsigned char *bytes, int64_t time) {
  for (int i = 0; i < 8; i++) {
    bytes[i] = (unsigned char) ((uint64_t) time >> (8 * (7 - i)));
  }
}

static int64_t get_time(const unsigned char *bytes) {
  uint64_t time = 0;

  for (int i = 0; i < 8; i++) {
    time = time << 8 | bytes[i];
  }

  return (int64_t) time;
}

bool tls4217_ticketring_add(
  struct tls4217_ticketring *ring, const struct tls4217_context *context) {
  unsigned char *entry;

  if (ring->size == 0) {
    ring->bytes[0] = VERSION;
    ring->size = 1;
  }

  if (sizeof(ring->bytes) - ring->size < TLS4217_TICKETRING_ENTRY) {
    return false;
  }

  entry = ring->bytes + ring->size;
  if (SSL_CTX_get_tlsext_ticket_keys(context->ctx, entry + KEYS_AT, KEY_SIZE) !=
    1) {
    ERR_clear_error();
    return false;
  }

  memcpy(entry, context->scope, TLS4217_CONTEXT_SCOPE);
  put_time(entry + TIME_AT, context->tickets_since);
  ring->size += TLS4217_TICKETRING_ENTRY;
  return true;
}

static const unsigned char *find_entry(
  const struct tls4217_ticketring *ring, const unsigned char *scope) {
  if (ring->size < 1 || ring->size > sizeof(ring->bytes) ||
    ring->bytes[0] != VERSION) {
    return NULL;
  }

  for (size_t at = 1; ring->size - at >= TLS4217_TICKETRING_ENTRY;
       at += TLS4217_TICKETRING_ENTRY) {
    if (memcmp(ring->bytes + at, scope, TLS4217_CONTEXT_SCOPE) == 0) {
      return ring->bytes + at;
    }
  }

  return NULL;
}

bool tls4217_ticketring_use(const struct tls4217_ticketring *ring,
  struct tls4217_context *context, int64_t now) {
  const unsigned char *entry = find_entry(ring, context->scope);
  int64_t since;

  if (entry == NULL) {
    return false;
  }

  /* A clock that was put back must not make them last. */
  since = get_time(entry + TIME_AT);
  if (since > now || now - since >= TLS4217_TICKETRING_MAX_AGE) {
    return false;
  }

  /* OpenSSL's macro takes what it only reads as not const. */
  if (SSL_CTX_set_tlsext_ticket_keys(
        context->ctx, (void *) (entry + KEYS_AT), KEY_SIZE) != 1) {
    ERR_clear_error();
    return false;
  }

  context->tickets_since = since;
  return true;
}

int tls4217_ticketring_renew(
  struct tls4217_context *context, int64_t now, struct tls4217_error *err) {
  unsigned char keys[KEY_SIZE];
  int ret = -1;

  if (RAND_priv_bytes(keys, sizeof(keys)) != 1 ||
    SSL_CTX_set_tlsext_ticket_keys(context->ctx, keys, sizeof(keys)) != 1) {
    tls4217_error_set_openssl(err, "no new keys for session tickets");
    goto out;
  }

  context->tickets_since = now;
  ret = 0;

out:
  OPENSSL_cleanse(keys, sizeof(keys));
  return ret;
}
