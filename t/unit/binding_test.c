/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/binding.c
 *
 * Which session opens a data connection (RFC 4217, sections 10.2 and 15.2.6),
 * for the three ways in which a client can hold one.  Real handshakes, and a
 * clock that tests turn.
 */

#define _GNU_SOURCE

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include <openssl/ssl.h>

#include "mod_tls4217/tls/conn/binding.h"
#include "mod_tls4217/tls/compat.h"
#include "t/unit/endpoint.h"
#include "t/unit/clock.h"
#include "t/unit/world.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* More than the two hours for which OpenSSL resumes a session. */
#define AGE (3L * 60L * 60L)

/* The contexts of two virtual hosts, which read each other's tickets. */
static struct pki_cert *leaf;
static struct tls4217_context *context, *other_host;

static int make_world(void **state) {
  (void) state;
  leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  context = endpoint_context(leaf, "ftp.example.org");
  other_host = endpoint_context(leaf, "ftp.example.com");
  endpoint_share_tickets(context, other_host);
  return 0;
}

static int end_world(void **state) {
  (void) state;
  tls4217_context_free(other_host);
  tls4217_context_free(context);
  pki_free(leaf);
  return 0;
}

static int set_clock(void **state) {
  (void) state;
  clock_offset = 0;
  return 0;
}

/* A client marks what it used: it gets a copy, as young as if it were new. */
static SSL_SESSION *copy_of(const SSL_SESSION *session) {
  SSL_SESSION *copy = session != NULL ?
    SSL_SESSION_dup((SSL_SESSION *) session) :
    NULL;

  if (copy != NULL) {
    (void) SSL_SESSION_set_time_ex(copy, time(NULL));
  }
  return copy;
}

static struct endpoint *connect_to(const struct tls4217_context *host,
  const struct kind *kind, const SSL_SESSION *session,
  struct tls4217_binding *binding) {
  SSL_SESSION *copy = copy_of(session);
  const struct endpoint_spec spec = {
    .context = host,
    .channel = binding != NULL ? TLS4217_CHANNEL_DATA : TLS4217_CHANNEL_CONTROL,
    .binding = binding,
    .version = kind->version,
    .no_tickets = kind->no_tickets,
    .session = copy,
    .server_name = "ftp.example.org",
  };
  struct endpoint *ep = endpoint_open(&spec);

  SSL_SESSION_free(copy);
  return ep;
}

/* A control connection, and a data connection of it. */
static struct endpoint *open_control(
  const struct kind *kind, const SSL_SESSION *session) {
  return connect_to(context, kind, session, NULL);
}

static struct endpoint *open_data(struct endpoint *control,
  const struct kind *kind, const SSL_SESSION *session) {
  return connect_to(context, kind, session, control->binding);
}

/* The session with which a client goes on: OpenSSL does not announce the one
 * that a resumption in TLS 1.2 renewed. */
static const SSL_SESSION *session_of(const struct endpoint *ep) {
  return SSL_version(ep->client) == TLS1_3_VERSION ?
    ep->session :
    SSL_get0_session(ep->client);
}

/* What is said of a data connection agrees with what it did. */
static enum tls4217_reuse reuse_of(const struct endpoint *data) {
  enum tls4217_reuse reuse = tls4217_connection_reuse(data->conn);
  struct tls4217_connection_info info;

  tls4217_connection_info(data->conn, &info);
  assert_int_equal(info.resumed, reuse == TLS4217_REUSE_OWN);
  assert_int_equal(SSL_session_reused(data->client), info.resumed);
  return reuse;
}

/* Opens a data connection and ends it; how did it stand? */
static enum tls4217_reuse knock(struct endpoint *control,
  const struct kind *kind, const SSL_SESSION *session) {
  struct endpoint *data = open_data(control, kind, session);
  enum tls4217_reuse reuse = reuse_of(data);

  endpoint_free(data);
  return reuse;
}

/* A session with one byte of its ticket, or else of its id, changed. */
static SSL_SESSION *garble(const SSL_SESSION *session, size_t at) {
  unsigned char *der = NULL, *found;
  const unsigned char *part, *in;
  size_t part_size;
  SSL_SESSION *made;
  int size;

  if (SSL_SESSION_has_ticket(session)) {
    SSL_SESSION_get0_ticket(session, &part, &part_size);
  } else {
    unsigned int id_size;

    part = SSL_SESSION_get_id(session, &id_size);
    part_size = id_size;
  }

  size = i2d_SSL_SESSION((SSL_SESSION *) session, &der);
  assert_true(size > 0);
  found = memmem(der, (size_t) size, part, part_size);
  assert_non_null(found);
  found[at % part_size] ^= 1;
  in = der;
  made = d2i_SSL_SESSION(NULL, &in, size);
  assert_non_null(made);
  OPENSSL_free(der);
  return made;
}

/* Where the session comes from; and what that amounts to, kind by kind. */
enum source {
  SOURCE_NONE,
  SOURCE_OWN,
  SOURCE_RESUMED,
  SOURCE_STRANGER,
  SOURCE_SUCCESSOR,
  SOURCE_OTHER_HOST,
  SOURCE_GARBLED
};

#define NONE    TLS4217_REUSE_NONE
#define OWN     TLS4217_REUSE_OWN
#define FOREIGN TLS4217_REUSE_FOREIGN
#define STALE   TLS4217_REUSE_STALE

static const struct row {
  const char *name;
  enum source source;
  enum tls4217_reuse want[KINDS];
} rows[] = {
  { "none", SOURCE_NONE, { NONE, NONE, NONE } },
  { "own", SOURCE_OWN, { OWN, OWN, OWN } },
  { "resumed by the control connection", SOURCE_RESUMED,
    { FOREIGN, OWN, OWN } },
  { "of another control connection", SOURCE_STRANGER,
    { FOREIGN, FOREIGN, FOREIGN } },
  { "of one that resumed ours", SOURCE_SUCCESSOR,
    /* In TLS 1.2 that is ours still: there is no new ticket. */
    { FOREIGN, OWN, FOREIGN } },
  { "own, to another host", SOURCE_OTHER_HOST, { FOREIGN, STALE, STALE } },
  { "own, garbled", SOURCE_GARBLED, { FOREIGN, STALE, STALE } },
};

static enum tls4217_reuse try_other_host(
  struct endpoint *control, const struct kind *kind) {
  struct endpoint *data = connect_to(
    other_host, kind, session_of(control), control->binding);
  enum tls4217_reuse reuse = reuse_of(data);

  endpoint_free(data);
  return reuse;
}

/* Every part of a ticket: key name, IV, contents, MAC. */
static enum tls4217_reuse try_garbled(
  struct endpoint *control, const struct kind *kind) {
  enum tls4217_reuse first = TLS4217_REUSE_OWN;

  for (size_t at = 0; at < 200; at += 12) {
    SSL_SESSION *garbled = garble(session_of(control), at);
    enum tls4217_reuse reuse = knock(control, kind, garbled);

    if (at > 0) {
      assert_int_equal(reuse, first);
    }
    first = reuse;
    SSL_SESSION_free(garbled);
  }
  return first;
}

static enum tls4217_reuse try_source(
  enum source source, const struct kind *kind) {
  struct endpoint *before = open_control(kind, NULL);
  bool resumes = source == SOURCE_RESUMED || source == SOURCE_SUCCESSOR;
  struct endpoint *control = open_control(
    kind, resumes ? session_of(before) : NULL);
  enum tls4217_reuse reuse = TLS4217_REUSE_NONE;

  assert_int_equal(
    SSL_session_reused(control->client), resumes && !kind->no_tickets);
  switch (source) {
    case SOURCE_NONE:
      reuse = knock(control, kind, NULL);
      break;
    case SOURCE_OWN:
      reuse = knock(control, kind, session_of(control));
      break;
    case SOURCE_RESUMED:
    case SOURCE_STRANGER:
      reuse = knock(control, kind, session_of(before));
      break;
    case SOURCE_SUCCESSOR:
      reuse = knock(before, kind, session_of(control));
      break;
    case SOURCE_OTHER_HOST:
      reuse = try_other_host(control, kind);
      break;
    case SOURCE_GARBLED:
      reuse = try_garbled(control, kind);
      break;
  }

  endpoint_free(control);
  endpoint_free(before);
  return reuse;
}

static void test_matrix(void **state) {
  (void) state;

  for (size_t i = 0; i < COUNT(rows) * KINDS; i++) {
    const struct row *row = &rows[i / KINDS];
    const struct kind *kind = &kinds[i % KINDS];
    enum tls4217_reuse reuse = try_source(row->source, kind);

    print_message("  %s: %s\n", row->name, kind->name);
    assert_int_equal(reuse, row->want[i % KINDS]);
  }
}

/* Runs a test with a control connection of each kind. */
static void over_all_kinds(
  void (*run)(struct endpoint *control, const struct kind *kind)) {
  for (size_t i = 0; i < KINDS; i++) {
    struct endpoint *control = open_control(&kinds[i], NULL);

    print_message("  %s\n", kinds[i].name);
    run(control, &kinds[i]);
    endpoint_free(control);
    clock_offset = 0;
  }
}

/* One session serves many transfers, and so does a fresh one for each. */
static void run_fresh(struct endpoint *control, const struct kind *kind) {
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
  for (int i = 0; i < 3; i++) {
    assert_true(tls4217_connection_issue_ticket(control->conn, NULL) >= 0);
    assert_int_equal(
      tls4217_connection_write(control->conn, "227 x\r\n", 7, -1, NULL), 0);
    endpoint_settle(control);
    assert_int_equal(knock(control, kind, session_of(control)), OWN);
  }
}

static void test_fresh_ticket_per_transfer(void **state) {
  (void) state;
  over_all_kinds(run_fresh);
}

/* A control connection that resumed goes on with sessions of its own. */
static void run_own_after_resumption(
  struct endpoint *before, const struct kind *kind) {
  struct endpoint *control = open_control(kind, session_of(before));

  assert_non_null(session_of(control));
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
  endpoint_free(control);
}

static void test_own_session_after_resumption(void **state) {
  (void) state;
  over_all_kinds(run_own_after_resumption);
}

/* A stranger on the data port, refused once, has won nothing by it. */
static void run_refused(struct endpoint *control, const struct kind *kind) {
  struct endpoint *data = open_data(control, kind, NULL), *later;

  assert_int_equal(reuse_of(data), NONE);
  if (session_of(data) != NULL) {
    assert_int_not_equal(knock(control, kind, session_of(data)), OWN);

    later = open_control(kind, session_of(data));
    assert_false(SSL_session_reused(later->client));
    assert_int_not_equal(knock(later, kind, session_of(data)), OWN);
    endpoint_free(later);
  }

  assert_true(
    session_of(data) == NULL || !SSL_SESSION_has_ticket(session_of(data)));
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
  endpoint_free(data);
}

static void test_refused_handshake_yields_nothing(void **state) {
  (void) state;
  over_all_kinds(run_refused);
}

static bool is_same_ticket(const SSL_SESSION *one, const SSL_SESSION *two) {
  const unsigned char *ticket, *other;
  size_t size, other_size;

  SSL_SESSION_get0_ticket(one, &ticket, &size);
  SSL_SESSION_get0_ticket(two, &other, &other_size);
  return size == other_size && (size == 0 || memcmp(ticket, other, size) == 0);
}

static void run_no_session_of_data(
  struct endpoint *control, const struct kind *kind) {
  struct endpoint *data = open_data(control, kind, session_of(control));

  assert_int_equal(reuse_of(data), OWN);
  assert_int_equal(data->sessions, 0);
  assert_true(
    is_same_ticket(SSL_get0_session(data->client), session_of(control)));
  endpoint_free(data);
}

static void test_data_connections_give_no_tickets(void **state) {
  (void) state;
  over_all_kinds(run_no_session_of_data);
}

/* Were one to give a ticket all the same, it would be worth nothing. */
static void run_ticket_of_data(
  struct endpoint *control, const struct kind *kind) {
  struct endpoint *data, *later;

  if (kind->version != TLS1_3_VERSION) {
    return;
  }

  data = open_data(control, kind, NULL);
  assert_int_equal(
    SSL_new_session_ticket(tls4217_connection_ssl(data->conn)), 1);
  assert_int_equal(tls4217_connection_write(data->conn, "x", 1, -1, NULL), 0);
  endpoint_settle(data);
  assert_non_null(session_of(data));
  assert_int_equal(knock(control, kind, session_of(data)), FOREIGN);

  later = open_control(kind, session_of(data));
  assert_false(SSL_session_reused(later->client));
  endpoint_free(later);
  endpoint_free(data);
}

static void test_ticket_of_a_data_connection(void **state) {
  (void) state;
  over_all_kinds(run_ticket_of_data);
}

/* RFC 5246, section 7.2.2: a fatal alert forbids the session; not here. */
static void run_fatal_alert(struct endpoint *control, const struct kind *kind) {
  struct endpoint *data = open_data(control, kind, session_of(control));
  char byte;

  endpoint_say_raw(data, "not TLS at all\r\n", 16);
  assert_int_equal(endpoint_take(data->conn, &byte, 1, NULL), -1);
  endpoint_free(data);
  assert_int_equal(knock(control, kind, session_of(control)), OWN);

  data = open_data(control, kind, session_of(control));
  assert_int_equal(send(data->wfd, "not TLS at all\r\n", 16, 0), 16);
  assert_int_equal(endpoint_take(data->conn, &byte, 1, NULL), -1);
  assert_true(data->client_error != 0);
  endpoint_free(data);
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
}

static void test_fatal_alert_does_not_forbid_the_next(void **state) {
  (void) state;
  over_all_kinds(run_fatal_alert);
}

static void run_aged(struct endpoint *control, const struct kind *kind) {
  struct endpoint *later;

  clock_offset = AGE;
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
  clock_offset = 10 * AGE;
  assert_int_equal(knock(control, kind, session_of(control)), OWN);

  /* On a new control connection it is as old as it is. */
  later = open_control(kind, session_of(control));
  assert_false(SSL_session_reused(later->client));
  endpoint_free(later);
}

static void test_session_lives_with_its_control_connection(void **state) {
  (void) state;
  over_all_kinds(run_aged);
}

/* What the control connection offered in vain is not its own. */
static void run_offered_in_vain(
  struct endpoint *before, const struct kind *kind) {
  struct endpoint *control;

  clock_offset = AGE;
  control = open_control(kind, session_of(before));
  assert_false(SSL_session_reused(control->client));
  assert_false(control->binding->has_resumed);
  assert_int_equal(knock(control, kind, session_of(before)), FOREIGN);
  assert_int_equal(knock(control, kind, session_of(control)), OWN);
  endpoint_free(control);
}

static void test_offered_in_vain(void **state) {
  (void) state;
  over_all_kinds(run_offered_in_vain);
}

static void test_binding_ids(void **state) {
  struct tls4217_binding one, two;
  static const struct tls4217_binding nothing;

  (void) state;
  memset(&one, 0xff, sizeof(one));
  assert_int_equal(tls4217_binding_init(&one, NULL), 0);
  assert_int_equal(tls4217_binding_init(&two, NULL), 0);
  assert_memory_not_equal(one.id, two.id, sizeof(one.id));
  assert_memory_not_equal(one.id, nothing.id, sizeof(one.id));
  assert_false(one.has_resumed);
  assert_null(one.session);
  tls4217_binding_clear(&one);
  assert_memory_equal(one.id, nothing.id, sizeof(one.id));
  tls4217_binding_clear(&two);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_clock, set_clock)

int main(void) {
  const struct CMUnitTest tests[] = {
    TEST(test_matrix),
    TEST(test_fresh_ticket_per_transfer),
    TEST(test_own_session_after_resumption),
    TEST(test_refused_handshake_yields_nothing),
    TEST(test_data_connections_give_no_tickets),
    TEST(test_ticket_of_a_data_connection),
    TEST(test_fatal_alert_does_not_forbid_the_next),
    TEST(test_session_lives_with_its_control_connection),
    TEST(test_offered_in_vain),
    TEST(test_binding_ids),
  };

  return cmocka_run_group_tests(tests, make_world, end_world);
}
