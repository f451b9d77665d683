/* SPDX-License-Identifier: GPL-2.0-or-later WITH AdditionRef-OpenSSL */
/*
 * mod_tls4217 - tests of tls/keys/keyserver.c and keyclient.c, with
 * keysandbox.c around them
 *
 * A real key process: what it signs, what it refuses, whom it outlives, and
 * how little one channel can do to another.
 */

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include "mod_tls4217/tls/context.h"
#include "mod_tls4217/tls/keys/keyclient.h"
#include "mod_tls4217/tls/keys/keyloader.h"
#include "mod_tls4217/tls/keys/keyproto.h"
#include "mod_tls4217/tls/keys/keysandbox.h"
#include "mod_tls4217/tls/keys/keyserver.h"
#include "mod_tls4217/tls/keys/keysocket.h"
#include "mod_tls4217/tls/version.h"
#include "t/unit/endpoint.h"
#include "t/unit/keyworld.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct tls4217_context *make_context(struct tls4217_keypair *pair) {
  struct tls4217_keypair *pairs[] = { pair };
  const struct tls4217_context_settings settings = {
    .parameters.versions = TLS4217_VERSION_DEFAULT,
    .parameters.next_protocol = true,
    .pairs = pairs,
    .npairs = 1,
    .scope = "test",
  };
  struct tls4217_error err = { .text = "" };
  struct tls4217_context *context = tls4217_context_new(&settings, &err);

  assert_string_equal(err.text, "");
  return context;
}

static void do_handshake(const struct tls4217_context *context, int version) {
  const struct endpoint_spec spec = { .context = context, .version = version };

  endpoint_free(endpoint_open(&spec));
}

static void test_handshakes(void **state) {
  struct keyworld *world = *state;
  uint64_t handle;
  struct tls4217_keypair *pair = keyworld_load(world, &handle);
  struct tls4217_context *context = make_context(pair);
  struct tls4217_error err = { .text = "" };
  size_t keys, channels;

  assert_int_equal(X509_cmp(pair->leaf, world->cert->cert), 0);
  keyworld_connect(world, KEYWORLD_BUDGET);
  do_handshake(context, TLS1_2_VERSION);
  do_handshake(context, TLS1_3_VERSION);
  assert_int_equal(
    tls4217_keyloader_count(world->daemon, &keys, &channels, &err), 0);
  assert_int_equal(keys, 1);
  assert_int_equal(channels, 1);

  tls4217_context_free(context);
  tls4217_keypair_free(pair);
}

static void test_a_channel_has_so_many_signatures(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_error err;
  struct tls4217_signjob job;
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  keyworld_connect(world, KEYWORLD_BUDGET);
  for (int i = 0; i < KEYWORLD_BUDGET; i++) {
    assert_int_equal(keyworld_sign(world, &job, &err), 0);
  }
  keyworld_refused(world, &job, "used up its signatures");
  keyworld_refused(world, &job, "used up its signatures");
  tls4217_keyclient_close(&world->client);

  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  for (int i = 0; i < 2 * KEYWORLD_BUDGET; i++) {
    assert_int_equal(keyworld_sign(world, &job, &err), 0);
  }
}

static void test_what_is_refused(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_signjob job;
  struct tls4217_error err;
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);

  job = keyworld_job(handle + 1, message);
  keyworld_refused(world, &job, "no such key");
  job = keyworld_job(handle, message);
  job.digest = TLS4217_SIGN_NO_DIGEST;
  keyworld_refused(world, &job, "not those of this key");
  job = keyworld_job(handle, message);
  job.padding = TLS4217_SIGN_PSS;
  keyworld_refused(world, &job, "not those of this key");
  job = keyworld_job(handle, message);
  message[70] = 'x';
  keyworld_refused(world, &job, "not what a TLS server signs");

  /* The channel lives. */
  job = keyworld_job(handle, message);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
}

/* A session may ask for the keys of its own address alone. */
static void test_other_scope(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_signjob job;
  uint64_t handle;

  world->files.scope = KEYWORLD_SCOPE + 1;
  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  keyworld_refused(world, &job, "no such key");
}

static int ask(struct tls4217_keyclient *client,
  const struct tls4217_signjob *job, struct tls4217_error *err) {
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);

  return tls4217_keyclient_sign(client, job, signature, &size, err);
}

/* Whoever has taken a session over can send anything: what is no request ends
 * that channel, and no other. */
static void test_malformed_requests(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130], frame[TLS4217_KEYPROTO_MAX_SIGN + 16], random[64];
  struct tls4217_signjob job;
  struct tls4217_error err;
  struct tls4217_keyclient honest;
  const char *many = getenv("TLS4217_MALFORMED");
  const size_t malformed = many != NULL ? strtoul(many, NULL, 10) : 2000;
  uint64_t handle;
  size_t good;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  good = tls4217_keyproto_write_sign(
    frame, sizeof(frame), &job, (uint64_t) keyworld_soon());
  assert_true(good > 0);
  assert_int_equal(
    tls4217_keyclient_open(&honest, world->front, keyworld_scopes,
      KEYWORLD_NSCOPES, TLS4217_KEYCLIENT_UNLIMITED,
      TLS4217_KEYCLIENT_OPEN_TIME, &err),
    0);

  for (size_t i = 0; i < malformed; i++) {
    struct tls4217_keyclient bad;
    unsigned char copy[sizeof(frame)];
    size_t size = i % (good + 8);

    assert_int_equal(tls4217_keyclient_open(&bad, world->front, keyworld_scopes,
                       KEYWORLD_NSCOPES, TLS4217_KEYCLIENT_UNLIMITED,
                       TLS4217_KEYCLIENT_OPEN_TIME, &err),
      0);
    memcpy(copy, frame, sizeof(copy));
    assert_int_equal(RAND_bytes(random, sizeof(random)), 1);
    copy[random[0] % good] ^= (unsigned char) (random[1] | 1);
    (void) send(bad.fd, copy, size, MSG_NOSIGNAL);
    tls4217_keyclient_close(&bad);

    /* Honest sessions are served meanwhile: an earlier one, and new ones. */
    if (i % 500 == 0) {
      honest.deadline = keyworld_soon();
      assert_int_equal(ask(&honest, &job, &err), 0);
      keyworld_connect(world, KEYWORLD_BUDGET);
      world->client.deadline = keyworld_soon();
      assert_int_equal(keyworld_sign(world, &job, &err), 0);
      tls4217_keyclient_close(&world->client);
    }
  }

  tls4217_keyclient_close(&honest);
}

/* Shut down, flooded, never read: the neighbour does not notice. */
static void test_hostile_neighbours(void **state) {
  struct keyworld *world = *state;
  struct tls4217_keyclient bad[3];
  unsigned char message[130], frame[512];
  struct tls4217_signjob job;
  struct tls4217_error err;
  uint64_t handle;
  size_t size;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  for (size_t i = 0; i < COUNT(bad); i++) {
    assert_int_equal(
      tls4217_keyclient_open(&bad[i], world->front, keyworld_scopes,
        KEYWORLD_NSCOPES, TLS4217_KEYCLIENT_UNLIMITED,
        TLS4217_KEYCLIENT_OPEN_TIME, &err),
      0);
  }

  (void) shutdown(bad[0].fd, SHUT_RDWR);
  size = tls4217_keyproto_write_sign(
    frame, sizeof(frame), &job, (uint64_t) keyworld_soon());
  for (int i = 0; i < 2000; i++) {
    if (send(bad[1].fd, frame, size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
      break;
    }
  }

  keyworld_connect(world, KEYWORLD_BUDGET);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
  for (size_t i = 0; i < COUNT(bad); i++) {
    tls4217_keyclient_close(&bad[i]);
  }
}

/* How many answers lie in a channel. */
static int count_answers(int fd) {
  unsigned char answer[TLS4217_SIGN_MAX_SIGNATURE];
  int count = 0;

  while (recv(fd, answer, sizeof(answer), MSG_DONTWAIT) > 0) {
    count++;
  }
  return count;
}

/*
 * Whether another session gets its signature before one that has asked so often
 * has got all of its own.  Both have asked before anybody is served.
 */
static bool gets_its_turn(
  struct keyworld *world, const struct tls4217_signjob *job, int often) {
  struct tls4217_keyclient greedy;
  struct tls4217_error err = { .text = "" };
  unsigned char frame[512], signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature), len;
  int status, answers;

  assert_int_equal(
    tls4217_keyclient_open(&greedy, world->front, keyworld_scopes,
      KEYWORLD_NSCOPES, TLS4217_KEYCLIENT_UNLIMITED,
      TLS4217_KEYCLIENT_OPEN_TIME, &err),
    0);
  keyworld_connect(world, KEYWORLD_BUDGET);
  assert_int_equal(ask(&world->client, job, &err), 0);

  assert_int_equal(kill(world->pid, SIGSTOP), 0);
  assert_int_equal(waitpid(world->pid, &status, WUNTRACED), world->pid);
  len = tls4217_keyproto_write_sign(
    frame, sizeof(frame), job, (uint64_t) keyworld_soon());
  for (int i = 0; i < often; i++) {
    assert_int_equal(send(greedy.fd, frame, len, MSG_NOSIGNAL), len);
  }
  assert_int_equal(tls4217_keyclient_ask(&world->client, job, &err), 0);
  assert_int_equal(kill(world->pid, SIGCONT), 0);

  assert_int_equal(
    tls4217_keyclient_take(&world->client, signature, &size, &err), 0);
  answers = count_answers(greedy.fd);
  tls4217_keyclient_close(&greedy);
  tls4217_keyclient_close(&world->client);
  return answers < often;
}

/* A test that is not scheduled for long sees all answers: one turn of several
 * is enough, because without turns there is none. */
static void test_turns(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_signjob job;
  uint64_t handle;
  int tries = 0;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  while (gets_its_turn(world, &job, 150) == false) {
    assert_true(++tries < 20);
  }
}

#define CROWD 40

/* Whether a session of one host gets its signature while many of another one,
 * whose key is slow, wait for theirs.  All have asked before anybody is
 * served, the one last of all; late: the row of the others is of no use by
 * then. */
static bool gets_past_a_crowd(struct keyworld *world,
  const struct tls4217_signjob *job, const struct tls4217_signjob *slow,
  bool late) {
  struct tls4217_keyclient crowd[CROWD];
  struct tls4217_error err = { .text = "" };
  unsigned char signature[TLS4217_SIGN_MAX_SIGNATURE];
  size_t size = sizeof(signature);
  int status, answers = 0;

  for (size_t i = 0; i < CROWD; i++) {
    assert_int_equal(
      tls4217_keyclient_open(&crowd[i], world->front, keyworld_scopes,
        KEYWORLD_NSCOPES, KEYWORLD_BUDGET, TLS4217_KEYCLIENT_OPEN_TIME, &err),
      0);
    crowd[i].deadline = keyworld_soon();
    assert_int_equal(ask(&crowd[i], job, &err), 0);
  }
  keyworld_connect(world, KEYWORLD_BUDGET);
  assert_int_equal(ask(&world->client, job, &err), 0);

  assert_int_equal(kill(world->pid, SIGSTOP), 0);
  assert_int_equal(waitpid(world->pid, &status, WUNTRACED), world->pid);
  for (size_t i = 0; i < CROWD; i++) {
    /* Some are late by the time they are called. */
    crowd[i].deadline = late ? tls4217_keysocket_now() + (int64_t) i / 4 :
                               keyworld_soon();
    assert_int_equal(tls4217_keyclient_ask(&crowd[i], slow, &err), 0);
  }
  assert_int_equal(tls4217_keyclient_ask(&world->client, job, &err), 0);
  assert_int_equal(kill(world->pid, SIGCONT), 0);

  assert_int_equal(
    tls4217_keyclient_take(&world->client, signature, &size, &err), 0);
  for (size_t i = 0; i < CROWD; i++) {
    answers += count_answers(crowd[i].fd);
  }

  for (size_t i = 0; i < CROWD; i++) {
    tls4217_keyclient_close(&crowd[i]);
  }
  tls4217_keyclient_close(&world->client);
  return answers < CROWD / 2;
}

static void test_turns_of_keys(void **state) {
  struct keyworld *world = *state;
  struct pki_cert *rsa = pki_leaf("slow.example.org", PKI_RSA, NULL);
  unsigned char message[130];
  struct tls4217_signjob job, slow;
  uint64_t handle;
  int tries = 0;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = slow = keyworld_job(handle, message);
  world->files.id = "slow";
  world->files.cert_file = pki_path(world->dir, "slow.pem");
  world->files.key_file = pki_path(world->dir, "slow.key");
  pki_add_cert(world->files.cert_file, rsa);
  pki_add_key(world->files.key_file, rsa, NULL);
  tls4217_keypair_free(keyworld_load(world, &slow.handle));
  slow.padding = TLS4217_SIGN_PSS;

  while (gets_past_a_crowd(world, &job, &slow, false) == false) {
    assert_true(++tries < 20);
  }

  /* Those that are late are passed over, and the key is not lost. */
  for (int i = 0; i < 10; i++) {
    (void) gets_past_a_crowd(world, &job, &slow, true);
    keyworld_connect(world, KEYWORLD_BUDGET);
    assert_int_equal(
      ask(&world->client, &slow, &(struct tls4217_error){ 0 }), 0);
    tls4217_keyclient_close(&world->client);
  }
  pki_free(rsa);
}

/* Requests that lay there while the process was halted are of no use. */
static void test_late_requests(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_signjob job;
  uint64_t handle;
  int status;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  assert_int_equal(kill(world->pid, SIGSTOP), 0);
  assert_int_equal(waitpid(world->pid, &status, WUNTRACED), world->pid);
  assert_true(WIFSTOPPED(status));
  world->client.deadline = tls4217_keysocket_now() + 200;
  keyworld_refused(world, &job, "has not answered");
  assert_int_equal(kill(world->pid, SIGCONT), 0);

  /* That channel is no more; another one is. */
  keyworld_refused(world, &job, "no channel");
  keyworld_connect(world, KEYWORLD_BUDGET);
  world->client.deadline = keyworld_soon();
  assert_int_equal(keyworld_sign(world, &job, &(struct tls4217_error){ 0 }), 0);
}

static void test_dead_process(void **state) {
  struct keyworld *world = *state;
  struct tls4217_error err = { .text = "" };
  unsigned char message[130];
  struct tls4217_signjob job;
  size_t keys, channels;
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  assert_int_equal(kill(world->pid, SIGKILL), 0);
  assert_true(WIFSIGNALED(keyworld_wait_for_end(world)));
  keyworld_refused(world, &job, "has ended this channel");
  assert_int_equal(
    tls4217_keyloader_count(world->daemon, &keys, &channels, &err), -1);
  assert_string_equal(err.text, "the key process is gone");
}

/* Sessions outlive a daemon that stops; the process ends with the last. */
static void test_outlives_the_daemon(void **state) {
  struct keyworld *world = *state;
  unsigned char message[130];
  struct tls4217_error err;
  struct tls4217_signjob job;
  uint64_t handle;

  tls4217_keypair_free(keyworld_load(world, &handle));
  job = keyworld_job(handle, message);
  keyworld_connect(world, TLS4217_KEYCLIENT_UNLIMITED);
  keyworld_close_daemon(world);
  assert_int_equal(keyworld_sign(world, &job, &err), 0);
  tls4217_keyclient_close(&world->client);
  assert_int_equal(keyworld_wait_for_end(world), 0);
}

#define CASE(test) \
 cmocka_unit_test_setup_teardown(test, keyworld_make, keyworld_end)

int main(void) {
  const struct CMUnitTest tests[] = {
    CASE(test_handshakes),
    CASE(test_a_channel_has_so_many_signatures),
    CASE(test_what_is_refused),
    CASE(test_other_scope),
    CASE(test_malformed_requests),
    CASE(test_hostile_neighbours),
    CASE(test_turns),
    CASE(test_turns_of_keys),
    CASE(test_late_requests),
    CASE(test_dead_process),
    CASE(test_outlives_the_daemon),
  };

  return cmocka_run_group_tests(tests, NULL, NULL);
}
