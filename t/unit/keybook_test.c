/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keybook.c and keyloader.c
 *
 * What the key process keeps for the daemon: keys that were dropped and are
 * still in use, the last good pair, bytes that outlive the module.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/cert/passphrase.h"
#include "t/unit/keyworld.h"

/* A key that was dropped stays for those who were there before. */
static void test_dropped_key(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  unsigned char message[130];
  struct tls4217_signjob job;
  size_t keys, channels;
  uint64_t first, second;

  tls4217_keypair_free(keyworld_load(world, &first));
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  tls4217_keypair_free(keyworld_load(world, &second));
  assert_int_not_equal(first, second);
  job = keyworld_job(first, message);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
  assert_int_equal(tls4217_keyloader_drop(world->daemon, first, &err), 0);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
  tls4217_keyclient_close(&world->client);

  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  for (int tries = 0; tries < 100; tries++) {
    assert_int_equal(
      tls4217_keyloader_count(world->daemon, &keys, &channels, &err), 0);
    if (keys == 1) {
      break;
    }
    usleep(10000);
  }
  assert_int_equal(keys, 1);
  keyworld_refused(world, &job, "no such key");
  job.handle = second;
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
}

/* A file that was broken by a renewal: the last good pair is there. */
static void test_last_good(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair;
  uint64_t handle, again = 0;

  assert_null(tls4217_keyloader_recall(
    world->daemon, world->keys, &world->files, &again, &err));
  assert_int_equal(err.errnum, ENOENT);

  tls4217_keypair_free(keyworld_load(world, &handle));
  tls4217_error_clear(&err);
  assert_null(tls4217_keyloader_recall(
    world->daemon, world->keys, &world->files, &again, &err));
  assert_int_equal(tls4217_keyloader_accept(world->daemon, handle, &err), 0);
  pki_truncate(world->files.key_file, 50);
  tls4217_error_clear(&err);
  assert_null(tls4217_keyloader_load(
    world->daemon, world->keys, &world->files, &again, &err));
  assert_non_null(strstr(err.text, world->files.key_file));

  tls4217_error_clear(&err);
  pair = tls4217_keyloader_recall(
    world->daemon, world->keys, &world->files, &again, &err);
  assert_non_null(pair);
  assert_int_equal(again, handle);
  assert_int_equal(X509_cmp(pair->leaf, world->cert->cert), 0);
  tls4217_keypair_free(pair);
}

/* The reading end of a pipe with a phrase in it. */
static int phrase_pipe(const char *phrase) {
  int fds[2];

  assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
  assert_int_equal(write(fds[1], phrase, strlen(phrase)), strlen(phrase));
  assert_int_equal(close(fds[1]), 0);
  return fds[0];
}

static int unlock(
  struct keyworld *world, const char *phrase, struct tls4217_error *err) {
  int fd = phrase_pipe(phrase);
  int res;

  tls4217_error_clear(err);
  res = tls4217_keyloader_unlock(world->daemon, fd, err);
  assert_int_equal(close(fd), 0);
  return res;
}

static void open_encrypted(struct keyworld *world) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair;
  uint64_t handle = 0;

  pair = tls4217_keyloader_load(
    world->daemon, world->keys, &world->files, &handle, &err);
  assert_string_equal(err.text, "");
  assert_non_null(pair);
  tls4217_keypair_free(pair);
}

static void refuse_encrypted(struct keyworld *world, int errnum) {
  struct tls4217_error err = { .text = "" };
  uint64_t handle = 0;

  assert_null(tls4217_keyloader_load(
    world->daemon, world->keys, &world->files, &handle, &err));
  assert_int_equal(err.errnum, errnum);
  assert_string_equal(tls4217_passphrase_kind(&err), "EC");
  assert_non_null(strstr(err.text, world->files.key_file));
}

static void test_encrypted_key(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };

  world->files.key_file = pki_path(world->dir, "encrypted.pem");
  pki_add_key(world->files.key_file, world->cert, "secret");
  refuse_encrypted(world, TLS4217_PASSPHRASE_NEEDED);
  assert_int_equal(unlock(world, "wrong\n", &err), 0);
  refuse_encrypted(world, TLS4217_PASSPHRASE_WRONG);
  refuse_encrypted(world, TLS4217_PASSPHRASE_NEEDED);
  assert_int_equal(unlock(world, "\n", &err), -1);
  assert_non_null(strstr(err.text, "empty"));
  assert_int_equal(unlock(world, "secret\n", &err), 0);
  open_encrypted(world);

  /* It is kept for what a renewal brings. */
  world->files.id = "another";
  world->files.key_file = pki_path(world->dir, "renewed.pem");
  pki_add_traditional_key(world->files.key_file, world->cert, "secret");
  open_encrypted(world);
}

static void test_bytes_of_the_daemon(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  char buf[16];
  size_t size = sizeof(buf);

  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", buf, &size, &err), 0);
  assert_int_equal(size, 0);
  assert_int_equal(
    tls4217_keyloader_keep(world->daemon, "ring", "one", 3, &err), 0);
  assert_int_equal(
    tls4217_keyloader_keep(world->daemon, "ring", "three", 5, &err), 0);
  size = sizeof(buf);
  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", buf, &size, &err), 0);
  assert_int_equal(size, 5);
  assert_memory_equal(buf, "three", 5);
  size = 4;
  assert_int_equal(
    tls4217_keyloader_fetch(world->daemon, "ring", buf, &size, &err), -1);
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_dropped_key),
    CASE(test_last_good),
    CASE(test_encrypted_key),
    CASE(test_bytes_of_the_daemon),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
