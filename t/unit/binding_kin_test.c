/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - binding.c: sessions of other control connections
 *
 * TLSSessionReuse user: what is known of the other one decides, in TLS 1.2 by
 * ticket and in TLS 1.3.  A TLS 1.2 session id is known to one process only.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define NAME         "ftp.example.org"

/* What find_kin knows: of one id, and of all others. */
static struct {
  unsigned char digest[TLS4217_BINDING_DIGEST_SIZE];
  enum tls4217_kinship of_it, otherwise;
} known;

static enum tls4217_kinship find_kin(
  const void *who, const unsigned char *digest) {
  assert_ptr_equal(who, &known);
  return memcmp(digest, known.digest, sizeof(known.digest)) == 0 ?
    known.of_it :
    known.otherwise;
}

static struct endpoint *open_end(const struct kind *kind,
  struct tls4217_binding *binding, const SSL_SESSION *session) {
  SSL_SESSION *copy = session != NULL ?
    SSL_SESSION_dup((SSL_SESSION *) session) :
    NULL;
  const struct endpoint_spec spec = {
    .context = world.context,
    .channel = binding != NULL ? TLS4217_CHANNEL_DATA : TLS4217_CHANNEL_CONTROL,
    .binding = binding,
    .version = kind->version,
    .no_tickets = kind->no_tickets,
    .session = copy,
    .server_name = NAME,
  };
  struct endpoint *ep = endpoint_open(&spec);

  SSL_SESSION_free(copy);
  return ep;
}

static const SSL_SESSION *session_of(const struct endpoint *ep) {
  return SSL_version(ep->client) == TLS1_3_VERSION ?
    ep->session :
    SSL_get0_session(ep->client);
}

static enum tls4217_reuse knock(struct endpoint *control,
  const struct kind *kind, const SSL_SESSION *session) {
  struct endpoint *data = open_end(kind, control->binding, session);
  enum tls4217_reuse reuse = tls4217_connection_reuse(data->conn);

  assert_true(SSL_session_reused(data->client) ==
    (reuse == TLS4217_REUSE_OWN || reuse == TLS4217_REUSE_USER));
  endpoint_free(data);
  return reuse;
}

static void watch(struct endpoint *control) {
  control->binding->find_kin = find_kin;
  control->binding->who = &known;
}

static void know(const struct endpoint *other, enum tls4217_kinship of_it,
  enum tls4217_kinship otherwise) {
  assert_int_equal(
    tls4217_binding_digest(other->binding->id, known.digest, NULL), 0);
  known.of_it = of_it;
  known.otherwise = otherwise;
}

static void run_kin(const struct kind *kind) {
  struct endpoint *mine = open_end(kind, NULL, NULL);
  struct endpoint *theirs = open_end(kind, NULL, NULL);

  assert_int_equal(
    knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
  watch(mine);
  know(theirs, TLS4217_KINSHIP_SAME, TLS4217_KINSHIP_UNKNOWN);
  assert_int_equal(knock(mine, kind, session_of(theirs)),
    kind->no_tickets ? TLS4217_REUSE_FOREIGN : TLS4217_REUSE_USER);
  know(theirs, TLS4217_KINSHIP_STRANGER, TLS4217_KINSHIP_SAME);
  assert_int_equal(
    knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
  know(theirs, TLS4217_KINSHIP_UNKNOWN, TLS4217_KINSHIP_SAME);
  assert_int_equal(
    knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
  assert_int_equal(knock(mine, kind, session_of(mine)), TLS4217_REUSE_OWN);
  endpoint_free(theirs);
  endpoint_free(mine);
}

/* The other one has resumed a session of ours, and has not logged in yet.  In
 * TLS 1.2 it goes on with our ticket. */
static void run_before_login(const struct kind *kind) {
  struct endpoint *mine = open_end(kind, NULL, NULL);
  struct endpoint *theirs = open_end(kind, NULL, session_of(mine));

  if (kind->version == TLS1_2_VERSION && kind->no_tickets == false) {
    assert_int_equal(knock(mine, kind, session_of(theirs)), TLS4217_REUSE_OWN);

  } else if (kind->no_tickets == false) {
    assert_true(SSL_session_reused(theirs->client));
    assert_int_equal(
      knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
    watch(mine);
    know(theirs, TLS4217_KINSHIP_UNKNOWN, TLS4217_KINSHIP_STRANGER);
    assert_int_equal(knock(mine, kind, session_of(theirs)), TLS4217_REUSE_USER);

    /* Somebody else has logged in there. */
    know(theirs, TLS4217_KINSHIP_STRANGER, TLS4217_KINSHIP_SAME);
    assert_int_equal(
      knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
  }

  endpoint_free(theirs);
  endpoint_free(mine);
}

/* A third one, whose session the other has resumed, is logged in. */
static void run_origin(const struct kind *kind) {
  struct endpoint *mine = open_end(kind, NULL, NULL);
  struct endpoint *third = open_end(kind, NULL, NULL);
  struct endpoint *theirs = open_end(kind, NULL, session_of(third));

  if (kind->no_tickets == false) {
    watch(mine);
    know(third, TLS4217_KINSHIP_SAME, TLS4217_KINSHIP_UNKNOWN);
    assert_int_equal(knock(mine, kind, session_of(theirs)), TLS4217_REUSE_USER);
    know(third, TLS4217_KINSHIP_STRANGER, TLS4217_KINSHIP_UNKNOWN);
    assert_int_equal(
      knock(mine, kind, session_of(theirs)), TLS4217_REUSE_FOREIGN);
  }

  endpoint_free(theirs);
  endpoint_free(third);
  endpoint_free(mine);
}

static void test_kin(void **state) {
  (void) state;
  for (size_t i = 0; i < KINDS; i++) {
    run_kin(&kinds[i]);
  }
}

static void test_before_login(void **state) {
  (void) state;
  for (size_t i = 0; i < KINDS; i++) {
    run_before_login(&kinds[i]);
  }
}

static void test_origin(void **state) {
  (void) state;
  for (size_t i = 0; i < KINDS; i++) {
    run_origin(&kinds[i]);
  }
}

static void test_digest(void **state) {
  unsigned char id[TLS4217_BINDING_ID_SIZE] = { 1 };
  unsigned char digest[TLS4217_BINDING_DIGEST_SIZE];

  (void) state;
  assert_int_equal(tls4217_binding_digest(id, digest, NULL), 0);
  assert_memory_not_equal(id, digest, sizeof(digest));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_kin),
    cmocka_unit_test(test_before_login),
    cmocka_unit_test(test_origin),
    cmocka_unit_test(test_digest),
  };

  return cmocka_run_group_tests(tests, world_make, world_end);
}
