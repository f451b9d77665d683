/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - ticketseal.c: what is sealed comes back, and nothing else does
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>

#include "mod_tls4217/tls/ticketseal.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAME         "mod_tls4217:ticket-keys"

static const struct tls4217_ticketring_rules rules = { 1000, 3 };

static struct tls4217_ticketring ring, read_back;
static struct tls4217_ticketseal sealed, in_clear = { .is_open = true };
static struct tls4217_error err;
static char text[TLS4217_TICKETSEAL_TEXT];

static void derive(struct tls4217_ticketseal *seal, int letter) {
  struct tls4217_ticketsecret secret = { .size = TLS4217_TICKETRING_SECRET };

  memset(secret.bytes, letter, sizeof(secret.bytes));
  assert_int_equal(tls4217_ticketseal_derive(seal, &secret, &err), 0);
}

static int set_up(void **state) {
  (void) state;
  tls4217_error_clear(&err);
  tls4217_ticketring_clear(&ring);
  for (int i = 0; i < 3; i++) {
    assert_int_equal(
      tls4217_ticketring_advance(&ring, &rules, 1000000 + i, &err), 0);
  }

  derive(&sealed, 's');
  return 0;
}

static void close_ring(const struct tls4217_ticketseal *seal) {
  assert_int_equal(tls4217_ticketseal_close(seal, NAME, &ring, text, &err), 0);
}

static int open_text(const struct tls4217_ticketseal *seal, size_t size) {
  tls4217_error_clear(&err);
  return tls4217_ticketseal_open(seal, NAME, text, size, &read_back, &err);
}

static void assert_refused(
  const struct tls4217_ticketseal *seal, size_t size, const char *words) {
  assert_int_equal(open_text(seal, size), -1);
  assert_non_null(strstr(err.text, words));
  assert_int_equal(read_back.count, 0);
}

static void test_round(void **state) {
  const struct tls4217_ticketseal *seals[] = { &sealed, &in_clear };

  (void) state;
  for (size_t i = 0; i < COUNT(seals); i++) {
    close_ring(seals[i]);
    assert_int_equal(open_text(seals[i], strlen(text)), 0);
    assert_memory_equal(&read_back, &ring, sizeof(ring));
  }
}

/* The longest ring, and the shortest. */
static void test_sizes(void **state) {
  static const struct tls4217_ticketring_rules most = { 1000,
    TLS4217_TICKETRING_KEPT };

  (void) state;
  for (int i = 0; i < TLS4217_TICKETRING_MAX; i++) {
    assert_int_equal(tls4217_ticketring_advance(&ring, &most, 2, &err), 0);
  }

  assert_int_equal(ring.count, TLS4217_TICKETRING_MAX);
  test_round(state);
  ring.count = 1;
  memset(ring.secrets + 1, 0,
    sizeof(ring) - offsetof(struct tls4217_ticketring, secrets[1]) -
      sizeof(size_t));
  test_round(state);
}

/* Nobody who reads the text has a byte of a key, and no two are the same. */
static void test_secrecy(void **state) {
  char before[TLS4217_TICKETSEAL_TEXT];
  unsigned char bytes[TLS4217_TICKETSEAL_TEXT];
  const size_t head = strlen("sealed-1:");
  int size;

  (void) state;
  close_ring(&sealed);
  memcpy(before, text, sizeof(before));
  close_ring(&sealed);
  assert_string_not_equal(before, text);
  size = EVP_DecodeBlock(
    bytes, (const unsigned char *) text + head, (int) (strlen(text) - head));
  assert_true(size > 3 * TLS4217_TICKETRING_SECRET);
  for (size_t i = 0; i < ring.count; i++) {
    for (int at = 0; at + 8 <= size; at++) {
      assert_memory_not_equal(bytes + at, ring.secrets[i].bytes, 8);
    }
  }
}

/* Whatever is changed, cut, or behind it. */
static void test_changed(void **state) {
  size_t size;

  (void) state;
  close_ring(&sealed);
  size = strlen(text);
  for (size_t i = 0; i < size; i++) {
    const char was = text[i];

    text[i] = was == 'A' ? 'B' : 'A';
    assert_int_equal(open_text(&sealed, size), -1);
    assert_int_equal(read_back.count, 0);
    text[i] = was;
    assert_int_equal(open_text(&sealed, i), -1);
  }

  for (size_t longer = size + 1; longer < sizeof(text); longer += 101) {
    memset(text + size, 'A', longer - size);
    assert_int_equal(open_text(&sealed, longer), -1);
  }
}

static void test_others(void **state) {
  struct tls4217_ticketseal another;
  size_t size;

  (void) state;
  derive(&another, 't');
  close_ring(&sealed);
  size = strlen(text);
  assert_refused(&another, size, "another secret");
  assert_refused(&in_clear, size, "this host has no secret");
  assert_int_equal(
    tls4217_ticketseal_open(&sealed, NAME ":b", text, size, &read_back, &err),
    -1);
  close_ring(&in_clear);
  assert_refused(&sealed, strlen(text), "is not sealed");
}

/* What somebody else writes who may write: his keys, his times. */
static void test_hostile(void **state) {
  static const struct {
    int64_t from;
    int byte;
    size_t size;
  } cases[] = { { -1, -1, 80 }, { INT64_MAX, -1, 80 },
    { INT64_MAX - 5, -1, 80 }, { INT64_MIN, -1, 80 }, { 5, 0, 80 },
    { 5, 'k', 80 }, { 5, -1, 1 }, { 5, -1, 39 } };

  (void) state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    struct tls4217_ticketsecret was = ring.secrets[1];

    ring.secrets[1].from = cases[i].from;
    ring.secrets[1].size = cases[i].size;
    if (cases[i].byte >= 0) {
      memset(ring.secrets[1].bytes, cases[i].byte, was.size);
    }

    close_ring(&in_clear);
    assert_refused(&in_clear, strlen(text), "no ring of keys");
    ring.secrets[1] = was;
  }

  ring.source = TLS4217_TICKETRING_MADE;
  close_ring(&in_clear);
  assert_refused(&in_clear, strlen(text), "no ring of keys");
}

static void test_garbage(void **state) {
  static const char *const cases[] = { "", "sealed-1:", "sealed-1:A",
    "sealed-1:AAAA", "in-clear:", "in-clear:AAAA", "in-clear:====", "garbage",
    "sealed-2:AAAA", "in-clear:AAA\xff" };

  (void) state;
  for (size_t i = 0; i < COUNT(cases); i++) {
    (void) snprintf(text, sizeof(text), "%s", cases[i]);
    assert_int_equal(open_text(&sealed, strlen(text)), -1);
    assert_int_equal(open_text(&in_clear, strlen(text)), -1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(test_round, set_up),
    cmocka_unit_test_setup(test_sizes, set_up),
    cmocka_unit_test_setup(test_secrecy, set_up),
    cmocka_unit_test_setup(test_changed, set_up),
    cmocka_unit_test_setup(test_others, set_up),
    cmocka_unit_test_setup(test_hostile, set_up),
    cmocka_unit_test_setup(test_garbage, set_up),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
