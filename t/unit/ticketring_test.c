/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticketring.c: which secrets there are at which moment, which of
 * them encrypts, and that sessions are resumed accordingly
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/ticketring.h"
#include "t/unit/endpoint.h"

#define AGE   1000
#define KEPT  3
#define START 1000000

static const struct tls4217_ticketring_rules rules = { AGE, KEPT };

static struct tls4217_ticketring ring, other;
static struct tls4217_error err;

static int set_up(void **state) {
  (void) state;
  tls4217_error_clear(&err);
  tls4217_ticketring_clear(&ring);
  tls4217_ticketring_clear(&other);
  assert_int_equal(tls4217_ticketring_tend(&ring, &rules, START, &err), 1);
  return 0;
}

static bool is_same(const struct tls4217_ticketsecret *one,
  const struct tls4217_ticketsecret *two) {
  return one->size == two->size &&
    memcmp(one->bytes, two->bytes, one->size) == 0;
}

/* The one that encrypts, and the next one. */
static void test_begin(void **state) {
  (void) state;

  assert_int_equal(ring.source, TLS4217_TICKETRING_MADE);
  assert_int_equal(ring.count, 2);
  assert_int_equal(tls4217_ticketring_current(&ring, START), 1);
  assert_int_equal(tls4217_ticketring_current(&ring, INT64_MAX - 1), 1);
  assert_false(is_same(&ring.secrets[0], &ring.secrets[1]));
  assert_int_equal(ring.secrets[0].size, TLS4217_TICKETRING_SECRET);
}

/* What was the next one encrypts, and what encrypted decrypts. */
static void test_rotation(void **state) {
  struct tls4217_ticketring before = ring;

  (void) state;
  assert_int_equal(
    tls4217_ticketring_tend(&ring, &rules, START + AGE - 1, &err), 0);
  assert_memory_equal(&ring, &before, sizeof(ring));
  assert_int_equal(
    tls4217_ticketring_tend(&ring, &rules, START + AGE, &err), 1);
  assert_int_equal(ring.count, 3);
  assert_int_equal(tls4217_ticketring_current(&ring, START + AGE), 1);
  assert_true(is_same(&ring.secrets[1], &before.secrets[0]));
  assert_true(is_same(&ring.secrets[2], &before.secrets[1]));
}

static void test_kept(void **state) {
  struct tls4217_ticketsecret first = ring.secrets[1];

  (void) state;
  for (int i = 1; i <= 10; i++) {
    assert_int_equal(tls4217_ticketring_rotate(&ring, &rules, START, &err), 0);
    assert_int_equal(ring.count, (i < KEPT ? i + 1 : KEPT) + 1);
    assert_int_equal(is_same(&ring.secrets[ring.count - 1], &first), i < KEPT);
  }
}

/* The daemon has slept, or TLSSessionTicketKeys keeps less than it did. */
static void test_old(void **state) {
  static const struct tls4217_ticketring_rules fewer = { AGE, 2 };

  (void) state;
  for (int i = 1; i < KEPT; i++) {
    assert_int_equal(
      tls4217_ticketring_tend(&ring, &rules, START + i * AGE, &err), 1);
  }

  other = ring;
  assert_int_equal(
    tls4217_ticketring_tend(&other, &fewer, START + 2 * AGE, &err), 1);
  assert_int_equal(other.count, 3);

  assert_int_equal(
    tls4217_ticketring_tend(&ring, &rules, START + 100 * AGE, &err), 1);
  assert_int_equal(ring.count, 2);
}

static void test_clock_put_back(void **state) {
  (void) state;
  assert_int_equal(tls4217_ticketring_tend(&ring, &rules, START - 5, &err), 1);
  assert_int_equal(ring.secrets[1].from, START - 5);
  assert_int_equal(ring.secrets[0].from, TLS4217_TICKETRING_LATER);
  assert_int_equal(tls4217_ticketring_current(&ring, START - 5), 1);
}

/* Rings that are read. */

static void put(struct tls4217_ticketring *into, const char *letters) {
  into->count = strlen(letters);
  for (size_t i = 0; i < into->count; i++) {
    into->secrets[i].size = 48;
    into->secrets[i].from = 0;
    memset(into->secrets[i].bytes, letters[i], 48);
  }
}

static char current_at(int64_t now) {
  return (char) ring.secrets[tls4217_ticketring_current(&ring, now)].bytes[0];
}

#define DELAY 60

static void test_activation(void **state) {
  (void) state;

  /* The oldest one serves while none is old enough. */
  put(&other, "ba");
  tls4217_ticketring_take(&ring, &other, START, DELAY);
  assert_int_equal(ring.source, TLS4217_TICKETRING_FILES);
  assert_int_equal(current_at(START), 'a');
  assert_int_equal(current_at(START + DELAY - 1), 'a');
  assert_int_equal(current_at(START + DELAY), 'b');

  /* A new one decrypts, and encrypts when the delay is over. */
  put(&other, "cba");
  tls4217_ticketring_take(&ring, &other, START + 100, DELAY);
  assert_int_equal(ring.count, 3);
  assert_int_equal(current_at(START + 100), 'b');
  assert_int_equal(current_at(START + 100 + DELAY - 1), 'b');
  assert_int_equal(current_at(START + 100 + DELAY), 'c');

  /* Reading again changes no time, but for the clock's. */
  tls4217_ticketring_take(&ring, &other, START + 110, DELAY);
  assert_int_equal(current_at(START + 100 + DELAY), 'c');
  tls4217_ticketring_take(&ring, &other, START - 1000, DELAY);
  assert_int_equal(current_at(START - 1000 + DELAY), 'c');

  put(&other, "d");
  tls4217_ticketring_take(&ring, &other, START + 200, DELAY);
  assert_int_equal(current_at(START + 200), 'd');
}

/* Neither source inherits the other one's. */
static void test_other_source(void **state) {
  unsigned char same[sizeof(ring.secrets[1].bytes)];

  (void) state;

  put(&other, "a");
  tls4217_ticketring_take(&ring, &other, START, DELAY);
  assert_int_equal(ring.count, 1);
  assert_int_equal(tls4217_ticketring_tend(&ring, &rules, START, &err), 1);
  assert_int_equal(ring.source, TLS4217_TICKETRING_MADE);
  assert_int_equal(ring.count, 2);
  memset(same, ring.secrets[1].bytes[0], sizeof(same));
  assert_memory_not_equal(ring.secrets[1].bytes, same, sizeof(same));
}

/* As bytes. */

static void test_bytes(void **state) {
  unsigned char bytes[TLS4217_TICKETRING_BYTES + 1];
  size_t size;

  (void) state;
  put(&other, "ba");
  tls4217_ticketring_take(&ring, &other, START, DELAY);
  size = tls4217_ticketring_write(&ring, bytes);
  assert_true(tls4217_ticketring_read(&other, bytes, size));
  assert_memory_equal(&other, &ring, sizeof(ring));

  /* What an older or a newer module has left, and what is cut anywhere. */
  for (size_t cut = 0; cut < size; cut++) {
    bool whole = cut == 2 + TLS4217_TICKETRING_ENTRY;

    assert_int_equal(tls4217_ticketring_read(&other, bytes, cut), whole);
    assert_int_equal(other.count, whole ? 1 : 0);
  }

  assert_false(tls4217_ticketring_read(&other, bytes, sizeof(bytes)));
  for (size_t i = 0; i < 2; i++) {
    bytes[i] += 7;
    assert_false(tls4217_ticketring_read(&other, bytes, size));
    bytes[i] -= 7;
  }

  bytes[2 + 8] = TLS4217_TICKETRING_SECRET + 1;
  assert_false(tls4217_ticketring_read(&other, bytes, size));
  assert_int_equal(other.count, 0);
}

static void test_full(void **state) {
  static const struct tls4217_ticketring_rules most = { AGE,
    TLS4217_TICKETRING_KEPT };
  unsigned char bytes[TLS4217_TICKETRING_BYTES];
  size_t size;

  (void) state;
  for (int i = 0; i < 2 * TLS4217_TICKETRING_MAX; i++) {
    assert_int_equal(tls4217_ticketring_rotate(&ring, &most, START, &err), 0);
  }

  assert_int_equal(ring.count, TLS4217_TICKETRING_MAX);
  size = tls4217_ticketring_write(&ring, bytes);
  assert_int_equal(size, sizeof(bytes));
  assert_true(tls4217_ticketring_read(&other, bytes, size));
  assert_memory_equal(&other, &ring, sizeof(ring));
}

/* Contexts. */

struct hosts {
  struct pki_cert *leaf;
  struct tls4217_context *one, *same, *another;
};

static void make_hosts(struct hosts *hosts) {
  hosts->leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  hosts->one = endpoint_context(hosts->leaf, "host");
  hosts->same = endpoint_context(hosts->leaf, "host");
  hosts->another = endpoint_context(hosts->leaf, "another host");
}

static void free_hosts(struct hosts *hosts) {
  tls4217_context_free(hosts->one);
  tls4217_context_free(hosts->same);
  tls4217_context_free(hosts->another);
  pki_free(hosts->leaf);
}

static void apply(struct tls4217_context *context, int64_t now) {
  assert_int_equal(
    tls4217_ticketring_apply(&ring, context, now, AGE / 2, &err), 0);
}

static SSL_SESSION *session_of(
  const struct tls4217_context *context, int version) {
  const struct endpoint_spec spec = { .context = context, .version = version };
  struct endpoint *ep = endpoint_open(&spec);
  SSL_SESSION *session;

  assert_non_null(ep->session);
  session = SSL_SESSION_dup(ep->session);
  assert_int_equal(SSL_SESSION_get_ticket_lifetime_hint(session), AGE / 2);
  endpoint_free(ep);
  return session;
}

/* How a context takes a session: whether it resumes, and renews the ticket. */
static bool resumes(const struct tls4217_context *context, int version,
  SSL_SESSION *session, bool *renewed) {
  SSL_SESSION *copy = SSL_SESSION_dup(session);
  const struct endpoint_spec spec = {
    .context = context, .version = version, .session = copy
  };
  struct endpoint *ep = endpoint_open(&spec);
  bool resumed = SSL_session_reused(ep->client) == 1;
  const unsigned char *before, *behind;
  size_t len;

  SSL_SESSION_get0_ticket(session, &before, &len);
  SSL_SESSION_get0_ticket(SSL_get0_session(ep->client), &behind, &len);
  *renewed = memcmp(before, behind, 16) != 0;
  SSL_SESSION_free(copy);
  endpoint_free(ep);
  return resumed;
}

static const int versions[] = { TLS1_2_VERSION, TLS1_3_VERSION };

static void test_contexts(void **state) {
  struct hosts hosts;
  bool renewed;

  (void) state;
  for (size_t i = 0; i < 2; i++) {
    SSL_SESSION *session;
    const int version = versions[i];

    make_hosts(&hosts);
    apply(hosts.one, START);
    session = session_of(hosts.one, version);
    assert_true(resumes(hosts.one, version, session, &renewed));
    assert_false(renewed);

    /* Built again, and another host. */
    assert_false(resumes(hosts.same, version, session, &renewed));
    apply(hosts.same, START);
    apply(hosts.another, START);
    assert_true(resumes(hosts.same, version, session, &renewed));
    assert_false(resumes(hosts.another, version, session, &renewed));
    SSL_SESSION_free(session);
    free_hosts(&hosts);
  }
}

/* After rotations, until it is too old; one from before them knows the next. */
static void test_contexts_and_rotation(void **state) {
  struct hosts hosts;
  bool renewed;

  (void) state;
  make_hosts(&hosts);
  for (size_t i = 0; i < 2; i++) {
    SSL_SESSION *session, *later;
    const int version = versions[i];

    apply(hosts.one, START);
    session = session_of(hosts.one, version);
    for (int turn = 1; turn <= KEPT; turn++) {
      assert_int_equal(
        tls4217_ticketring_rotate(&ring, &rules, START, &err), 0);
      apply(hosts.same, START);
      assert_int_equal(
        resumes(hosts.same, version, session, &renewed), turn < KEPT);
      assert_true(renewed);

      later = session_of(hosts.same, version);
      assert_int_equal(resumes(hosts.one, version, later, &renewed), turn == 1);
      SSL_SESSION_free(later);
    }

    SSL_SESSION_free(session);
  }

  free_hosts(&hosts);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_begin),
    CASE(test_rotation),
    CASE(test_kept),
    CASE(test_old),
    CASE(test_clock_put_back),
    CASE(test_activation),
    CASE(test_other_source),
    CASE(test_bytes),
    CASE(test_full),
    CASE(test_contexts),
    CASE(test_contexts_and_rotation),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
