/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - which TLS session may open a data connection
 *
 * See binding.h for the rule.  SSL_CTX_set_session_ticket_cb(3) is the place to
 * stamp tickets that are issued, and to check the stamp of those that come back
 * before OpenSSL resumes anything; SSL_CTX_sess_set_get_cb(3) does the same for
 * TLS 1.2 session ids.
 */

#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/compat.h"
#include "mod_tls4217/tls/cert/verify.h"

/* A stamp: its layout's version, the id of a control connection, and that of
 * the session that this one resumed, or zeros; which ticket of that control
 * connection it is. */
#define STAMP_VERSION 3
#define ID_AT         1
#define ORIGIN_AT     (ID_AT + TLS4217_BINDING_ID_SIZE)
#define NUMBER_AT     (ORIGIN_AT + TLS4217_BINDING_ID_SIZE)
#define NUMBER_SIZE   sizeof(uint32_t)
#define STAMP_SIZE    (NUMBER_AT + NUMBER_SIZE)

int tls4217_binding_init(
  struct tls4217_binding *binding, struct tls4217_error *err) {
  memset(binding, 0, sizeof(*binding));

  if (RAND_bytes(binding->id, sizeof(binding->id)) != 1) {
    tls4217_error_set_openssl(
      err, "there are no random numbers for a session's id");
    return -1;
  }

  return 0;
}

void tls4217_binding_clear(struct tls4217_binding *binding) {
  SSL_SESSION_free(binding->session);
  OPENSSL_cleanse(binding, sizeof(*binding));
}

void tls4217_binding_remember(struct tls4217_binding *binding, SSL *ssl) {
  SSL_SESSION *session;
  unsigned int id_len = 0;

  /* A ticket of ours that OpenSSL would not resume: too old, another host. */
  if (SSL_session_reused(ssl) == 0) {
    binding->has_resumed = false;
    OPENSSL_cleanse(binding->resumed, sizeof(binding->resumed));
  }

  session = SSL_get_session(ssl);
  if (session == NULL || SSL_version(ssl) > TLS1_2_VERSION) {
    return;
  }

  (void) SSL_SESSION_get_id(session, &id_len);
  if (id_len == 0) {
    return;
  }

  SSL_SESSION_free(binding->session);
  binding->session = SSL_get1_session(ssl);
}

/* Ticket callbacks: issuing. */

static int stamp_ticket_cb(SSL *ssl, void *arg) {
  unsigned char stamp[STAMP_SIZE] = { STAMP_VERSION };
  const struct tls4217_sslstate *state;

  (void) arg;

  /* A ticket of a data connection, or of a client that is about to be refused,
   * carries no id, and opens nothing. */
  state = tls4217_sslstate_find(ssl);
  if (state != NULL && state->data == false &&
    state->verify_error == X509_V_OK) {
    state->binding->issued++;
    memcpy(stamp + ID_AT, state->binding->id, TLS4217_BINDING_ID_SIZE);
    memcpy(stamp + NUMBER_AT, &state->binding->issued, NUMBER_SIZE);
    if (state->binding->has_resumed) {
      memcpy(
        stamp + ORIGIN_AT, state->binding->resumed, TLS4217_BINDING_ID_SIZE);
    }
  }

  return SSL_SESSION_set1_ticket_appdata(
    SSL_get_session(ssl), stamp, sizeof(stamp));
}

/* Ticket callbacks: what comes back. */

/* id: of a stamp. */
static void keep_shown(struct tls4217_shown *shown, const SSL_SESSION *session,
  const unsigned char *id) {
  memcpy(shown->ticket, id, TLS4217_BINDING_ID_SIZE);
  memcpy(shown->ticket + TLS4217_BINDING_ID_SIZE, id + NUMBER_AT - ID_AT,
    NUMBER_SIZE);
  shown->since = (int64_t) SSL_SESSION_get_time_ex(session);
  shown->life = SSL_SESSION_get_timeout(session);
  shown->any = true;
}

static bool is_past_half(const struct tls4217_shown *shown, int64_t now) {
  return now < shown->since || now - shown->since >= shown->life / 2;
}

void tls4217_binding_note_shown(struct tls4217_binding *binding, SSL *ssl) {
  const struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  if (state->shown.any == false || SSL_session_reused(ssl) == 0) {
    return;
  }

  if (binding->shown.any &&
    memcmp(binding->shown.ticket, state->shown.ticket, TLS4217_SHOWN_SIZE) ==
      0) {
    binding->repeats = true;
  }

  binding->shown = state->shown;
}

bool tls4217_binding_needs_ticket(
  const struct tls4217_binding *binding, int64_t now) {
  return binding->repeats == false || is_past_half(&binding->shown, now);
}

static const unsigned char *read_stamp(SSL_SESSION *session) {
  static const unsigned char no_id[TLS4217_BINDING_ID_SIZE];
  void *data = NULL;
  const unsigned char *stamp;
  size_t len = 0;

  if (SSL_SESSION_get0_ticket_appdata(session, &data, &len) != 1 ||
    len != STAMP_SIZE) {
    return NULL;
  }

  stamp = data;
  if (stamp[0] != STAMP_VERSION ||
    CRYPTO_memcmp(stamp + 1, no_id, sizeof(no_id)) == 0) {
    return NULL;
  }

  return stamp + 1;
}

static bool is_own(
  const struct tls4217_binding *binding, const unsigned char *id) {
  if (CRYPTO_memcmp(id, binding->id, TLS4217_BINDING_ID_SIZE) == 0) {
    return true;
  }

  return binding->has_resumed == true &&
    CRYPTO_memcmp(id, binding->resumed, TLS4217_BINDING_ID_SIZE) == 0;
}

int tls4217_binding_digest(
  const unsigned char *id, unsigned char *digest, struct tls4217_error *err) {
  unsigned int len = 0;

  if (EVP_Digest(
        id, TLS4217_BINDING_ID_SIZE, digest, &len, EVP_sha256(), NULL) != 1 ||
    len != TLS4217_BINDING_DIGEST_SIZE) {
    tls4217_error_set_openssl(err, "cannot make a digest of a session's id");
    return -1;
  }

  return 0;
}

static enum tls4217_kinship find_kin(
  const struct tls4217_binding *binding, const unsigned char *id) {
  unsigned char digest[TLS4217_BINDING_DIGEST_SIZE];

  if (binding->find_kin == NULL ||
    tls4217_binding_digest(id, digest, NULL) < 0) {
    return TLS4217_KINSHIP_STRANGER;
  }

  return binding->find_kin(binding->who, digest);
}

/* By the two ids of a stamp. */
static enum tls4217_reuse compare_ids(
  const struct tls4217_binding *binding, const unsigned char *id) {
  static const unsigned char no_id[TLS4217_BINDING_ID_SIZE];
  const unsigned char *origin = id + TLS4217_BINDING_ID_SIZE;
  enum tls4217_kinship kin;

  if (is_own(binding, id)) {
    return TLS4217_REUSE_OWN;
  }

  kin = find_kin(binding, id);
  if (kin == TLS4217_KINSHIP_UNKNOWN &&
    CRYPTO_memcmp(origin, no_id, sizeof(no_id)) != 0) {
    kin = is_own(binding, origin) ? TLS4217_KINSHIP_SAME :
                                    find_kin(binding, origin);
  }

  return kin == TLS4217_KINSHIP_SAME ? TLS4217_REUSE_USER :
                                       TLS4217_REUSE_FOREIGN;
}

/* "" for none; OpenSSL keeps the name as it came. */
static bool is_same_name(const char *kept, const char *given) {
  const size_t len = kept != NULL ? strlen(kept) : 0;
  const size_t root = len > 0 && kept[len - 1] == '.' ? 1 : 0;

  return len - root == strlen(given) &&
    (len == 0 || strncasecmp(kept, given, len - root) == 0);
}

/* RFC 6066, section 3: no resumption under another server name, also where
 * both are of one host. */
static bool has_same_name(
  const struct tls4217_sslstate *state, const SSL_SESSION *session) {
  return is_same_name(SSL_SESSION_get0_hostname(session),
    state->hello.name_is_ignored ? "" : state->hello.server_name);
}

/*
 * TLS 1.3 gives a new ticket with each handshake.  In TLS 1.2 a client that has
 * one which is still good goes on with it: some store the new one in a way that
 * they do not find again (libcurl by OpenSSL's callback).  Its session is not
 * made younger: the keys that it was agreed with age.
 */
static SSL_TICKET_RETURN renew_or_not(
  const SSL *ssl, const struct tls4217_shown *shown, SSL_TICKET_STATUS status) {
  return SSL_version(ssl) > TLS1_2_VERSION ||
      status == SSL_TICKET_SUCCESS_RENEW ||
      is_past_half(shown, (int64_t) time(NULL)) ?
    SSL_TICKET_RETURN_USE_RENEW :
    SSL_TICKET_RETURN_USE;
}

/* What a full handshake would refuse must not be let in by a ticket: then there
 * is a full handshake, which shows why. */
static SSL_TICKET_RETURN check_control_ticket(SSL *ssl,
  struct tls4217_sslstate *state, SSL_SESSION *session, const unsigned char *id,
  SSL_TICKET_STATUS status) {
  if (id == NULL || has_same_name(state, session) == false ||
    tls4217_verify_still_holds(ssl, SSL_SESSION_get0_peer(session)) == false) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }

  memcpy(state->binding->resumed, id, TLS4217_BINDING_ID_SIZE);
  state->binding->has_resumed = true;
  return renew_or_not(ssl, &state->shown, status);
}

/* Of two that were given, on a data connection. */
static bool has_other_name(
  const struct tls4217_sslstate *state, const SSL_SESSION *session) {
  const char *kept = SSL_SESSION_get0_hostname(session);

  return kept != NULL && state->hello.server_name[0] != '\0' &&
    is_same_name(kept, state->hello.server_name) == false;
}

/* RFC 6066, section 3: a server must not resume under another server name. */
static bool names_other_host(const struct tls4217_sslstate *state) {
  const struct tls4217_binding *binding = state->binding;

  return binding->is_other_host != NULL &&
    state->hello.server_name[0] != '\0' &&
    binding->is_other_host(binding->who, state->hello.server_name);
}

static SSL_TICKET_RETURN check_data_ticket(struct tls4217_sslstate *state,
  SSL_SESSION *session, const unsigned char *id) {
  enum tls4217_reuse reuse = id != NULL ? compare_ids(state->binding, id) :
                                          TLS4217_REUSE_FOREIGN;

  if (reuse == TLS4217_REUSE_FOREIGN) {
    state->reuse = reuse;
    return SSL_TICKET_RETURN_IGNORE;
  }

  /* A client may use the name of its own host that PASV gave it, but not with
   * another connection's session. */
  if (names_other_host(state) ||
    (reuse == TLS4217_REUSE_USER && has_other_name(state, session))) {
    state->reuse = TLS4217_REUSE_OTHER_HOST;
    return SSL_TICKET_RETURN_IGNORE;
  }

  /* As long as its control connection lives, a session does not age. */
  (void) SSL_SESSION_set_time_ex(session, time(NULL));
  state->reuse = reuse;
  return SSL_TICKET_RETURN_USE;
}

static SSL_TICKET_RETURN check_unreadable(
  struct tls4217_sslstate *state, SSL_TICKET_STATUS status) {
  if (state->data == false) {
    return SSL_TICKET_RETURN_IGNORE_RENEW;
  }

  if (status == SSL_TICKET_NO_DECRYPT) {
    state->reuse = TLS4217_REUSE_STALE;
  }

  return SSL_TICKET_RETURN_IGNORE;
}

static SSL_TICKET_RETURN check_ticket_cb(SSL *ssl, SSL_SESSION *session,
  const unsigned char *key_name, size_t key_name_len, SSL_TICKET_STATUS status,
  void *arg) {
  struct tls4217_sslstate *state;
  const unsigned char *id;

  (void) key_name;
  (void) key_name_len;
  (void) arg;

  state = tls4217_sslstate_find(ssl);
  if (state == NULL) {
    return SSL_TICKET_RETURN_IGNORE;
  }

  if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) {
    return check_unreadable(state, status);
  }

  id = read_stamp(session);
  if (id != NULL) {
    keep_shown(&state->shown, session, id);
  }

  if (state->data == false) {
    return check_control_ticket(ssl, state, session, id, status);
  }

  return check_data_ticket(state, session, id);
}

/*
 * TLS 1.2 session ids.  Each data connection gets a copy: a fatal alert makes
 * OpenSSL mark its session as not resumable (RFC 5246, section 7.2.2), and
 * one broken transfer must not forbid the next one.
 */
static SSL_SESSION *find_session_cb(
  SSL *ssl, const unsigned char *id, int id_len, int *copy) {
  struct tls4217_sslstate *state;
  const unsigned char *own;
  SSL_SESSION *session;
  unsigned int own_len = 0;

  *copy = 0;

  state = tls4217_sslstate_find(ssl);
  if (state == NULL || state->data == false ||
    state->binding->session == NULL) {
    return NULL;
  }

  own = SSL_SESSION_get_id(state->binding->session, &own_len);
  if (id_len < 0 || own_len != (unsigned int) id_len ||
    CRYPTO_memcmp(own, id, own_len) != 0) {
    return NULL;
  }

  if (names_other_host(state)) {
    state->reuse = TLS4217_REUSE_OTHER_HOST;
    return NULL;
  }

  session = SSL_SESSION_dup(state->binding->session);
  if (session != NULL) {
    (void) SSL_SESSION_set_time_ex(session, time(NULL));
  }

  return session;
}

int tls4217_binding_install(SSL_CTX *ctx, struct tls4217_error *err) {
  (void) SSL_CTX_set_session_cache_mode(ctx,
    SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL |
      SSL_SESS_CACHE_NO_AUTO_CLEAR);
  SSL_CTX_sess_set_get_cb(ctx, find_session_cb);

  if (SSL_CTX_set_session_ticket_cb(
        ctx, stamp_ticket_cb, check_ticket_cb, NULL) != 1) {
    tls4217_error_set_openssl(err, "cannot install the session ticket rules");
    return -1;
  }

  return 0;
}

enum tls4217_reuse tls4217_binding_check(SSL *ssl) {
  const struct tls4217_sslstate *state = tls4217_sslstate_find(ssl);

  if (SSL_session_reused(ssl) == 1) {
    return state->reuse == TLS4217_REUSE_USER ? TLS4217_REUSE_USER :
                                                TLS4217_REUSE_OWN;
  }

  /* It carried this connection's id, and yet OpenSSL did not accept it. */
  if (state->reuse == TLS4217_REUSE_OWN || state->reuse == TLS4217_REUSE_USER) {
    return TLS4217_REUSE_STALE;
  }

  if (state->reuse == TLS4217_REUSE_NONE && state->hello.offered_id &&
    SSL_version(ssl) <= TLS1_2_VERSION) {
    return TLS4217_REUSE_FOREIGN;
  }

  return state->reuse;
}
