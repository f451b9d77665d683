/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - the ring of ticket keys
 *
 * See ticketring.h.
 */

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/rand.h>

#include "mod_tls4217/tls/ticketring.h"

#define VERSION 2

int64_t tls4217_ticketring_life(const struct tls4217_ticketring_rules *rules) {
  return rules->age / 2;
}

void tls4217_ticketring_clear(struct tls4217_ticketring *ring) {
  OPENSSL_cleanse(ring, sizeof(*ring));
}

/* Rings that are made here. */

static int make_secret(
  struct tls4217_ticketsecret *secret, struct tls4217_error *err) {
  ERR_clear_error();
  if (RAND_priv_bytes(secret->bytes, sizeof(secret->bytes)) != 1) {
    tls4217_error_set_openssl(err, "no new key for session tickets");
    return -1;
  }

  secret->size = sizeof(secret->bytes);
  secret->from = TLS4217_TICKETRING_LATER;
  return 0;
}

static bool cut(struct tls4217_ticketring *ring, size_t count) {
  if (ring->count <= count) {
    return false;
  }

  OPENSSL_cleanse(
    ring->secrets + count, (ring->count - count) * sizeof(ring->secrets[0]));
  ring->count = count;
  return true;
}

/* Puts one in front of the others. */
static int add_next(
  struct tls4217_ticketring *ring, struct tls4217_error *err) {
  struct tls4217_ticketsecret next;
  int ret = make_secret(&next, err);

  if (ret == 0) {
    (void) cut(ring, TLS4217_TICKETRING_MAX - 1);
    memmove(
      ring->secrets + 1, ring->secrets, ring->count * sizeof(ring->secrets[0]));
    ring->secrets[0] = next;
    ring->count++;
  }

  OPENSSL_cleanse(&next, sizeof(next));
  return ret;
}

static int begin(
  struct tls4217_ticketring *ring, int64_t now, struct tls4217_error *err) {
  tls4217_ticketring_clear(ring);
  if (add_next(ring, err) < 0 || add_next(ring, err) < 0) {
    tls4217_ticketring_clear(ring);
    return -1;
  }

  ring->source = TLS4217_TICKETRING_MADE;
  ring->secrets[1].from = now;
  return 0;
}

int tls4217_ticketring_rotate(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err) {
  if (ring->source != TLS4217_TICKETRING_MADE) {
    return begin(ring, now, err);
  }

  if (add_next(ring, err) < 0) {
    return -1;
  }

  ring->secrets[1].from = now;
  (void) cut(ring, rules->kept + 1);
  return 0;
}

/* Times that are still to come, but for the next one's. */
static bool put_times_right(struct tls4217_ticketring *ring, int64_t now) {
  bool changed = false;

  for (size_t i = 1; i < ring->count; i++) {
    if (ring->secrets[i].from > now) {
      ring->secrets[i].from = now;
      changed = true;
    }
  }

  return changed;
}

/* Those whose last ticket has run out long ago: the daemon, or its machine,
 * has slept. */
static bool drop_old(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now) {
  const int64_t oldest = now - rules->age * (int64_t) rules->kept;
  size_t kept = 2;

  while (kept < ring->count && ring->secrets[kept].from > oldest) {
    kept++;
  }

  return cut(ring, kept < rules->kept + 1 ? kept : rules->kept + 1);
}

int tls4217_ticketring_tend(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err) {
  bool changed;

  if (ring->source != TLS4217_TICKETRING_MADE || ring->count < 2) {
    return begin(ring, now, err) < 0 ? -1 : 1;
  }

  changed = put_times_right(ring, now);
  if (now - ring->secrets[1].from >= rules->age) {
    if (tls4217_ticketring_rotate(ring, rules, now, err) < 0) {
      return -1;
    }

    changed = true;
  }

  return drop_old(ring, rules, now) || changed ? 1 : 0;
}

/* Rings that are read. */

const struct tls4217_ticketsecret *tls4217_ticketring_find(
  const struct tls4217_ticketring *ring, const unsigned char *bytes,
  size_t size) {
  for (size_t i = 0; i < ring->count; i++) {
    if (ring->secrets[i].size == size &&
      CRYPTO_memcmp(ring->secrets[i].bytes, bytes, size) == 0) {
      return &ring->secrets[i];
    }
  }

  return NULL;
}

void tls4217_ticketring_take(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring *read, int64_t now, int64_t delay) {
  struct tls4217_ticketring made = *read;

  made.source = TLS4217_TICKETRING_FILES;
  for (size_t i = 0; i < made.count; i++) {
    const struct tls4217_ticketsecret *known = tls4217_ticketring_find(
      ring, made.secrets[i].bytes, made.secrets[i].size);

    made.secrets[i].from = now + delay;
    if (known != NULL && known->from < made.secrets[i].from) {
      made.secrets[i].from = known->from;
    }
  }

  *ring = made;
  OPENSSL_cleanse(&made, sizeof(made));
}

/* What both are for. */

size_t tls4217_ticketring_current(
  const struct tls4217_ticketring *ring, int64_t now) {
  size_t i = 0;

  while (i + 1 < ring->count && ring->secrets[i].from > now) {
    i++;
  }

  return i;
}

int tls4217_ticketring_label(const struct tls4217_ticketsecret *secret,
  char label[TLS4217_TICKETRING_LABEL], struct tls4217_error *err) {
  static const unsigned char nowhere[TLS4217_TICKETCRYPT_SCOPE];
  struct tls4217_ticketkey key;

  if (tls4217_ticketcrypt_derive(
        secret->bytes, secret->size, nowhere, &key, err) < 0) {
    return -1;
  }

  for (size_t i = 0; i < TLS4217_TICKETRING_LABEL / 2; i++) {
    (void) snprintf(label + 2 * i, 3, "%02x", key.name[i]);
  }

  OPENSSL_cleanse(&key, sizeof(key));
  return 0;
}

int tls4217_ticketring_apply(const struct tls4217_ticketring *ring,
  struct tls4217_context *context, int64_t now, int64_t life,
  struct tls4217_error *err) {
  struct tls4217_ticketkey keys[TLS4217_TICKETRING_MAX];
  int ret = -1;

  for (size_t i = 0; i < ring->count; i++) {
    if (tls4217_ticketcrypt_derive(ring->secrets[i].bytes,
          ring->secrets[i].size, context->scope, &keys[i], err) < 0) {
      goto out;
    }
  }

  if (tls4217_ticketcrypt_set(context->tickets, keys, ring->count,
        tls4217_ticketring_current(ring, now), err) < 0) {
    goto out;
  }

  (void) SSL_CTX_set_timeout(context->ctx, (long) life);
  ret = 0;

out:
  OPENSSL_cleanse(keys, sizeof(keys));
  return ret;
}

/* As bytes. */

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

size_t tls4217_ticketring_write(
  const struct tls4217_ticketring *ring, unsigned char *bytes) {
  unsigned char *at = bytes;

  *at++ = VERSION;
  *at++ = (unsigned char) ring->source;
  for (size_t i = 0; i < ring->count; i++) {
    put_time(at, ring->secrets[i].from);
    at[8] = (unsigned char) ring->secrets[i].size;
    memcpy(at + 9, ring->secrets[i].bytes, TLS4217_TICKETRING_SECRET);
    at += TLS4217_TICKETRING_ENTRY;
  }

  return (size_t) (at - bytes);
}

static bool is_ours(const unsigned char *bytes, size_t size) {
  return size > 2 && size <= TLS4217_TICKETRING_BYTES && bytes[0] == VERSION &&
    (bytes[1] == TLS4217_TICKETRING_MADE ||
      bytes[1] == TLS4217_TICKETRING_FILES) &&
    (size - 2) % TLS4217_TICKETRING_ENTRY == 0;
}

bool tls4217_ticketring_read(
  struct tls4217_ticketring *ring, const unsigned char *bytes, size_t size) {
  tls4217_ticketring_clear(ring);
  if (is_ours(bytes, size) == false) {
    return false;
  }

  for (size_t at = 2; at < size; at += TLS4217_TICKETRING_ENTRY) {
    struct tls4217_ticketsecret *secret = &ring->secrets[ring->count++];

    secret->from = get_time(bytes + at);
    secret->size = bytes[at + 8];
    if (secret->size == 0 || secret->size > TLS4217_TICKETRING_SECRET) {
      tls4217_ticketring_clear(ring);
      return false;
    }

    memcpy(secret->bytes, bytes + at + 9, TLS4217_TICKETRING_SECRET);
  }

  ring->source = (enum tls4217_ticketring_source) bytes[1];
  return true;
}
