/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyloads.c and keyshelf.c
 *
 * How long a key is kept that no host has any more, and which certificate is
 * the last good one.
 */

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keyloads.h"
#include "mod_tls4217/tls/keys/keyshelf.h"
#include "t/unit/keyworld.h"

#define NOW INT64_C(1000000)

static uint64_t load(struct keyworld *world, struct tls4217_keyloads *loads) {
  struct tls4217_error err = { .text = "" };
  uint64_t handle = 0;

  tls4217_keypair_free(tls4217_keyloads_load(
    loads, world->daemon, world->keys, &world->files, &handle, &err));
  assert_string_equal(err.text, "");
  return handle;
}

static size_t count(const struct keyworld *world) {
  struct tls4217_error err = { .text = "" };
  size_t keys, channels;

  assert_int_equal(
    tls4217_keyloader_count(world->daemon, &keys, &channels, &err), 0);
  return keys;
}

/* A session may come for it that was forked before. */
static void test_unused_key_is_kept_for_a_while(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyloads loads = { NULL };
  const uint64_t handle = load(world, &loads);
  uint64_t listed[2];

  tls4217_keyloads_drop(
    &loads, world->daemon, NOW + 10 * TLS4217_KEYLOADS_GRACE);
  assert_int_equal(count(world), 1);

  tls4217_keyloads_release(&loads, handle, NOW);
  tls4217_keyloads_drop(
    &loads, world->daemon, NOW + TLS4217_KEYLOADS_GRACE - 1);
  assert_int_equal(count(world), 1);
  assert_int_equal(tls4217_keyloads_list(&loads, listed, 2), 1);
  assert_true(listed[0] == handle);

  tls4217_keyloads_drop(&loads, world->daemon, NOW + TLS4217_KEYLOADS_GRACE);
  assert_int_equal(count(world), 0);
  assert_int_equal(tls4217_keyloads_list(&loads, listed, 2), 0);
  tls4217_keyloads_clear(&loads);
}

static void test_not_too_many_unused_keys(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyloads loads = { NULL };
  uint64_t first = 0;

  for (int i = 0; i <= TLS4217_KEYLOADS_MAX_UNUSED; i++) {
    const uint64_t handle = load(world, &loads);

    first = first != 0 ? first : handle;
    tls4217_keyloads_release(&loads, handle, NOW + i);
  }

  tls4217_keyloads_drop(&loads, world->daemon, NOW);
  assert_int_equal(count(world), TLS4217_KEYLOADS_MAX_UNUSED);
  assert_true(tls4217_keyloads_has_lost(&loads, first));
  tls4217_keyloads_clear(&loads);
}

static void test_inherited(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyloads loads = { NULL }, later = { NULL };
  const uint64_t handles[2] = { load(world, &loads), load(world, &loads) };
  struct tls4217_error err = { .text = "" };
  uint64_t again = 0;

  /* One is recalled by the next life of the daemon's module. */
  tls4217_keyloads_clear(&loads);
  assert_int_equal(
    tls4217_keyloader_accept(world->daemon, handles[1], &err), 0);
  tls4217_keypair_free(tls4217_keyloads_recall(
    &later, world->daemon, world->keys, &world->files, &again, &err));
  assert_true(again == handles[1]);

  tls4217_keyloads_inherit(&later, handles, 2, NOW);
  assert_int_equal(count(world), 2);
  tls4217_keyloads_drop(&later, world->daemon, NOW + TLS4217_KEYLOADS_GRACE);
  assert_int_equal(count(world), 1);
  assert_true(tls4217_keyloads_has_lost(&later, handles[0]));
  assert_false(tls4217_keyloads_has_lost(&later, handles[1]));
  tls4217_keyloads_clear(&later);
}

/* Files that have changed while there was no key process. */
static void test_reload(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyloads loads = { NULL };
  struct tls4217_error err = { .text = "" };
  const uint64_t handle = load(world, &loads);

  assert_int_equal(tls4217_keyloader_drop(world->daemon, handle, &err), 0);
  assert_true(
    tls4217_keyloads_reload(&loads, world->daemon, world->keys, &err));
  assert_false(tls4217_keyloads_has_lost(&loads, handle));

  assert_int_equal(tls4217_keyloader_drop(world->daemon, handle, &err), 0);
  pki_truncate(world->files.key_file, 50);
  assert_false(
    tls4217_keyloads_reload(&loads, world->daemon, world->keys, &err));
  assert_non_null(strstr(err.text, world->files.key_file));
  assert_true(tls4217_keyloads_has_lost(&loads, handle));
  tls4217_keyloads_clear(&loads);
}

/* Milliseconds, until files are taken for unchanged (filestamp.h). */
#define FRESH 2200

/* What files have by then is another pair: it has a handle of its own, and
 * nothing of what the lost one was. */
static void test_reload_of_other_files(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyloads loads = { NULL };
  struct tls4217_error err = { .text = "" };
  struct pki_cert *other = pki_leaf("ftp.example.org", PKI_EC, NULL);
  const uint64_t handle = load(world, &loads);
  uint64_t newer, scope;

  assert_int_equal(tls4217_keyloader_drop(world->daemon, handle, &err), 0);
  pki_truncate(world->files.cert_file, 0);
  pki_add_cert(world->files.cert_file, other);
  pki_truncate(world->files.key_file, 0);
  pki_add_key(world->files.key_file, other, NULL);
  (void) poll(NULL, 0, FRESH);
  assert_false(
    tls4217_keyloads_reload(&loads, world->daemon, world->keys, &err));
  assert_true(tls4217_keyloads_has_lost(&loads, handle));

  newer = load(world, &loads);
  assert_int_not_equal(newer, handle);
  assert_false(tls4217_keyloads_has_lost(&loads, newer));
  assert_true(tls4217_keyloads_has_lost(&loads, handle));
  assert_int_equal(
    EVP_PKEY_eq(tls4217_keyloads_get0_key(&loads, newer, &scope), other->key),
    1);
  tls4217_keyloads_clear(&loads);
  pki_free(other);
}

/* The shelf. */

static struct tls4217_keypair *make_pair(void) {
  struct tls4217_keypair *pair = OPENSSL_zalloc(sizeof(*pair));

  assert_non_null(pair);
  pair->chain = sk_X509_new_null();
  return pair;
}

static void test_accepted_pair_is_the_last_good_one(void **state) {
  const struct tls4217_keystamps files = { .count = 1 };
  struct tls4217_keyshelf shelf = { NULL };

  (void) state;
  assert_non_null(
    tls4217_keyshelf_add(&shelf, "a", 1, 10, make_pair(), &files));
  assert_non_null(
    tls4217_keyshelf_add(&shelf, "a", 2, 11, make_pair(), &files));
  assert_null(tls4217_keyshelf_find_good(&shelf, "a", 1));
  assert_true(tls4217_keyshelf_accept(&shelf, 10));
  assert_false(tls4217_keyshelf_accept(&shelf, 99));

  /* One that is on trial takes nobody's place. */
  assert_non_null(
    tls4217_keyshelf_add(&shelf, "a", 1, 12, make_pair(), &files));
  assert_true(tls4217_keyshelf_find_good(&shelf, "a", 1)->handle == 10);
  assert_null(tls4217_keyshelf_find_good(&shelf, "a", 2));
  assert_null(tls4217_keyshelf_find_good(&shelf, "b", 1));
  assert_true(tls4217_keyshelf_accept(&shelf, 12));
  assert_true(tls4217_keyshelf_find_good(&shelf, "a", 1)->handle == 12);

  tls4217_keyshelf_remove(&shelf, 12);
  assert_null(tls4217_keyshelf_find_good(&shelf, "a", 1));
  tls4217_keyshelf_clear(&shelf);
}

static void test_unchanged_files(void **state) {
  struct tls4217_keystamps files = { .count = 1, .is_proof = true };
  struct tls4217_keyshelf shelf = { NULL };

  (void) state;
  files.stamps[0].inode = 5;
  assert_non_null(
    tls4217_keyshelf_add(&shelf, "a", 1, 10, make_pair(), &files));
  assert_non_null(tls4217_keyshelf_find_same(&shelf, "a", 1, &files));
  assert_null(tls4217_keyshelf_find_same(&shelf, "a", 2, &files));
  files.stamps[0].changed++;
  assert_null(tls4217_keyshelf_find_same(&shelf, "a", 1, &files));

  /* What was fresh when it was read proves nothing. */
  files.is_proof = false;
  assert_non_null(
    tls4217_keyshelf_add(&shelf, "b", 1, 11, make_pair(), &files));
  assert_null(tls4217_keyshelf_find_same(&shelf, "b", 1, &files));
  tls4217_keyshelf_clear(&shelf);
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_unused_key_is_kept_for_a_while),
    CASE(test_not_too_many_unused_keys),
    CASE(test_inherited),
    CASE(test_reload),
    CASE(test_reload_of_other_files),
    cmocka_unit_test(test_accepted_pair_is_the_last_good_one),
    cmocka_unit_test(test_unchanged_files),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
