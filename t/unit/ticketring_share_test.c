/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticketring.c: a ring that several hosts share, told by what
 * each of them encrypts with at which moment
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/ticketring.h"

#define AGE   1000
#define KEPT  3
#define DELAY 60
#define START 1000000

static const struct tls4217_ticketring_rules rules = { AGE, KEPT };

/* Two hosts, and what is stored. */
static struct tls4217_ticketring one, other, stored;
static struct tls4217_error err;

static int set_up(void **state) {
  (void) state;
  tls4217_error_clear(&err);
  tls4217_ticketring_clear(&one);
  tls4217_ticketring_clear(&other);
  assert_int_equal(tls4217_ticketring_tend(&one, &rules, START, &err), 1);
  assert_int_equal(tls4217_ticketring_tend(&other, &rules, START, &err), 1);
  tls4217_ticketring_publish(&one, &stored, START);
  return 0;
}

static const struct tls4217_ticketsecret *current(
  const struct tls4217_ticketring *ring, int64_t now) {
  return &ring->secrets[tls4217_ticketring_current(ring, now)];
}

static bool is_same(
  const struct tls4217_ticketsecret *a, const struct tls4217_ticketsecret *b) {
  return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
}

/* What a host has used is stored, and nothing else. */
static void test_publish(void **state) {
  (void) state;
  assert_int_equal(stored.source, TLS4217_TICKETRING_SHARED);
  assert_int_equal(stored.count, 1);
  assert_true(is_same(&stored.secrets[0], &one.secrets[1]));
  assert_int_equal(stored.secrets[0].from, START);

  /* Nothing is made later than now, whatever its host thought. */
  one.secrets[1].from = START + 5;
  tls4217_ticketring_publish(&one, &stored, START);
  assert_int_equal(stored.secrets[0].from, START);

  /* One that is next remains where there is no other. */
  one.count = 1;
  tls4217_ticketring_publish(&one, &stored, START);
  assert_int_equal(stored.count, 1);
  assert_int_equal(stored.secrets[0].from, START);
}

/* The host whose ring it is changes nothing; the other one has it, at once. */
static void test_share(void **state) {
  struct tls4217_ticketsecret used = *current(&one, START);

  (void) state;
  assert_true(tls4217_ticketring_share(&one, &stored, START, DELAY));
  assert_true(is_same(current(&one, START), &used));
  assert_false(tls4217_ticketring_share(&one, &stored, START + 9, DELAY));
  assert_true(tls4217_ticketring_share(&other, &stored, START + 1, DELAY));
  assert_true(is_same(current(&other, START + 1), &used));
  assert_int_equal(other.source, TLS4217_TICKETRING_SHARED);
}

/* A new secret decrypts at once; it encrypts when all hosts have it. */
static void test_advance(void **state) {
  struct tls4217_ticketsecret first;

  (void) state;
  (void) tls4217_ticketring_share(&one, &stored, START, DELAY);
  (void) tls4217_ticketring_share(&other, &stored, START, DELAY);
  first = *current(&one, START);
  assert_int_equal(
    tls4217_ticketring_advance(&stored, &rules, START + AGE, &err), 0);
  assert_int_equal(stored.count, 2);
  assert_int_equal(stored.secrets[0].from, START + AGE);
  assert_true(is_same(&stored.secrets[1], &first));

  assert_true(tls4217_ticketring_share(&one, &stored, START + AGE, DELAY));
  assert_true(
    tls4217_ticketring_share(&other, &stored, START + AGE + 50, DELAY));
  assert_true(is_same(&other.secrets[0], &stored.secrets[0]));
  assert_true(is_same(current(&one, START + AGE + DELAY - 1), &first));
  assert_true(is_same(current(&other, START + AGE + 50 + DELAY - 1), &first));
  assert_true(is_same(current(&one, START + AGE + DELAY), &stored.secrets[0]));
  assert_true(
    is_same(current(&other, START + AGE + 50 + DELAY), &stored.secrets[0]));
}

static void test_kept(void **state) {
  struct tls4217_ticketsecret first = stored.secrets[0];

  (void) state;
  for (int i = 1; i <= 10; i++) {
    assert_int_equal(
      tls4217_ticketring_advance(&stored, &rules, START + i, &err), 0);
    assert_int_equal(stored.count, (i < KEPT ? i : KEPT) + 1);
    assert_int_equal(
      is_same(&stored.secrets[stored.count - 1], &first), i <= KEPT);
  }
}

/* A host that starts late does not encrypt with what is about to go. */
static void test_late(void **state) {
  (void) state;
  for (int i = 1; i <= KEPT; i++) {
    assert_int_equal(
      tls4217_ticketring_advance(&stored, &rules, START + i * AGE, &err), 0);
  }

  (void) tls4217_ticketring_share(
    &other, &stored, START + KEPT * AGE + DELAY + 1, DELAY);
  assert_int_equal(
    tls4217_ticketring_current(&other, START + KEPT * AGE + DELAY + 1), 0);

  /* And with none that others may not have, nor one by a clock that is fast. */
  stored.secrets[0].from = START + 100 * AGE;
  tls4217_ticketring_clear(&other);
  (void) tls4217_ticketring_share(&other, &stored, START + 4 * AGE, DELAY);
  assert_int_equal(tls4217_ticketring_current(&other, START + 4 * AGE), 1);
  assert_int_equal(other.secrets[0].from, START + 4 * AGE + DELAY);
}

static void test_due(void **state) {
  static const struct {
    int64_t since;
    bool due;
  } cases[] = { { 0, false }, { AGE - 1, false }, { AGE, true },
    { 10 * AGE, true }, { -AGE, false }, { -AGE - 1, true } };

  (void) state;
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(
      tls4217_ticketring_is_due(&stored, &rules, START + cases[i].since),
      cases[i].due);
  }
}

/* Without the others a host goes on by itself; what they have it reads. */
static void test_leave(void **state) {
  struct tls4217_ticketsecret used;
  const int64_t now = START + 2 * AGE;

  (void) state;
  (void) tls4217_ticketring_share(&one, &stored, START, DELAY);
  used = *current(&one, START);
  assert_int_equal(tls4217_ticketring_leave(&one, &rules, now, &err), 0);
  assert_int_equal(one.source, TLS4217_TICKETRING_MADE);
  assert_int_equal(one.count, 3);
  assert_int_equal(tls4217_ticketring_current(&one, now), 1);
  assert_true(is_same(&one.secrets[2], &used));
  assert_int_equal(tls4217_ticketring_tend(&one, &rules, now, &err), 0);

  /* And comes back to what they have meanwhile. */
  assert_true(tls4217_ticketring_share(&one, &stored, now, DELAY));
  assert_true(is_same(current(&one, now), &stored.secrets[0]));
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_publish, set_up),
    cmocka_unit_test_setup(test_share, set_up),
    cmocka_unit_test_setup(test_advance, set_up),
    cmocka_unit_test_setup(test_kept, set_up),
    cmocka_unit_test_setup(test_late, set_up),
    cmocka_unit_test_setup(test_due, set_up),
    cmocka_unit_test_setup(test_leave, set_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
