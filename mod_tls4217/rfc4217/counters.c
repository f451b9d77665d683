/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - what has happened, counted in memory that processes share
 *
 * See counters.h.
 */

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mod_tls4217/rfc4217/counters.h"
#include "mod_tls4217/rfc4217/labels.h"

static const char *const channels[] = { "control", "data" };
static const char *const outcomes[] = { "full", "resumed" };
static const char *const directions[] = { "upload", "download" };

/* The last of each stands for all others. */
static const char *const versions[] = { "TLSv1.2", "TLSv1.3", "other" };
static const char *const groups[] = { "X25519MLKEM768",
  "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "X25519", "prime256v1",
  "secp256r1", "secp384r1", "secp521r1", "X448", "none", "other" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct tls4217_counters {
  _Atomic uint64_t
    handshakes[COUNT(channels)][COUNT(versions)][COUNT(outcomes)];
  _Atomic uint64_t groups[COUNT(channels)][COUNT(groups)];
  _Atomic uint64_t failures[COUNT(channels)];
  _Atomic uint64_t refusals[TLS4217_REPLY_COUNT];
  _Atomic uint64_t transfers[COUNT(directions)];
  _Atomic uint64_t bytes[COUNT(directions)];
  _Atomic uint64_t kernel;
  _Atomic uint64_t signatures, last_key;
  _Atomic uint64_t restarts, signed_ones;
};

size_t tls4217_counters_size(void) {
  return sizeof(struct tls4217_counters);
}

/* Its place in a list, or the last one. */
static size_t find(const char *const *list, size_t count, const char *name) {
  size_t at = 0;

  while (at < count - 1 && strcasecmp(list[at], name) != 0) {
    at++;
  }

  return at;
}

static void add(_Atomic uint64_t *number, uint64_t value) {
  (void) atomic_fetch_add_explicit(number, value, memory_order_relaxed);
}

void tls4217_counters_handshake(struct tls4217_counters *counters, bool data,
  const char *version, const char *group, bool resumed) {
  if (counters != NULL) {
    add(&counters->handshakes[data][find(versions, COUNT(versions), version)]
                             [resumed],
      1);
    add(&counters->groups[data][find(
          groups, COUNT(groups), group != NULL ? group : "none")],
      1);
  }
}

void tls4217_counters_failure(struct tls4217_counters *counters, bool data) {
  if (counters != NULL) {
    add(&counters->failures[data], 1);
  }
}

void tls4217_counters_refusal(
  struct tls4217_counters *counters, enum tls4217_reply_id id) {
  if (counters != NULL && (unsigned int) id < TLS4217_REPLY_COUNT) {
    add(&counters->refusals[id], 1);
  }
}

void tls4217_counters_transfer(
  struct tls4217_counters *counters, bool sends, uint64_t bytes, bool kernel) {
  if (counters != NULL) {
    add(&counters->transfers[sends], 1);
    add(&counters->bytes[sends], bytes);
    add(&counters->kernel, kernel ? 1 : 0);
  }
}

/* The key first: whoever sees the number sees this key, or a later one. */
void tls4217_counters_signature(
  struct tls4217_counters *counters, uint64_t key) {
  if (counters != NULL) {
    atomic_store(&counters->last_key, key);
    (void) atomic_fetch_add(&counters->signatures, 1);
  }
}

uint64_t tls4217_counters_last_signature(
  const struct tls4217_counters *counters, uint64_t *key) {
  uint64_t count = 0;

  *key = 0;
  if (counters != NULL) {
    count = atomic_load(&counters->signatures);
    *key = atomic_load(&counters->last_key);
  }

  return count;
}

void tls4217_counters_restart(struct tls4217_counters *counters) {
  if (counters != NULL) {
    add(&counters->restarts, 1);
  }
}

void tls4217_counters_signed(struct tls4217_counters *counters) {
  if (counters != NULL) {
    add(&counters->signed_ones, 1);
  }
}

struct tls4217_counters_keys tls4217_counters_of_keys(
  const struct tls4217_counters *counters) {
  struct tls4217_counters_keys keys = { .signatures = 0 };

  if (counters != NULL) {
    keys.signatures = atomic_load(&counters->signed_ones);
    keys.failures = atomic_load(&counters->signatures);
    keys.restarts = atomic_load(&counters->restarts);
  }

  return keys;
}

/* Listing. */

struct list {
  tls4217_counters_put put;
  void *user;
};

static void put(const struct list *list, const char *name, const char *help,
  const char *labels, const _Atomic uint64_t *number) {
  list->put(list->user, name, help, labels,
    atomic_load_explicit(number, memory_order_relaxed));
}

static void list_handshakes(
  const struct tls4217_counters *counters, const struct list *list) {
  char labels[128];

  for (size_t c = 0; c < COUNT(channels); c++) {
    for (size_t v = 0; v < COUNT(versions); v++) {
      for (size_t o = 0; o < COUNT(outcomes); o++) {
        (void) snprintf(labels, sizeof(labels),
          "channel=\"%s\",version=\"%s\",outcome=\"%s\"", channels[c],
          versions[v], outcomes[o]);
        put(list, "ftps_handshakes_total", "TLS handshakes that succeeded.",
          labels, &counters->handshakes[c][v][o]);
      }
    }
  }

  for (size_t c = 0; c < COUNT(channels); c++) {
    (void) snprintf(labels, sizeof(labels), "channel=\"%s\"", channels[c]);
    put(list, "ftps_handshake_failures_total", "TLS handshakes that failed.",
      labels, &counters->failures[c]);
  }
}

static void list_groups(
  const struct tls4217_counters *counters, const struct list *list) {
  char labels[128];

  for (size_t c = 0; c < COUNT(channels); c++) {
    for (size_t g = 0; g < COUNT(groups); g++) {
      (void) snprintf(labels, sizeof(labels), "channel=\"%s\",group=\"%s\"",
        channels[c], groups[g]);
      put(list, "ftps_handshake_groups_total",
        "TLS handshakes by their key exchange group.", labels,
        &counters->groups[c][g]);
    }
  }
}

/* Those that have been given: there are many. */
static void list_refusals(
  const struct tls4217_counters *counters, const struct list *list) {
  for (int id = 0; id < TLS4217_REPLY_COUNT; id++) {
    const struct tls4217_reply *reply = tls4217_reply_get(
      (enum tls4217_reply_id) id);

    if (atomic_load(&counters->refusals[id]) > 0) {
      struct tls4217_labels labels = { .len = 0 };

      tls4217_labels_add(&labels, "code", reply->code);
      tls4217_labels_add(&labels, "reply", reply->text);
      put(list, "ftps_refusals_total",
        "Commands and data connections that were refused.", labels.text,
        &counters->refusals[id]);
    }
  }
}

static void list_transfers(
  const struct tls4217_counters *counters, const struct list *list) {
  char labels[64];

  for (size_t d = 0; d < COUNT(directions); d++) {
    (void) snprintf(labels, sizeof(labels), "direction=\"%s\"", directions[d]);
    put(list, "ftps_transfers_total", "Protected data connections that ended.",
      labels, &counters->transfers[d]);
  }

  for (size_t d = 0; d < COUNT(directions); d++) {
    (void) snprintf(labels, sizeof(labels), "direction=\"%s\"", directions[d]);
    put(list, "ftps_transfer_bytes_total", "Bytes of data on these.", labels,
      &counters->bytes[d]);
  }

  put(list, "ftps_kernel_transfers_total",
    "Protected data connections whose records the kernel made.", "",
    &counters->kernel);
}

static void list_keys(
  const struct tls4217_counters *counters, const struct list *list) {
  put(list, "ftps_signatures_total",
    "Signatures that the key process made for sessions.", "",
    &counters->signed_ones);
  put(list, "ftps_signature_failures_total",
    "Signatures that the key process did not make, or made wrongly.", "",
    &counters->signatures);
  put(list, "ftps_key_process_restarts_total",
    "Times that the key process was restarted.", "", &counters->restarts);
}

void tls4217_counters_list(const struct tls4217_counters *counters,
  tls4217_counters_put each, void *user) {
  const struct list list = { .put = each, .user = user };

  if (counters != NULL) {
    list_handshakes(counters, &list);
    list_groups(counters, &list);
    list_refusals(counters, &list);
    list_transfers(counters, &list);
    list_keys(counters, &list);
  }
}
