/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - proves which ticket opens a data connection
 *
 * tls/conn/binding.c, whatever data a ticket carries: one that is taken has the
 * id of this control connection, or of the session that this one has resumed,
 * or of another one of the same user; nothing behind the data is read.
 */

#include "t/prove/openssl.h"

#include "mod_tls4217/tls/conn/binding.c"

static unsigned char stamp[STAMP_SIZE + 1];
static size_t stamp_len;
static struct tls4217_sslstate state;
static bool has_kin;

struct tls4217_sslstate *tls4217_sslstate_find(const SSL *ssl) {
  (void) ssl;
  return &state;
}

int SSL_SESSION_get0_ticket_appdata(
  SSL_SESSION *session, void **data, size_t *len) {
  (void) session;
  *data = stamp + sizeof(stamp) - stamp_len;
  *len = stamp_len;
  return nondet_bool();
}

int EVP_Digest(const void *data, size_t size, unsigned char *digest,
  unsigned int *len, const EVP_MD *type, ENGINE *engine) {
  (void) type;
  (void) engine;
  prove(__CPROVER_r_ok(data, size));
  *len = TLS4217_BINDING_DIGEST_SIZE;
  __CPROVER_havoc_slice(digest, TLS4217_BINDING_DIGEST_SIZE);
  return nondet_bool();
}

const EVP_MD *EVP_sha256(void) {
  return NULL;
}

const char *SSL_SESSION_get0_hostname(const SSL_SESSION *session) {
  (void) session;
  return nondet_bool() ? "a" : NULL;
}

time_t SSL_SESSION_get_time_ex(const SSL_SESSION *session) {
  (void) session;
  return 0;
}

time_t SSL_SESSION_set_time_ex(SSL_SESSION *session, time_t when) {
  (void) session;
  return when;
}

long SSL_SESSION_get_timeout(const SSL_SESSION *session) {
  (void) session;
  return 0;
}

time_t time(time_t *when) {
  (void) when;
  return 0;
}

static enum tls4217_kinship find_any_kin(
  const void *who, const unsigned char *digest) {
  const enum tls4217_kinship kin = (enum tls4217_kinship) any_of(
    TLS4217_KINSHIP_SAME + 1);

  (void) who;
  (void) digest;
  has_kin = has_kin || kin == TLS4217_KINSHIP_SAME;
  return kin;
}

static bool is_other(const void *who, const char *name) {
  (void) who;
  (void) name;
  return nondet_bool();
}

static bool is_id(const unsigned char *id) {
  return stamp_len == STAMP_SIZE && stamp[1] == STAMP_VERSION &&
    memcmp(stamp + 1 + ID_AT, id, TLS4217_BINDING_ID_SIZE) == 0;
}

static void prove_ticket(void) {
  struct tls4217_binding binding = { .has_resumed = nondet_bool(),
    .find_kin = nondet_bool() ? find_any_kin : NULL,
    .is_other_host = nondet_bool() ? is_other : NULL };
  SSL_TICKET_RETURN taken;
  SSL_TICKET_STATUS status = (SSL_TICKET_STATUS) nondet_int();

  __CPROVER_havoc_slice(binding.id, sizeof(binding.id));
  __CPROVER_havoc_slice(binding.resumed, sizeof(binding.resumed));
  state.data = true;
  state.binding = &binding;
  state.hello.server_name[0] = nondet_bool() ? 'a' : '\0';

  taken = check_ticket_cb(NULL, NULL, NULL, 0, status, NULL);
  prove(taken == SSL_TICKET_RETURN_USE || taken == SSL_TICKET_RETURN_IGNORE);
  if (taken == SSL_TICKET_RETURN_USE) {
    prove(status == SSL_TICKET_SUCCESS || status == SSL_TICKET_SUCCESS_RENEW);
    prove(
      state.reuse == TLS4217_REUSE_OWN || state.reuse == TLS4217_REUSE_USER);
    prove(state.reuse == TLS4217_REUSE_USER || is_id(binding.id) ||
      (binding.has_resumed && is_id(binding.resumed)));
    prove(state.reuse == TLS4217_REUSE_OWN || binding.find_kin != NULL);
    prove(stamp_len == STAMP_SIZE && stamp[1] == STAMP_VERSION);
  }
}

int main(void) {
  __CPROVER_havoc_slice(stamp, sizeof(stamp));
  for (stamp_len = 0; stamp_len <= sizeof(stamp); stamp_len++) {
    prove_ticket();
  }

  return 0;
}
