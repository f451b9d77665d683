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

/* Rings that hosts share. */

void tls4217_ticketring_publish(const struct tls4217_ticketring *ring,
  struct tls4217_ticketring *stored, int64_t now) {
  size_t first = 0;

  /* What no session has used needs no host to keep it. */
  while (first + 1 < ring->count &&
    ring->secrets[first].from == TLS4217_TICKETRING_LATER) {
    first++;
  }

  tls4217_ticketring_clear(stored);
  stored->source = TLS4217_TICKETRING_SHARED;
  stored->count = ring->count - first;
  memcpy(stored->secrets, ring->secrets + first,
    stored->count * sizeof(stored->secrets[0]));
  for (size_t i = 0; i < stored->count; i++) {
    if (stored->secrets[i].from > now) {
      stored->secrets[i].from = now;
    }
  }
}

bool tls4217_ticketring_is_due(const struct tls4217_ticketring *stored,
  const struct tls4217_ticketring_rules *rules, int64_t now) {
  const int64_t age = now - stored->secrets[0].from;

  return age >= rules->age || -age > rules->age;
}

int tls4217_ticketring_advance(struct tls4217_ticketring *stored,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err) {
  if (add_next(stored, err) < 0) {
    return -1;
  }

  stored->source = TLS4217_TICKETRING_SHARED;
  stored->secrets[0].from = now;
  (void) cut(stored, rules->kept + 1);
  return 0;
}

/* When a secret encrypts that is not known here yet. */
static int64_t first_use(const struct tls4217_ticketring *ring,
  const struct tls4217_ticketsecret *stored, int64_t now, int64_t delay) {
  const int64_t latest = now + delay, planned = stored->from + delay;

  return ring->source == TLS4217_TICKETRING_SHARED || planned > latest ?
    latest :
    planned;
}

static bool is_same(const struct tls4217_ticketring *one,
  const struct tls4217_ticketring *other) {
  bool same = one->source == other->source && one->count == other->count;

  for (size_t i = 0; i < one->count && same; i++) {
    same = one->secrets[i].from == other->secrets[i].from &&
      one->secrets[i].size == other->secrets[i].size &&
      CRYPTO_memcmp(one->secrets[i].bytes, other->secrets[i].bytes,
        one->secrets[i].size) == 0;
  }

  return same;
}

bool tls4217_ticketring_share(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring *stored, int64_t now, int64_t delay) {
  struct tls4217_ticketring made = *stored;
  bool same;

  made.source = TLS4217_TICKETRING_SHARED;
  for (size_t i = 0; i < made.count; i++) {
    struct tls4217_ticketsecret *secret = &made.secrets[i];
    const struct tls4217_ticketsecret *known = tls4217_ticketring_find(
      ring, secret->bytes, secret->size);

    secret->from = first_use(ring, secret, now, delay);
    if (known != NULL && known->from < secret->from) {
      secret->from = known->from;
    }
  }

  same = is_same(ring, &made);
  *ring = made;
  OPENSSL_cleanse(&made, sizeof(made));
  return same == false;
}

int tls4217_ticketring_leave(struct tls4217_ticketring *ring,
  const struct tls4217_ticketring_rules *rules, int64_t now,
  struct tls4217_error *err) {
  struct tls4217_ticketring own = *ring;
  int ret = -1;

  own.source = TLS4217_TICKETRING_MADE;
  if (tls4217_ticketring_rotate(&own, rules, now, err) == 0 &&
    tls4217_ticketring_rotate(&own, rules, now, err) == 0) {
    *ring = own;
    ret = 0;
  }

  OPENSSL_cleanse(&own, sizeof(own));
  return ret;
}

/* What all of them are for. */

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
    bytes[1] >= TLS4217_TICKETRING_MADE &&
    bytes[1] <= TLS4217_TICKETRING_SHARED &&
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
