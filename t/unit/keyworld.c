/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - a key process for tests
 *
 * See keyworld.h.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "mod_tls4217/tls/keys/keysandbox.h"
#include "mod_tls4217/tls/keys/keyserver.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "t/unit/keyworld.h"

const uint64_t keyworld_scopes[KEYWORLD_NSCOPES] = { KEYWORLD_SCOPE - 1,
  KEYWORLD_SCOPE };

static int shut_in(void *user) {
  (void) user;
  (void) tls4217_keysandbox_filter(NULL);
  return 0;
}

static void be_the_key_process(int daemon, int front) {
  const struct tls4217_keyserver_settings settings = {
    .daemon_fd = daemon,
    .front_fd = front,
    .threads = 2,
    .shut_in = shut_in,
  };
  const struct tls4217_keysandbox_settings sandbox = { .is_root = false };
  struct tls4217_error err = { .text = "" };

  if (tls4217_keysandbox_enter(&sandbox, &err) < 0) {
    (void) fprintf(stderr, "%s\n", err.text);
    _exit(EXIT_FAILURE);
  }
  _exit(tls4217_keyserver_run(&settings));
}

int64_t keyworld_soon(void) {
  return tls4217_keysocket_now() + 1000 * 10;
}

static void start(struct keyworld *world) {
  int daemon[2], front[2];

  assert_int_equal(tls4217_keysocket_pair(daemon), 0);
  assert_int_equal(tls4217_keysocket_pair(front), 0);
  world->pid = fork();
  assert_true(world->pid >= 0);
  if (world->pid == 0) {
    (void) close(daemon[0]);
    (void) close(front[0]);
    be_the_key_process(daemon[1], front[1]);
  }
  (void) close(daemon[1]);
  (void) close(front[1]);
  world->daemon = daemon[0];
  world->front = front[0];
}

void keyworld_connect(struct keyworld *world, unsigned int budget) {
  struct tls4217_error err = { .text = "" };

  assert_int_equal(
    tls4217_keyclient_open(&world->client, world->front, keyworld_scopes,
      KEYWORLD_NSCOPES, budget, TLS4217_KEYCLIENT_OPEN_TIME, &err),
    0);
  world->client.deadline = keyworld_soon();
}

int keyworld_make(void **state) {
  struct keyworld *world = test_calloc(1, sizeof(*world));
  struct tls4217_error err = { .text = "" };

  world->client.fd = -1;
  world->dir = pki_dir_new();
  world->cert = pki_leaf("ftp.example.org", PKI_EC, NULL);
  world->files = (struct tls4217_keyfiles){ .id = "ftp",
    .scope = KEYWORLD_SCOPE,
    .cert_file = pki_path(world->dir, "cert.pem"),
    .key_file = pki_path(world->dir, "key.pem") };
  pki_add_cert(world->files.cert_file, world->cert);
  pki_add_key(world->files.key_file, world->cert, NULL);
  world->keys = tls4217_remotekey_load_provider(
    tls4217_keyclient_sign, &world->client, &err);
  assert_non_null(world->keys);
  start(world);
  *state = world;
  return 0;
}

int keyworld_wait_for_end(struct keyworld *world) {
  int status = -1;

  assert_int_equal(waitpid(world->pid, &status, 0), world->pid);
  world->pid = 0;
  return status;
}

void keyworld_close_daemon(struct keyworld *world) {
  if (world->daemon >= 0) {
    (void) close(world->daemon);
    (void) close(world->front);
    world->daemon = world->front = -1;
  }
}

int keyworld_end(void **state) {
  struct keyworld *world = *state;

  keyworld_close_daemon(world);
  tls4217_keyclient_close(&world->client);
  if (world->pid > 0) {
    (void) kill(world->pid, SIGCONT);
    assert_int_equal(keyworld_wait_for_end(world), 0);
  }
  tls4217_remotekey_unload_provider(world->keys);
  pki_free(world->cert);
  pki_dir_free(world->dir);
  test_free(world);
  return 0;
}

struct tls4217_keypair *keyworld_load(
  struct keyworld *world, uint64_t *handle) {
  struct tls4217_error err = { .text = "" };
  struct tls4217_keypair *pair;

  *handle = 0;
  pair = tls4217_keyloader_load(
    world->daemon, world->keys, &world->files, handle, &err);

  assert_string_equal(err.text, "");
  assert_non_null(pair);
  return pair;
}

struct tls4217_signjob keyworld_job(
  uint64_t handle, unsigned char message[130]) {
  memset(message, ' ', 64);
  memcpy(message + 64, "TLS 1.3, server CertificateVerify", 34);
  memset(message + 98, 0xaa, 32);
  return (struct tls4217_signjob){ .handle = handle,
    .digest = TLS4217_SIGN_SHA256,
    .message = message,
    .size = 130 };
}

int keyworld_sign(struct keyworld *world, const struct tls4217_signjob *job,
  struct tls4217_error *err) {
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);

  tls4217_error_clear(err);
  return tls4217_keyclient_sign(&world->client, job, signature, &size, err);
}

void keyworld_refused(
  struct keyworld *world, const struct tls4217_signjob *job, const char *want) {
  struct tls4217_error err;

  assert_int_equal(keyworld_sign(world, job, &err), -1);
  if (strstr(err.text, want) == NULL) {
    fail_msg("\"%s\" lacks \"%s\"", err.text, want);
  }
}
