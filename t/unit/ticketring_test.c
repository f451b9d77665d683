/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticketring.c: sessions are resumed at a context that was built
 * anew, where it is the same host's, the keys are young, and the form is ours
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/tls/ticketring.h"
#include "t/unit/endpoint.h"

#define HOUR 3600

struct fixture {
  struct pki_cert *leaf;
  struct tls4217_context *before, *after;
  struct tls4217_ticketring *ring;
};

static int set_up(void **state) {
  static struct fixture fixture;

  fixture.leaf = pki_leaf("ftp.example.org", PKI_EC, NULL);
  fixture.before = endpoint_context(fixture.leaf, "host");
  fixture.after = endpoint_context(fixture.leaf, "host");
  fixture.ring = tls4217_ticketring_new();
  assert_non_null(fixture.ring);
  *state = &fixture;
  return 0;
}

static int tear_down(void **state) {
  struct fixture *fixture = *state;

  tls4217_ticketring_free(fixture->ring);
  tls4217_context_free(fixture->before);
  tls4217_context_free(fixture->after);
  pki_free(fixture->leaf);
  return 0;
}

static bool have_same_keys(
  const struct tls4217_context *one, const struct tls4217_context *two) {
  unsigned char first[80], second[80];

  assert_int_equal(
    SSL_CTX_get_tlsext_ticket_keys(one->ctx, first, sizeof(first)), 1);
  assert_int_equal(
    SSL_CTX_get_tlsext_ticket_keys(two->ctx, second, sizeof(second)), 1);
  return memcmp(first, second, sizeof(first)) == 0;
}

static void test_taken_over(void **state) {
  struct fixture *f = *state;

  f->before->tickets_since -= HOUR;
  assert_true(tls4217_ticketring_add(f->ring, f->before));
  assert_false(have_same_keys(f->before, f->after));
  assert_true(
    tls4217_ticketring_use(f->ring, f->after, f->after->tickets_since));
  assert_true(have_same_keys(f->before, f->after));

  /* They do not become younger. */
  assert_int_equal(f->after->tickets_since, f->before->tickets_since);
}

static void test_each_host_its_own(void **state) {
  struct fixture *f = *state;
  struct tls4217_context *other = endpoint_context(f->leaf, "another host");
  const int64_t now = f->before->tickets_since;

  assert_true(tls4217_ticketring_add(f->ring, other));
  assert_false(tls4217_ticketring_use(f->ring, f->after, now));
  assert_false(have_same_keys(other, f->after));
  assert_true(tls4217_ticketring_add(f->ring, f->before));
  assert_true(tls4217_ticketring_use(f->ring, f->after, now));
  assert_true(have_same_keys(f->before, f->after));
  tls4217_context_free(other);
}

static void test_age(void **state) {
  struct fixture *f = *state;
  const int64_t made = f->before->tickets_since;

  static const struct {
    int64_t age;
    bool want;
  } cases[] = {
    { -1, false },
    { 0, true },
    { TLS4217_TICKETRING_MAX_AGE - 1, true },
    { TLS4217_TICKETRING_MAX_AGE, false },
    { INT64_MAX / 2, false },
  };

  assert_true(tls4217_ticketring_add(f->ring, f->before));
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    assert_int_equal(
      tls4217_ticketring_use(f->ring, f->after, made + cases[i].age),
      cases[i].want);
  }
}

/* What an older or a newer module has left, and what is cut anywhere. */
static void test_form(void **state) {
  struct fixture *f = *state;
  const int64_t now = f->before->tickets_since;
  size_t whole;

  assert_false(tls4217_ticketring_use(f->ring, f->after, now));
  assert_true(tls4217_ticketring_add(f->ring, f->before));
  whole = f->ring->size;
  for (f->ring->size = 0; f->ring->size < whole; f->ring->size++) {
    assert_false(tls4217_ticketring_use(f->ring, f->after, now));
  }

  f->ring->size = SIZE_MAX;
  assert_false(tls4217_ticketring_use(f->ring, f->after, now));
  f->ring->size = whole;
  f->ring->bytes[0]++;
  assert_false(tls4217_ticketring_use(f->ring, f->after, now));
  f->ring->bytes[0]--;
  assert_true(tls4217_ticketring_use(f->ring, f->after, now));
}

static void test_full(void **state) {
  struct fixture *f = *state;

  for (int i = 0; i < TLS4217_TICKETRING_MAX; i++) {
    assert_true(tls4217_ticketring_add(f->ring, f->before));
  }

  assert_false(tls4217_ticketring_add(f->ring, f->before));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* New ones, by themselves, and with an age of their own. */
static void test_renewed(void **state) {
  struct fixture *f = *state;
  struct tls4217_error err;

  tls4217_error_clear(&err);
  assert_true(tls4217_ticketring_add(f->ring, f->before));
  assert_true(
    tls4217_ticketring_use(f->ring, f->after, f->after->tickets_since));
  assert_int_equal(tls4217_ticketring_renew(f->after, 4217, &err), 0);
  assert_false(have_same_keys(f->before, f->after));
  assert_int_equal(f->after->tickets_since, 4217);
}

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_taken_over),
    CASE(test_each_host_its_own),
    CASE(test_age),
    CASE(test_form),
    CASE(test_full),
    CASE(test_renewed),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
