/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of rfc4217/counters.c
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mod_tls4217/rfc4217/counters.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tls4217_counters *counters;

static int begin(void **state) {
  (void) state;
  counters = calloc(1, tls4217_counters_size());
  return counters != NULL ? 0 : -1;
}

static int end(void **state) {
  (void) state;
  free(counters);
  return 0;
}

/* What is looked for, and found; and how the names follow each other. */
struct search {
  const char *name, *labels;
  uint64_t found;
  int hits, changes;
  char last[64];
};

static void look(void *user, const char *name, const char *help,
  const char *labels, uint64_t value) {
  struct search *search = user;

  assert_true(*help != '\0');
  if (strcmp(name, search->last) != 0) {
    (void) snprintf(search->last, sizeof(search->last), "%s", name);
    search->changes++;
  }

  if (strcmp(name, search->name) == 0 &&
    strstr(labels, search->labels) != NULL) {
    search->found += value;
    search->hits++;
  }
}

static uint64_t value_of(const char *name, const char *labels) {
  struct search search = { .name = name, .labels = labels };

  tls4217_counters_list(counters, look, &search);
  assert_true(search.hits > 0);
  return search.found;
}

static int count_lines(const char *name, const char *labels) {
  struct search search = { .name = name, .labels = labels };

  tls4217_counters_list(counters, look, &search);
  return search.hits;
}

static void test_key_process(void **state) {
  uint64_t key;

  (void) state;
  assert_int_equal(tls4217_counters_last_signature(counters, &key), 0);
  tls4217_counters_signature(counters, 7);
  tls4217_counters_signature(counters, 8);
  assert_int_equal(tls4217_counters_last_signature(counters, &key), 2);
  assert_int_equal(key, 8);
  assert_int_equal(value_of("ftps_signature_failures_total", ""), 2);
  tls4217_counters_restart(counters);
  assert_int_equal(value_of("ftps_key_process_restarts_total", ""), 1);

  tls4217_counters_signature(NULL, 9);
  tls4217_counters_restart(NULL);
  tls4217_counters_signed(NULL);
  assert_int_equal(tls4217_counters_last_signature(NULL, &key), 0);
  assert_int_equal(key, 0);
}

static void test_handshakes(void **state) {
  (void) state;
  tls4217_counters_handshake(counters, false, "TLSv1.3", "x25519", false);
  tls4217_counters_handshake(counters, true, "TLSv1.3", "x25519", true);
  tls4217_counters_handshake(counters, true, "TLSv1.3", NULL, true);
  tls4217_counters_handshake(counters, true, "TLSv9", "ffdhe9999", true);
  assert_int_equal(
    value_of("ftps_handshakes_total",
      "channel=\"control\",version=\"TLSv1.3\",outcome=\"full\""),
    1);
  assert_int_equal(
    value_of("ftps_handshakes_total",
      "channel=\"data\",version=\"TLSv1.3\",outcome=\"resumed\""),
    2);
  assert_int_equal(value_of("ftps_handshakes_total", "version=\"other\""), 1);
  assert_int_equal(value_of("ftps_handshake_groups_total", "X25519\""), 2);
  assert_int_equal(value_of("ftps_handshake_groups_total", "none"), 1);
  assert_int_equal(value_of("ftps_handshake_groups_total", "other"), 1);

  tls4217_counters_failure(counters, true);
  assert_int_equal(value_of("ftps_handshake_failures_total", "data"), 1);
  assert_int_equal(value_of("ftps_handshake_failures_total", "control"), 0);
}

/* Each version and each group has lines of its own, those that were never
 * counted, too. */
static void test_each_handshake_is_listed(void **state) {
  static const char *const versions[] = { "TLSv1.2", "TLSv1.3", "other" };
  static const char *const groups[] = { "X25519MLKEM768", "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024", "X25519", "prime256v1", "secp256r1", "secp384r1",
    "secp521r1", "X448", "none", "other" };

  (void) state;
  for (size_t i = 0; i < COUNT(versions); i++) {
    tls4217_counters_handshake(counters, false, versions[i], NULL, true);
  }

  for (size_t i = 0; i < COUNT(groups); i++) {
    tls4217_counters_handshake(counters, true, "TLSv1.3", groups[i], false);
  }

  for (size_t i = 0; i < COUNT(versions); i++) {
    char labels[64];

    (void) snprintf(
      labels, sizeof(labels), "version=\"%s\",outcome=\"full\"", versions[i]);
    assert_int_equal(count_lines("ftps_handshakes_total", labels), 2);
    (void) snprintf(labels, sizeof(labels),
      "channel=\"control\",version=\"%s\",outcome=\"resumed\"", versions[i]);
    assert_int_equal(value_of("ftps_handshakes_total", labels), 1);
  }

  for (size_t i = 0; i < COUNT(groups); i++) {
    char labels[64];

    (void) snprintf(
      labels, sizeof(labels), "channel=\"data\",group=\"%s\"", groups[i]);
    assert_int_equal(value_of("ftps_handshake_groups_total", labels), 1);
  }

  assert_int_equal(count_lines("ftps_handshakes_total", ""), 12);
  assert_int_equal(count_lines("ftps_handshake_failures_total", ""), 2);
  assert_int_equal(count_lines("ftps_handshake_groups_total", ""), 22);
}

static void test_refusals(void **state) {
  (void) state;
  assert_int_equal(count_lines("ftps_refusals_total", ""), 0);
  tls4217_counters_refusal(counters, TLS4217_REPLY_DATA_NOT_REUSED);
  tls4217_counters_refusal(counters, TLS4217_REPLY_COUNT);
  assert_int_equal(value_of("ftps_transfers_total", ""), 0);
  tls4217_counters_transfer(counters, false, 1, false);
  assert_int_equal(value_of("ftps_refusals_total", "code=\"522\""), 1);
  assert_int_equal(count_lines("ftps_refusals_total", ""), 1);
  assert_int_equal(
    value_of("ftps_refusals_total", "reply=\"The data connection did not"), 1);
}

static void test_transfers(void **state) {
  (void) state;
  tls4217_counters_transfer(counters, true, 1000, true);
  tls4217_counters_transfer(counters, true, 24, false);
  tls4217_counters_transfer(counters, false, 7, false);
  assert_int_equal(value_of("ftps_transfers_total", "download"), 2);
  assert_int_equal(value_of("ftps_transfers_total", "upload"), 1);
  assert_int_equal(count_lines("ftps_transfers_total", ""), 2);
  assert_int_equal(count_lines("ftps_transfer_bytes_total", ""), 2);
  assert_int_equal(value_of("ftps_transfer_bytes_total", "download"), 1024);
  assert_int_equal(value_of("ftps_transfer_bytes_total", "upload"), 7);
  assert_int_equal(value_of("ftps_kernel_transfers_total", ""), 1);
}

static void test_keys(void **state) {
  struct tls4217_counters_keys keys;

  (void) state;
  tls4217_counters_signed(counters);
  tls4217_counters_signed(counters);
  tls4217_counters_signed(counters);
  tls4217_counters_signature(counters, 7);
  tls4217_counters_signature(counters, 7);
  tls4217_counters_restart(counters);
  keys = tls4217_counters_of_keys(counters);
  assert_int_equal(keys.signatures, 3);
  assert_int_equal(keys.failures, 2);
  assert_int_equal(keys.restarts, 1);
  assert_int_equal(value_of("ftps_signatures_total", ""), 3);
  assert_int_equal(value_of("ftps_signature_failures_total", ""), 2);
  assert_int_equal(tls4217_counters_of_keys(NULL).signatures, 0);
}

/* The text format wants all lines of one name together, and labels in which
 * a quotation mark is not the end. */
static void test_format(void **state) {
  struct search search = { .name = "", .labels = "" };

  (void) state;
  for (int id = 0; id < TLS4217_REPLY_COUNT; id++) {
    tls4217_counters_refusal(counters, (enum tls4217_reply_id) id);
  }

  tls4217_counters_list(counters, look, &search);
  assert_int_equal(search.changes, 10);
  assert_int_equal(count_lines("ftps_refusals_total", ""), TLS4217_REPLY_COUNT);
}

static void test_nothing_is_counted(void **state) {
  struct search search = { .name = "", .labels = "" };

  (void) state;
  tls4217_counters_handshake(NULL, true, "TLSv1.3", "x25519", true);
  tls4217_counters_failure(NULL, true);
  tls4217_counters_refusal(NULL, TLS4217_REPLY_DATA_CUT);
  tls4217_counters_transfer(NULL, true, 1, true);
  tls4217_counters_list(NULL, look, &search);
  assert_int_equal(search.changes, 0);
}

int main(void) {
#define TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
  const struct CMUnitTest tests[] = {
    TEST(test_handshakes),
    TEST(test_each_handshake_is_listed),
    TEST(test_key_process),
    TEST(test_refusals),
    TEST(test_transfers),
    TEST(test_keys),
    TEST(test_format),
    cmocka_unit_test(test_nothing_is_counted),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
