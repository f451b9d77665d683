/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - this process' own channel to the key process
 *
 * See keychannel.h.
 */

#include "mod_tls4217/ftp/daemon/keychannel.h"
#include "mod_tls4217/ftp/daemon/shared.h"
#include "mod_tls4217/tls/fnv.h"
#include "mod_tls4217/tls/keys/keysocket.h"

static struct tls4217_keyclient channel = { .fd = -1 };

/* A hash of its name and address. */
uint64_t tls4217_keychannel_scope(const server_rec *rec) {
  char text[512];

  (void) snprintf(text, sizeof(text), "%s %s %u",
    rec->ServerName != NULL ? rec->ServerName : "",
    rec->addr != NULL ? pr_netaddr_get_ipstr(rec->addr) : "", rec->ServerPort);
  return tls4217_fnv_add(TLS4217_FNV_BEGIN, text, strlen(text));
}

struct tls4217_keyclient *tls4217_keychannel_get(void) {
  return &channel;
}

int tls4217_keychannel_sign(void *user, const struct tls4217_signjob *job,
  unsigned char *signature, size_t *size, struct tls4217_error *err) {
  const int res = tls4217_keyclient_sign(user, job, signature, size, err);

  /* Those of the daemon's warm-up are for no client. */
  if (res == 0 && session.c != NULL) {
    tls4217_counters_signed(tls4217_shared_counters());
  }

  return res;
}

void tls4217_keychannel_fail(
  void *user, uint64_t handle, const struct tls4217_error *err) {
  (void) user;

  /* Not where this session may have no more. */
  if (err->errnum != EDQUOT) {
    tls4217_counters_signature(tls4217_shared_counters(), handle);
  }
}

void tls4217_keychannel_open(int front, const server_rec *const *recs,
  size_t nrecs, unsigned int signatures) {
  pool *p = make_sub_pool(permanent_pool);
  uint64_t *scopes = pcalloc(p, (nrecs + 1) * sizeof(*scopes));
  struct tls4217_error err;

  for (size_t i = 0; i < nrecs; i++) {
    scopes[i] = tls4217_keychannel_scope(recs[i]);
  }

  tls4217_error_clear(&err);
  if (tls4217_keyclient_open(&channel, front, scopes, nrecs, signatures,
        TLS4217_KEYCLIENT_OPEN_TIME, &err) < 0) {
    pr_log_pri(PR_LOG_ERR, "error: %s: %s", MOD_TLS4217_VERSION, err.text);
  }

  destroy_pool(p);
}

void tls4217_keychannel_close(void) {
  tls4217_keyclient_close(&channel);
}

void tls4217_keychannel_set_time(int timeout) {
  channel.spent = false;
  channel.deadline = tls4217_keysocket_now() + timeout;
}

bool tls4217_keychannel_is_spent(void) {
  return channel.spent;
}
